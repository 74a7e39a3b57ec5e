import type { ExecutionContext } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import { nearestName } from '../config/nearest-name';
import type { GuardedRequest } from '../platform/guarded-request';

/** Says something about the request at hand, now or within five seconds. Behind a guard that authenticates, `request.user` is known. */
export type PerRequest<Value> = (request: GuardedRequest, context: ExecutionContext) => Value | Promise<Value>;

/** `sliding-window` admits `requests` in any window; `token-bucket` refills steadily and admits `burst` at once. */
export type RateLimitAlgorithm = 'sliding-window' | 'token-bucket';

/** How much is admitted in how long. */
export interface RateLimitRule {
  /** Requests admitted per window: a whole number from 1. */
  readonly requests: number;
  /** Seconds: a whole number from 1 to 2,147,483 (24 days). */
  readonly window: number;
  /** How many requests may come at once, with `token-bucket`. Default: `requests`. */
  readonly burst?: number;
  /** What one request takes out of the limit: a whole number from 1. Default 1. */
  readonly cost?: number;
  /** Default: `rateLimitAlgorithm` of the configuration. */
  readonly algorithm?: RateLimitAlgorithm;
  /** Tells limits apart: letters, digits, `.`, `_` and `-`, up to 64 of them. */
  readonly name?: string;
}

/** What identifies a client to a limit; nothing (undefined, null or an empty text) means its address. */
export type ClientKey = string | number | null | undefined;

export const MAX_WINDOW = 2_147_483;
export const MAX_REQUESTS = 1_000_000_000;

const FIELDS = ['requests', 'window', 'burst', 'cost', 'key', 'name', 'algorithm'];
const WHOLE = 'a whole number from 1';
const SECONDS = `whole seconds from 1 to ${MAX_WINDOW.toLocaleString('en')}`;

export function isWhole(value: unknown, max = MAX_REQUESTS): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max;
}

/** Everything wrong with a rule; functions are accepted where a decorator accepts them. */
export function ruleProblems(rule: unknown, functions: 'functions' | 'values' = 'values'): FieldProblem[] {
  if (typeof rule !== 'object' || rule === null) {
    return [{ value: rule, message: 'is not a limit; use an object such as { requests: 10, window: 60 }' }];
  }
  const { requests, window, burst, cost, key, name, algorithm } = rule as Record<string, unknown>;
  const or = functions === 'functions' ? ', or a function that answers one' : '';
  const computed = (value: unknown) => functions === 'functions' && typeof value === 'function';
  const refuse = (path: string, value: unknown, accepted: string): FieldProblem[] => [
    { path: `.${path}`, value, message: `is not accepted; use ${accepted}` },
  ];
  const problems = Object.keys(rule)
    .filter((field) => !FIELDS.includes(field))
    .map((field): FieldProblem => ({
      path: `.${field}`,
      message: 'is unknown',
      suggestion: nearestName(field, FIELDS),
    }));
  if (!isWhole(requests) && !computed(requests)) problems.push(...refuse('requests', requests, WHOLE + or));
  if (!isWhole(window, MAX_WINDOW)) problems.push(...refuse('window', window, SECONDS));
  if (burst !== undefined && !isWhole(burst)) problems.push(...refuse('burst', burst, WHOLE));
  if (cost !== undefined && !isWhole(cost) && !computed(cost)) problems.push(...refuse('cost', cost, WHOLE + or));
  if (key !== undefined && typeof key !== 'function') problems.push(...refuse('key', key, 'a function'));
  if (name !== undefined && !isTierName(name))
    problems.push(...refuse('name', name, '1 to 64 letters, digits, ".", "_" or "-"'));
  if (algorithm !== undefined && !isAlgorithm(algorithm)) {
    problems.push(...refuse('algorithm', algorithm, '"sliding-window" or "token-bucket"'));
  }
  const room = burst ?? requests;
  if (problems.length === 0 && isWhole(cost) && isWhole(room) && cost > room) {
    problems.push({
      path: '.cost',
      value: cost,
      message: `is more than the limit of ${room}: no request would ever be admitted`,
    });
  }
  if (problems.length === 0 && burst !== undefined && algorithm === 'sliding-window') {
    problems.push({
      path: '.burst',
      value: burst,
      message: 'has no effect on a sliding window; set algorithm: "token-bucket"',
    });
  }
  return problems;
}

function isTierName(value: unknown): boolean {
  return typeof value === 'string' && /^[\w.-]{1,64}$/.test(value);
}

function isAlgorithm(value: unknown): value is RateLimitAlgorithm {
  return value === 'sliding-window' || value === 'token-bucket';
}
