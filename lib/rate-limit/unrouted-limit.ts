import { Inject, Injectable, Logger } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import type { GuardedRequest } from '../platform/guarded-request';
import type { Refusal } from '../policy/refusal';
import type { Probe } from '../policy/security-check';
import type { LimitVerdict, StateStore } from '../state/state-store';
import { STATE_STORE } from '../state/state-store.provider';
import { rateLimitHeaders } from './rate-limit-headers';
import type { NamedTier } from './tier';
import { refusalOf } from './tier-set';

/** More clients at the same time are looked at when their requests turn out to reach no route again. */
const MAX_SUSPECTS = 10_000;

/**
 * The limit of everything that reaches no route: unknown paths, preflights of origins that may not ask, bodies that cannot
 * be read, upgrades, and what the application's own guards refuse. It counts addresses: at the door nothing else is known.
 */
@Injectable()
export class UnroutedLimit {
  private readonly logger = new Logger('NestapiGuard');
  private readonly config: GuardConfig;
  private readonly suspected = new Set<string>();
  /** Reported at the door, and not refused: not to be reported again. */
  private readonly reported = new WeakSet<GuardedRequest>();

  constructor(
    @Inject(STATE_STORE) private readonly store: StateStore,
    @Inject(LiveConfig) live: LiveConfig,
  ) {
    this.config = live.current;
  }

  /** Counts a request that turned out to match no route. */
  readonly probe: Probe = (request) => {
    if (request.trusted || this.reported.has(request)) return undefined;
    const verdict = this.consume(request);
    return verdict instanceof Promise
      ? verdict.then((settled) => this.conclude(request, settled))
      : this.conclude(request, verdict);
  };

  /** Counts a request after it was answered. */
  account(request: GuardedRequest): void {
    const { enableRateLimiting, checkModes } = this.config;
    if (!enableRateLimiting || checkModes.rate_limit === 'off' || request.trusted) return;
    try {
      const verdict = this.consume(request);
      if (verdict instanceof Promise) verdict.catch((error: unknown) => this.report(error));
    } catch (error) {
      this.report(error);
    }
  }

  /** Whether a client may have filled its limit. All others cost the door no more than this, and the store nothing. */
  suspects(request: GuardedRequest): boolean {
    return this.suspected.size > 0 && this.suspected.has(request.clientKey) && !request.trusted;
  }

  /** The refusal of a client that has filled its limit, asked before anything is known of the request. */
  refuse(request: GuardedRequest): Refusal | undefined | Promise<Refusal | undefined> {
    const tiers = [this.tierOf(request)];
    const verdict = this.store.peek(tiers);
    return verdict instanceof Promise
      ? verdict.then((settled) => this.judge(request, tiers, settled))
      : this.judge(request, tiers, verdict);
  }

  private consume(request: GuardedRequest): LimitVerdict | Promise<LimitVerdict> {
    const verdict = this.store.consume([this.tierOf(request)]);
    return verdict instanceof Promise
      ? verdict.then((settled) => this.learn(request, settled))
      : this.learn(request, verdict);
  }

  private learn({ clientKey }: GuardedRequest, verdict: LimitVerdict): LimitVerdict {
    const left = verdict.tiers[0]?.remaining ?? 1;
    if (left > 0 || this.suspected.has(clientKey)) return verdict;
    if (this.suspected.size >= MAX_SUSPECTS) this.suspected.delete(this.suspected.values().next().value!);
    this.suspected.add(clientKey);
    return verdict;
  }

  private conclude(request: GuardedRequest, verdict: LimitVerdict): Refusal | undefined {
    const tiers = [this.tierOf(request)];
    if (request.response !== undefined) {
      rateLimitHeaders(this.config.rateLimitHeaders).write(request, tiers, verdict.tiers);
    }
    return verdict.allowed ? undefined : refusalOf(tiers, verdict);
  }

  private judge(request: GuardedRequest, tiers: readonly NamedTier[], verdict: LimitVerdict): Refusal | undefined {
    if (verdict.allowed) {
      this.suspected.delete(request.clientKey);
      return undefined;
    }
    this.reported.add(request);
    return this.conclude(request, verdict);
  }

  private tierOf({ clientKey }: GuardedRequest): NamedTier {
    const { rateLimit, rateLimitWindow, rateLimitAlgorithm } = this.config;
    return {
      client: clientKey,
      key: 'unrouted',
      limit: rateLimit,
      windowMs: rateLimitWindow * 1000,
      algorithm: rateLimitAlgorithm,
      name: 'unrouted',
    };
  }

  private report(error: unknown): void {
    this.logger.error(`A request that reached no route could not be counted: ${String(error)}`);
  }
}
