import type { Inspection } from './setting';

/** Plenty for any configuration; what would loop or hang is not looked through. */
const DEEPEST = 8;
const MOST_TEXTS = 1000;

type Keys = readonly (string | number)[];

/**
 * Reads the strings of environment variables as what the default, or else the rule, of the field shows them to be: at any
 * depth, where the rule refuses the text and accepts what it says.
 */
export function readTexts(value: unknown, byDefault: unknown, inspect: Inspection): unknown {
  if (typeof value === 'string') return readText(value, byDefault, inspect);
  if (!isContainer(value)) return value;
  let known: unknown = value;
  let problems = inspect(known).length;
  if (problems === 0) return value;
  for (const [keys, text] of textsWithin(value)) {
    const read = numberOf(text) ?? flagOf(text);
    if (read === undefined) continue;
    const replaced = withValue(known, keys, read);
    const left = inspect(replaced).length;
    if (left < problems) [known, problems] = [replaced, left];
  }
  return known;
}

function readText(text: string, byDefault: unknown, inspect: Inspection): unknown {
  if (typeof byDefault === 'number') return numberOf(text) ?? text;
  const flag = flagOf(text);
  if (flag === undefined) return text;
  const means = typeof byDefault === 'boolean' || (inspect(flag).length === 0 && inspect(text.trim()).length > 0);
  return means ? flag : text;
}

function numberOf(text: string): number | undefined {
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/.test(text) ? Number(text) : undefined;
}

function flagOf(text: string): boolean | undefined {
  const word = text.trim();
  return word === 'true' ? true : word === 'false' ? false : undefined;
}

function isContainer(value: unknown): value is Record<string, unknown> | unknown[] {
  if (Array.isArray(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function textsWithin(root: unknown): [Keys, string][] {
  const texts: [Keys, string][] = [];
  const pending: [Keys, unknown][] = [[[], root]];
  for (let next = pending.pop(); next !== undefined && texts.length < MOST_TEXTS; next = pending.pop()) {
    const [keys, value] = next;
    if (typeof value === 'string') texts.push([keys, value]);
    if (keys.length >= DEEPEST || !isContainer(value)) continue;
    for (const [key, member] of Object.entries(value)) pending.push([[...keys, key], member]);
  }
  return texts;
}

/** A copy in which one value is another; what was given stays as it is. */
function withValue(container: unknown, [key, ...keys]: Keys, value: unknown): unknown {
  if (key === undefined) return value;
  const copy: unknown = Array.isArray(container) ? [...(container as unknown[])] : { ...(container as object) };
  const members = copy as Record<string | number, unknown>;
  members[key] = withValue(members[key], keys, value);
  return copy;
}
