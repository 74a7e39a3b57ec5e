import { LONGEST_BAN_SECONDS } from '../bans/ban.config';
import type { FieldProblem } from '../config/config-problem';
import { nearestName } from '../config/nearest-name';
import { returnPatternProblem } from './return-pattern';

const ACTIONS = ['log', 'alert', 'throttle', 'ban'];
const LONGEST_WINDOW_SECONDS = Math.floor((2 ** 31 - 1) / 1000);
const MOST_EVENTS = 1_000_000;

type Test = (value: unknown) => string | undefined;

const fits = (holds: (value: number) => boolean, accepted: string): Test => {
  return (value) => (typeof value === 'number' && holds(value) ? undefined : `is not accepted; use ${accepted}`);
};
const whole = (least: number): Test =>
  fits(
    (value) => Number.isInteger(value) && value >= least && value <= MOST_EVENTS,
    `a whole number from ${least} to ${MOST_EVENTS}`,
  );
const oneOf = (names: readonly string[]): Test => {
  return (value) => (names.includes(value as string) ? undefined : `is not accepted; use one of ${names.join(', ')}`);
};

const COMMON: Readonly<Record<string, Test>> = {
  window: fits(
    (value) => value >= 0.001 && value <= LONGEST_WINDOW_SECONDS,
    `a number of seconds from 0.001 to ${LONGEST_WINDOW_SECONDS}`,
  ),
  action: oneOf(ACTIONS),
  duration: (value) =>
    value === undefined || (typeof value === 'number' && value > 0 && value <= LONGEST_BAN_SECONDS)
      ? undefined
      : `is not accepted; use a number of seconds above 0, up to ${LONGEST_BAN_SECONDS}`,
};

const BY_TYPE: Readonly<Record<string, Readonly<Record<string, Test>>>> = {
  usage: { maxCalls: whole(1) },
  return: { pattern: returnPatternProblem, maxOccurrences: whole(0) },
  frequency: {
    maxFrequency: fits((value) => value > 0 && value <= MOST_EVENTS, 'a number of calls per second above 0'),
  },
};

/** Everything wrong with a list of rules, as `behaviorRules` and the policy have them. */
export function ruleListProblems(rules: unknown, path: string): FieldProblem[] {
  if (!Array.isArray(rules)) return [{ path, value: rules, message: 'is not a list of rules' }];
  return rules.flatMap((rule: unknown, index) => ruleProblems(rule, `${path}[${index}]`));
}

/** Everything wrong with one rule. */
export function ruleProblems(rule: unknown, path: string): FieldProblem[] {
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) {
    return [{ path, value: rule, message: 'is not a rule' }];
  }
  const given = rule as Record<string, unknown>;
  const types = Object.keys(BY_TYPE);
  if (!types.includes(given.type as string)) {
    return [{ path: `${path}.type`, value: given.type, message: `is not accepted; use one of ${types.join(', ')}` }];
  }
  const tests: Record<string, Test> = { type: () => undefined, ...BY_TYPE[given.type as string], ...COMMON };
  const unknown = Object.keys(given)
    .filter((field) => !Object.hasOwn(tests, field))
    .map((field) => ({
      path: `${path}.${field}`,
      message: 'is not known',
      suggestion: nearestName(field, Object.keys(tests)),
    }));
  const wrong = Object.entries(tests).flatMap(([field, test]) => {
    const message = test(given[field]);
    return message === undefined ? [] : [{ path: `${path}.${field}`, value: given[field], message }];
  });
  return [...unknown, ...wrong];
}
