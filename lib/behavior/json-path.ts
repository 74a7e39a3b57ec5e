/** Whether a JSON text, or the beginning of one, has the field that a pattern asks for. */
export type JsonTest = (text: string) => boolean;

/** The name of a member, the index of an element, or any element. */
type Step = string | number | typeof ANY;

const ANY = Symbol('any element');

/**
 * Compiles what follows `json:`, such as `items[].type==rare`.
 *
 * @throws SyntaxError
 */
export function compileJsonPath(text: string): JsonTest {
  const separator = text.indexOf('==');
  if (separator === -1) throw new SyntaxError('a field is compared with ==, as in json:items[].type==rare');
  const steps = stepsOf(text.slice(0, separator).trim());
  const expected = expectedOf(text.slice(separator + 2).trim());
  return (json) => {
    const value = parse(json);
    return value !== undefined && leads(value, steps, 0, expected);
  };
}

function stepsOf(path: string): Step[] {
  const steps: Step[] = [];
  const step = /\.?([^.[\]=]+)|\[(\d*)\]/gy;
  while (step.lastIndex < path.length) {
    const found = step.exec(path);
    const misplaced = found?.[0].startsWith('.') === true && steps.length === 0;
    if (found === null || misplaced || (steps.length > 0 && !/^[.[]/.test(found[0]))) {
      throw new SyntaxError(`${JSON.stringify(path)} is no path; write one like items[].type or result.list[0].id`);
    }
    const [, name, index] = found;
    if (name !== undefined) steps.push(name);
    else steps.push(index === '' ? ANY : Number(index));
  }
  if (steps.length === 0) throw new SyntaxError('the path of the field is missing, as in json:items[].type==rare');
  return steps;
}

/** Quotes are needed only for what spaces around it would be cut off from. */
function expectedOf(text: string): string {
  if (!text.startsWith('"')) return text;
  const value: unknown = JSON.parse(text);
  return String(value);
}

function leads(value: unknown, steps: readonly Step[], at: number, expected: string): boolean {
  if (at === steps.length) return isScalar(value) && String(value) === expected;
  const step = steps[at]!;
  if (step === ANY) return Array.isArray(value) && value.some((element) => leads(element, steps, at + 1, expected));
  if (typeof step === 'number') return Array.isArray(value) && leads(value[step], steps, at + 1, expected);
  // What every object inherits is in no answer.
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false;
  return leads((value as Record<string, unknown>)[step], steps, at + 1, expected);
}

function isScalar(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function parse(json: string): unknown {
  for (const text of [json, closeJson(json)]) {
    try {
      return JSON.parse(text);
    } catch {
      // Cut off, or no JSON at all.
    }
  }
  return undefined;
}

/** The beginning of a JSON text as a whole one: cut behind the last complete value, and closed there. */
export function closeJson(beginning: string): string {
  const token = /\s*("(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+)/gy;
  let closers = '';
  let whole = { end: 0, closers: '' };
  let expectsValue = true;
  let literalEnd = 0;
  for (let found = token.exec(beginning); found !== null; found = token.exec(beginning)) {
    const text = found[1]!;
    // A number or a word may go on where the text was cut; only what follows shows that it is complete.
    if (literalEnd > 0 && text.length === 1 && ',]}'.includes(text)) whole = { end: literalEnd, closers };
    literalEnd = 0;
    if (text === '[' || text === '{') {
      closers = (text === '[' ? ']' : '}') + closers;
      expectsValue = text === '[';
    } else if (text === ']' || text === '}') {
      closers = closers.slice(1);
    } else if (text === ':') {
      expectsValue = true;
      continue;
    } else if (text === ',') {
      expectsValue = closers.startsWith(']');
      continue;
    } else if (!expectsValue) {
      continue;
    } else if (!text.startsWith('"')) {
      literalEnd = token.lastIndex;
      continue;
    }
    whole = { end: token.lastIndex, closers };
  }
  return beginning.slice(0, whole.end) + whole.closers;
}
