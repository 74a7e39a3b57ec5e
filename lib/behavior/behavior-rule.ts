/**
 * What happens when a client crosses a rule: a line in the log, an event of severity `critical`, refusing the client's
 * requests to the route with 429 until the window has room, or banning the client.
 */
export type BehaviorAction = 'log' | 'alert' | 'throttle' | 'ban';

interface RuleBase {
  /** Seconds that something counts. 0.001 to 2147483 (about 24 days). */
  readonly window: number;
  readonly action: BehaviorAction;
  /** Seconds that a client is banned for. Default: `autoBanDuration`. */
  readonly duration?: number;
}

/** How often a client may call a route. */
export interface UsageRule extends RuleBase {
  /** Calls within the window that are in order; the next one crosses. At least 1. */
  readonly maxCalls: number;
}

/** How often a client may get a certain answer. */
export interface ReturnRule extends RuleBase {
  /** Matching answers within the window that are in order; the next one crosses. At least 0. */
  readonly maxOccurrences: number;
}

/** At what rate a client may call a route. */
export interface FrequencyRule extends RuleBase {
  /** Calls per second on average over the window, more than 0. Less than one call per window is one call per window. */
  readonly maxFrequency: number;
}

/** One rule of `behaviorRules` and `@BehaviorAnalysis`. */
export type BehaviorRule =
  | ({ readonly type: 'usage' } & UsageRule)
  | ({ readonly type: 'frequency' } & FrequencyRule)
  | ({
      readonly type: 'return';
      /** See `@ReturnMonitor`. */
      readonly pattern: string;
    } & ReturnRule);

/** How many events within the window are in order. */
export function toleratedBy(rule: BehaviorRule): number {
  switch (rule.type) {
    case 'usage':
      return rule.maxCalls;
    case 'return':
      return rule.maxOccurrences;
    case 'frequency':
      // Nine digits keep 0.1 calls a second over 30 seconds from being 2.9999999999999996 calls.
      return Math.max(1, Math.floor(Number((rule.maxFrequency * rule.window).toPrecision(9))));
  }
}

/** What identifies the counter of a rule, on every instance alike. */
export function counterName(rule: BehaviorRule): string {
  const what = rule.type === 'return' ? `return ${rule.pattern}` : rule.type;
  return `${what} ${toleratedBy(rule)}/${rule.window} ${rule.action}`;
}

/** `more than 50 calls within 3600 s` */
export function describeCrossing(rule: BehaviorRule): string {
  const what = rule.type === 'return' ? `answers that match ${rule.pattern}` : 'calls';
  return `more than ${toleratedBy(rule)} ${what} within ${rule.window} s`;
}
