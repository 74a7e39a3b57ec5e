import { Inject, Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { MemoryStateStore } from '../state/memory-state-store';
import type { StateStore } from '../state/state-store';
import { STATE_STORE } from '../state/state-store.provider';
import { wholeSeconds } from './rate-limit-headers';

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * A storage for `ThrottlerModule` of @nestjs/throttler: exact, bounded, and shared between instances when its store is.
 *
 * @example
 * ```ts
 * ThrottlerModule.forRoot({
 *   throttlers: [{ ttl: 60_000, limit: 100 }],
 *   storage: new StateThrottlerStorage(new MemoryStateStore()),
 * });
 * ```
 */
@Injectable()
export class StateThrottlerStorage implements ThrottlerStorage {
  /** @param store by default a `MemoryStateStore` of its own. */
  constructor(@Inject(STATE_STORE) private readonly store: StateStore = new MemoryStateStore()) {}

  /**
   * Counts a hit. Above the limit the key is blocked for `blockDuration` and counting starts anew after it; with a
   * `blockDuration` of 0 it is only refused until there is room again, and refused hits do not count.
   *
   * @param ttl the window in milliseconds
   * @param blockDuration in milliseconds
   * @returns times in whole seconds, rounded up
   */
  async increment(
    key: string,
    ttl: number,
    limit: number,
    blockDuration: number,
    throttlerName: string,
  ): Promise<ThrottlerRecord> {
    const bucket = { client: key, key: `throttler#${throttlerName}`, windowMs: Math.ceil(ttl) };
    if (blockDuration <= 0 && limit > 0) return this.consume({ ...bucket, limit, algorithm: 'sliding-window' });
    const tally = await this.store.strike({ ...bucket, threshold: limit + 1, restartAfterMs: blockDuration });
    const isBlocked = tally.count > limit;
    return {
      totalHits: tally.count,
      timeToExpire: wholeSeconds(isBlocked ? tally.roomMs : bucket.windowMs),
      isBlocked,
      timeToBlockExpire: isBlocked ? wholeSeconds(tally.roomMs) : 0,
    };
  }

  private async consume(tier: Parameters<StateStore['consume']>[0][number]): Promise<ThrottlerRecord> {
    const { allowed, tiers } = await this.store.consume([tier]);
    const verdict = tiers[0] ?? {
      remaining: allowed ? tier.limit : 0,
      resetMs: tier.windowMs,
      retryAfterMs: tier.windowMs,
    };
    return {
      totalHits: tier.limit - verdict.remaining + (allowed ? 0 : 1),
      timeToExpire: wholeSeconds(verdict.resetMs),
      isBlocked: !allowed,
      timeToBlockExpire: allowed ? 0 : wholeSeconds(verdict.retryAfterMs),
    };
  }
}
