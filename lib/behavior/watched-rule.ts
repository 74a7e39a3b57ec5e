import type { Refusal } from '../policy/refusal';
import type { LimitTier, StrikeCounter } from '../state/state-store';
import { type BehaviorRule, counterName, describeCrossing, toleratedBy } from './behavior-rule';
import { compileReturnPattern, type ReturnPattern } from './return-pattern';

/** A rule about something that clients do: calling a route, getting an answer from it, or what the application records. */
export class WatchedRule {
  readonly tolerated: number;
  /** `more than 50 calls within 3600 s` */
  readonly crossing: string;
  /** What a rule of type `return` looks for. */
  readonly pattern: ReturnPattern | undefined;
  private readonly key: string;
  private readonly windowMs: number;

  constructor(
    /** The template of the route, or the name of what the application records. */
    readonly subject: string,
    readonly rule: BehaviorRule,
  ) {
    this.tolerated = toleratedBy(rule);
    this.crossing = describeCrossing(rule);
    this.pattern = rule.type === 'return' ? compileReturnPattern(rule.pattern) : undefined;
    this.key = `behavior ${subject} ${counterName(rule)}`;
    this.windowMs = Math.max(1, Math.round(rule.window * 1000));
  }

  /** Counts what crosses: the event after those that are in order. */
  counterOf(client: string): StrikeCounter {
    return { client, key: this.key, threshold: this.tolerated + 1, windowMs: this.windowMs };
  }

  /** Admits no more than what is in order. */
  tierOf(client: string): LimitTier {
    const { key, tolerated: limit, windowMs } = this;
    return { client, key, limit, windowMs, algorithm: 'sliding-window' };
  }

  markOf(client: string): string {
    return `${client} ${this.key}`;
  }

  /** How long a crossing is not told again. */
  get quietMs(): number {
    return this.windowMs;
  }

  throttled(leftMs: number): Refusal {
    return {
      status: 429,
      message: 'Too many requests',
      check: 'behavior',
      reason: this.crossing,
      headers: { 'Retry-After': String(Math.max(1, Math.ceil(leftMs / 1000))) },
    };
  }

  banned(): Refusal {
    return { status: 403, message: 'Forbidden', check: 'behavior', reason: this.crossing };
  }
}
