import { Inject, Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { MemoryStateStore } from '../state/memory-state-store';
import type { LimitTier, StateStore } from '../state/state-store';
import { STATE_STORE } from '../state/state-store.provider';
import { wholeSeconds } from './rate-limit-headers';

const LONGEST_MS = 2 ** 31 - 1;

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * A storage for `ThrottlerModule` of @nestjs/throttler: exact, bounded, and shared between instances when its store is. A
 * client that is known to be blocked costs Redis no command.
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
    // Nobody has to be asked about a limit that nothing fits into.
    if (limit < 1) return refusal(1, blockDuration);
    const tier: LimitTier = {
      client: key,
      key: `throttler#${throttlerName}`,
      limit,
      windowMs: Math.ceil(ttl),
      algorithm: 'sliding-window',
      blockMs: blockDuration > 0 ? Math.min(LONGEST_MS, Math.ceil(blockDuration)) : undefined,
    };
    const { allowed, tiers } = await this.store.consume([tier]);
    const verdict = tiers[0];
    if (!allowed) return refusal(limit + 1, verdict?.retryAfterMs ?? tier.windowMs, verdict?.resetMs);
    return {
      totalHits: limit - (verdict?.remaining ?? limit),
      timeToExpire: wholeSeconds(verdict?.resetMs ?? tier.windowMs),
      isBlocked: false,
      timeToBlockExpire: 0,
    };
  }
}

function refusal(totalHits: number, waitMs: number, resetMs = waitMs): ThrottlerRecord {
  const timeToBlockExpire = wholeSeconds(waitMs);
  return { totalHits, timeToExpire: wholeSeconds(resetMs), isBlocked: true, timeToBlockExpire };
}
