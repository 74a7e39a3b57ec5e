import type { ExecutionContext } from '@nestjs/common';
import type { GuardedRequest } from '../platform/guarded-request';
import type { Refusal } from '../policy/refusal';
import type { Probe } from '../policy/security-check';
import type { LimitVerdict, StateStore } from '../state/state-store';
import { policyOf, type RateLimitHeaders } from './rate-limit-headers';
import { limitReached, STATE_UNAVAILABLE } from './rate-limit-refusal';
import { attempt, type NamedTier, type Tier } from './tier';

type Answer = Refusal | undefined | Promise<Refusal | undefined>;

/** All limits of a route: a request is taken out of all of them in one question to the store, or out of none. */
export class TierSet {
  private readonly policy: string | undefined;

  constructor(
    /** Fields of one GraphQL query that share it are counted once. */
    private readonly key: string,
    private readonly tiers: readonly Tier[],
    private readonly store: StateStore,
    private readonly headers: RateLimitHeaders,
  ) {
    const fixed = tiers.flatMap((tier) => tier.fixed ?? []);
    if (fixed.length === tiers.length) this.policy = policyOf(fixed);
  }

  readonly probe: Probe = (request, context) => {
    if (request.trusted) return undefined;
    if (request.kind !== 'graphql') return this.ask(request, context);
    return request.once(`rate-limit ${this.key}`, () => this.ask(request, context));
  };

  private ask(request: GuardedRequest, context: ExecutionContext | undefined): Answer {
    // Most routes have one limit, and need no list that grows.
    if (this.tiers.length !== 1) return this.askAll(request, context);
    const asked = questionOf(this.tiers[0]!, request, context);
    if (asked instanceof Promise) return asked.then((late) => late && this.consume(request, [late]));
    return asked && this.consume(request, [asked]);
  }

  private askAll(request: GuardedRequest, context: ExecutionContext | undefined): Answer {
    const tiers: NamedTier[] = [];
    let pending: Promise<NamedTier | undefined>[] | undefined;
    for (const tier of this.tiers) {
      const asked = questionOf(tier, request, context);
      if (asked instanceof Promise) (pending ??= []).push(asked);
      else if (asked !== undefined) tiers.push(asked);
    }
    if (pending === undefined) return this.consume(request, tiers);
    return Promise.all(pending).then((late) =>
      this.consume(request, [...tiers, ...late.filter((tier) => tier !== undefined)]),
    );
  }

  private consume(request: GuardedRequest, tiers: readonly NamedTier[]): Answer {
    if (tiers.length === 0) return undefined;
    const verdict = this.store.consume(tiers);
    if (verdict instanceof Promise) return verdict.then((settled) => this.conclude(request, tiers, settled));
    return this.conclude(request, tiers, verdict);
  }

  private conclude(request: GuardedRequest, tiers: readonly NamedTier[], verdict: LimitVerdict): Refusal | undefined {
    if (request.response !== undefined) {
      // A tier that did not apply to this request is no part of its policy.
      const policy = tiers.length === this.tiers.length ? this.policy : undefined;
      this.headers.write(request, tiers, verdict.tiers, policy);
    }
    return verdict.allowed ? undefined : refusalOf(tiers, verdict);
  }
}

/** The refusal by the tier that takes longest. */
export function refusalOf(tiers: readonly NamedTier[], verdict: LimitVerdict): Refusal {
  let longest = -1;
  let waitMs = -1;
  for (const [index, tier] of verdict.tiers.entries()) {
    if (tier === undefined || tier.allowed || tier.retryAfterMs <= waitMs) continue;
    longest = index;
    waitMs = tier.retryAfterMs;
  }
  return longest === -1 ? STATE_UNAVAILABLE : limitReached(tiers[longest]!, waitMs);
}

function questionOf(
  tier: Tier,
  request: GuardedRequest,
  context: ExecutionContext | undefined,
): ReturnType<Tier['of']> {
  return tier.fixed === undefined ? attempt(() => tier.of(request, context)) : tier.of(request, context);
}
