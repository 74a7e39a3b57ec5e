import { isBoolean, isIn, isInt, isNumber, isString, max, min, ValidateBy } from 'class-validator';
import type { FieldProblem } from './config-problem';

/** Looks at a field's value and lists what is wrong with it; an empty list accepts the value. */
export type Inspection = (value: unknown) => FieldProblem[];

const inspections = new WeakMap<object, Map<string, Inspection>>();

/** Declares a field of a configuration section and the rule that its value has to meet. */
export function Setting(inspect: Inspection): PropertyDecorator {
  return (target, property) => {
    const key = String(property);
    const fields = inspections.get(target) ?? new Map<string, Inspection>();
    inspections.set(target, fields.set(key, inspect));
    ValidateBy({
      name: 'setting',
      validator: {
        validate: (value) => value === undefined || inspect(value).length === 0,
        defaultMessage: (args) => `${key} is not accepted: ${inspect(args?.value)[0]?.message}`,
      },
    })(target, property);
  };
}

/** The rule that a section declared for one of its fields. */
export function inspectionOf(section: object, field: string): Inspection | undefined {
  return inspections.get(Object.getPrototypeOf(section) as object)?.get(field);
}

export function fieldsOf(section: new () => object): string[] {
  return [...(inspections.get(section.prototype as object)?.keys() ?? [])];
}

/** Accepts a value for which `accepts` holds; `accepted` completes the sentence "use …". */
export function Accepts(accepts: (value: unknown) => boolean, accepted: string): PropertyDecorator {
  return Setting((value) => (accepts(value) ? [] : [{ value, message: `is not accepted; use ${accepted}` }]));
}

export function Flag(): PropertyDecorator {
  return Accepts(isBoolean, 'true or false');
}

export interface Range {
  min?: number;
  max?: number;
}

export function Whole(range: Range = {}): PropertyDecorator {
  return Accepts((value) => isInt(value) && within(value as number, range), `a whole number${rangeText(range)}`);
}

export function Numeric(range: Range = {}): PropertyDecorator {
  return Accepts((value) => isNumber(value) && within(value, range), `a number${rangeText(range)}`);
}

export function OneOf(...values: readonly unknown[]): PropertyDecorator {
  return Accepts(
    (value) => isIn(value, [...values]),
    values
      .map((value) => JSON.stringify(value))
      .join(', ')
      .replace(/, ([^,]*)$/, ' or $1'),
  );
}

export function Text(accepted = 'a non-empty string'): PropertyDecorator {
  return Accepts((value) => isString(value) && value.length > 0, accepted);
}

export function Callable(accepted = 'a function'): PropertyDecorator {
  return Accepts((value) => typeof value === 'function', accepted);
}

/** A function whose answer cannot be waited for. */
export function Synchronous(accepted: string): PropertyDecorator {
  return Accepts((value) => typeof value === 'function' && value.constructor.name !== 'AsyncFunction', accepted);
}

/** What is wrong with an entry of a list, perhaps with the name that it most likely meant; undefined accepts the entry. */
export type EntryInspection = (entry: unknown) => string | Pick<FieldProblem, 'message' | 'suggestion'> | undefined;

/** A list whose every entry passes. */
export function ListOf(inspect: EntryInspection, accepted: string): PropertyDecorator {
  return Setting((value) => inspectList(value, inspect, accepted));
}

export function inspectList(value: unknown, inspect: EntryInspection, accepted: string): FieldProblem[] {
  if (!Array.isArray(value)) return [{ value, message: `is not a list; use ${accepted}` }];
  return value.flatMap((entry: unknown, index) => {
    const found = inspect(entry);
    if (found === undefined) return [];
    return [{ path: `[${index}]`, value: entry, ...(typeof found === 'string' ? { message: found } : found) }];
  });
}

function within(value: number, range: Range): boolean {
  return (range.min === undefined || min(value, range.min)) && (range.max === undefined || max(value, range.max));
}

function rangeText({ min: least, max: most }: Range): string {
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  if (least !== undefined) return ` of at least ${least}`;
  return most === undefined ? '' : ` of at most ${most}`;
}
