import type { Continuity } from './continuity';
import type { Instances } from './instances';
import { spanOf } from './limit-tier';
import type { MemoryStateStore } from './memory-state-store';
import type { RedisStateStore } from './redis-state-store';
import type { Awaitable, LimitTier, LimitVerdict, TierVerdict } from './state-store';

/** What limits do while Redis fails: count in this process, let everything pass, or refuse everything. */
export type OnStoreError = 'local' | 'allow' | 'deny';

/** What limits need to know beside the two stores. */
export interface InsuredLimitsOptions {
  readonly onStoreError: OnStoreError;
  /** Milliseconds, the clock of the local store. */
  readonly clock: () => number;
  readonly instances: Instances;
  readonly continuity: Continuity;
}

/**
 * Limits on Redis that are never left without an answer.
 *
 * While Redis fails each process admits its part of a limit, and all parts together are the limit. A request that Redis
 * answers after it may have lost what it had counted must find room here, too, until the window of its limit has gone
 * by. So a client gets its limit once from what Redis had counted and once from everything after, whatever fails.
 */
export class InsuredLimits {
  constructor(
    private readonly shared: RedisStateStore,
    private readonly local: MemoryStateStore,
    private readonly options: InsuredLimitsOptions,
  ) {}

  consume(tiers: readonly LimitTier[]): Awaitable<LimitVerdict> {
    const known = this.knownRefusal(tiers);
    if (known !== undefined) return known;
    if (!this.shared.isAnswering) return this.consumeAlone(tiers);
    const { clock, continuity, instances } = this.options;
    const doubtful = this.doubtful(tiers);
    if (doubtful.length > 0) {
      const own = this.local.consume(doubtful, instances.allotment);
      if (!own.allowed) return placed(own, doubtful, tiers);
    }
    const sentAt = clock();
    return this.shared.consume(tiers).then(
      (verdict) => {
        if (!verdict.allowed) {
          this.local.refund(doubtful, instances.allotment);
          this.rememberRefusal(tiers, verdict, sentAt);
        }
        return verdict;
      },
      () => {
        this.local.refund(doubtful, instances.allotment);
        continuity.suspect();
        return this.consumeAlone(tiers);
      },
    );
  }

  peek(tiers: readonly LimitTier[]): Awaitable<LimitVerdict> {
    const known = this.knownRefusal(tiers);
    if (known !== undefined) return known;
    if (!this.shared.isAnswering) return this.peekAlone(tiers);
    const sentAt = this.options.clock();
    return this.shared.peek(tiers).then(
      (verdict) => {
        if (!verdict.allowed) this.rememberRefusal(tiers, verdict, sentAt);
        return verdict;
      },
      () => this.peekAlone(tiers),
    );
  }

  refund(tiers: readonly LimitTier[]): Awaitable<void> {
    this.local.refund(tiers, this.options.instances.allotment);
    if (this.shared.isUp) return this.shared.refund(tiers).catch(() => undefined);
  }

  private consumeAlone(tiers: readonly LimitTier[]): LimitVerdict {
    return this.decided(tiers) ?? this.local.consume(tiers, this.options.instances.allotment);
  }

  private peekAlone(tiers: readonly LimitTier[]): LimitVerdict {
    return this.decided(tiers) ?? this.local.peek(tiers, this.options.instances.allotment);
  }

  private decided(tiers: readonly LimitTier[]): LimitVerdict | undefined {
    const { onStoreError } = this.options;
    if (onStoreError === 'local') return undefined;
    return { allowed: onStoreError === 'allow', tiers: tiers.map(() => undefined), source: 'none' };
  }

  private knownRefusal(tiers: readonly LimitTier[]): LimitVerdict | undefined {
    if (this.local.size === 0) return undefined;
    let found: (TierVerdict | undefined)[] | undefined;
    for (let index = 0; index < tiers.length; index++) {
      const verdict = this.local.blocked(tiers[index]!);
      if (verdict === undefined) continue;
      found ??= new Array<TierVerdict | undefined>(tiers.length).fill(undefined);
      found[index] = verdict;
    }
    return found && { allowed: false, tiers: found, source: 'local' };
  }

  private rememberRefusal(tiers: readonly LimitTier[], verdict: LimitVerdict, sentAt: number): void {
    verdict.tiers.forEach((answer, index) => {
      if (answer?.allowed === false) this.local.block(tiers[index]!, answer, sentAt);
    });
  }

  /** The tiers whose window reaches back to what Redis may not know. */
  private doubtful(tiers: readonly LimitTier[]): readonly LimitTier[] {
    const { onStoreError, continuity } = this.options;
    const since = continuity.sinceBreak;
    if (onStoreError !== 'local' || since > 2 ** 32) return NONE;
    return tiers.filter((tier) => since < spanOf(tier));
  }
}

const NONE: readonly LimitTier[] = [];

/** A verdict about some of the tiers, in the order of all. */
function placed(verdict: LimitVerdict, some: readonly LimitTier[], all: readonly LimitTier[]): LimitVerdict {
  return { ...verdict, tiers: all.map((tier) => verdict.tiers[some.indexOf(tier)]) };
}
