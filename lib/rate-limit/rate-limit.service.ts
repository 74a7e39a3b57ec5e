import { Inject, Injectable } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { type FieldProblem, renderValue } from '../config/config-problem';
import { LiveConfig } from '../config/live-config';
import type { LimitTier, LimitVerdict, StateStore } from '../state/state-store';
import { STATE_STORE } from '../state/state-store.provider';
import { wholeSeconds } from './rate-limit-headers';
import { type RateLimitRule, ruleProblems } from './rate-limit-rule';

/** Where a key stands. */
export interface RateLimitResult {
  readonly allowed: boolean;
  readonly limit: number;
  /** Requests left after this one. */
  readonly remaining: number;
  /** Whole seconds, rounded up, until the whole limit is free again when nothing else is admitted. */
  readonly resetAfter: number;
  /** Whole seconds, rounded up, until the same request would be admitted; 0 when it was. */
  readonly retryAfter: number;
}

/**
 * Limits anything by any key, in the state that the routes' limits are kept in. Buckets are apart from those of routes; of
 * one key there is one per `name` of a rule, or, without names, per `requests`, `window` and `algorithm`.
 *
 * @example
 * ```ts
 * @Injectable()
 * class Mailer {
 *   constructor(private readonly limits: RateLimitService) {}
 *
 *   async send(recipient: string) {
 *     const { allowed } = await this.limits.consume(recipient, { requests: 3, window: 3600 });
 *     return allowed ? 'sent' : 'too many mails';
 *   }
 * }
 * ```
 */
@Injectable()
export class RateLimitService {
  private readonly config: GuardConfig;

  constructor(
    @Inject(STATE_STORE) private readonly store: StateStore,
    @Inject(LiveConfig) live: LiveConfig,
  ) {
    this.config = live.current;
  }

  /**
   * Takes one request out of the limit, unless there is no room.
   *
   * @throws RangeError when the rule is not valid
   */
  async consume(key: string, rule: RateLimitRule): Promise<RateLimitResult> {
    const tier = this.tierOf(key, rule);
    return resultOf(tier, await this.store.consume([tier]));
  }

  /**
   * What `consume` would answer, and nothing counted.
   *
   * @throws RangeError when the rule is not valid
   */
  async peek(key: string, rule: RateLimitRule): Promise<RateLimitResult> {
    const tier = this.tierOf(key, rule);
    return resultOf(tier, await this.store.peek([tier]));
  }

  /**
   * Forgets what was counted, on every instance.
   *
   * @throws RangeError when the rule is not valid
   */
  async reset(key: string, rule: RateLimitRule): Promise<void> {
    await this.store.reset([this.tierOf(key, rule)]);
  }

  private tierOf(key: string, rule: RateLimitRule): LimitTier {
    reject(ruleProblems(rule));
    const { requests, window, burst, cost, algorithm = this.config.rateLimitAlgorithm, name } = rule;
    reject(ruleProblems({ ...rule, algorithm }));
    const bucket = name ?? `${requests}/${window}/${algorithm}`;
    return {
      client: `custom:${key}`,
      key: `custom#${bucket}`,
      limit: requests,
      windowMs: window * 1000,
      algorithm,
      burst,
      cost,
    };
  }
}

function reject([problem]: readonly FieldProblem[]): void {
  if (problem === undefined) return;
  throw new RangeError(`rule${problem.path ?? ''}: ${renderValue(problem.value)} ${problem.message}`);
}

// Without an answer of the store, `onStoreError` has decided.
function resultOf({ limit, windowMs }: LimitTier, { allowed, tiers }: LimitVerdict): RateLimitResult {
  const verdict = tiers[0];
  if (verdict === undefined) {
    const seconds = allowed ? 0 : wholeSeconds(windowMs);
    return { allowed, limit, remaining: allowed ? limit : 0, resetAfter: seconds, retryAfter: seconds };
  }
  const { remaining, resetMs, retryAfterMs } = verdict;
  return { allowed, limit, remaining, resetAfter: wholeSeconds(resetMs), retryAfter: wholeSeconds(retryAfterMs) };
}
