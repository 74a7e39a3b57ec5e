import type { FieldProblem } from '../config/config-problem';
import { nearestName } from '../config/nearest-name';

/** Collects every problem of a field, so that one failed start shows all of them; paths are relative to the field. */
export class OptionReport {
  readonly problems: FieldProblem[] = [];

  add(path: string, value: unknown, message: string, suggestion?: string): void {
    this.problems.push(suggestion === undefined ? { path, value, message } : { path, value, message, suggestion });
  }

  /** Narrows to a plain object and reports everything else. */
  isObject(path: string, value: unknown, expected: string): value is Record<string, unknown> {
    if (isPlainObject(value)) return true;
    this.add(path, value, `must be ${expected}`);
    return false;
  }

  knownKeys(path: string, value: Record<string, unknown>, known: readonly string[]): void {
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      this.add(
        `${path}.${key}`,
        value[key],
        `is not an option; known are ${known.join(', ')}`,
        nearestName(key, known),
      );
    }
  }

  /** The member of `accepted` that `value` is, in whatever letter case; anything else is reported. */
  choice<T extends string>(path: string, value: unknown, accepted: readonly T[]): T | undefined {
    const found = typeof value === 'string' && accepted.find((option) => option.toLowerCase() === value.toLowerCase());
    if (found) return found;
    const list = accepted.map((option) => `'${option}'`).join(', ');
    this.add(path, value, `must be ${list} or false`, nearestName(String(value), accepted));
    return undefined;
  }

  /** A flag; environment variables arrive as the texts `true` and `false`. */
  flag(path: string, value: unknown, byDefault: boolean): boolean {
    if (value === undefined) return byDefault;
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    this.add(path, value, 'must be true or false');
    return byDefault;
  }

  /** A non-negative whole number of seconds; environment variables arrive as text. */
  seconds(path: string, value: unknown, byDefault: number): number {
    if (value === undefined) return byDefault;
    const seconds = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof seconds === 'number' && Number.isSafeInteger(seconds) && seconds >= 0) return seconds;
    this.add(path, value, 'must be a whole number of seconds, 0 or more');
    return byDefault;
  }
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm (a worker, a Jest sandbox) have an Object.prototype of their own.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** @throws TypeError naming every problem, for a compiler that was handed what its validation rejects. */
export function assertSound(field: string, problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return;
  throw new TypeError(problems.map(({ path, message }) => `${field}${path ?? ''} ${message}`).join('; '));
}
