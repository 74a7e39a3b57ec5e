import type { Allotment } from './instances';
import { LocalChannels } from './local-channels';
import { MemoryLimits } from './memory-limits';
import { MemoryValues } from './memory-values';
import type {
  ChannelListener,
  Lease,
  LimitTier,
  LimitVerdict,
  Message,
  StateStore,
  StoredEntry,
  StoredValue,
  StoreStatus,
  StrikeCounter,
  Tally,
  TierVerdict,
  Unsubscribe,
} from './state-store';

/** How much a `MemoryStateStore` keeps. */
export interface MemoryStateStoreOptions {
  /** Limits and counters held at least before the least recently used gives way. Default: 1,000,000, which take 45 MB. */
  readonly maxKeys?: number;
  /** Bound of the log of hits beyond the first two of a key, in megabytes. Default: 32, about 7 million hits. */
  readonly maxHitMegabytes?: number;
  /** Live values a collection holds at most. Default: 250,000. */
  readonly maxValues?: number;
  /** Milliseconds of a clock that never goes back. Default: `performance.now`. */
  readonly clock?: () => number;
}

const TICK_MS = 250;
/** Ticks in which the sweep meets every shard once: half a minute. */
const TICKS_PER_ROUND = 120;
const PAGES_PER_MEGABYTE = 4;
const LEASES = ' leases';

/**
 * State of one process. Every answer is synchronous; memory is bounded; one unref'd timer sweeps in slices.
 *
 * @example
 * ```ts
 * const store = new MemoryStateStore();
 * const tier = { client: '192.0.2.1', key: 'login', limit: 5, windowMs: 60_000, algorithm: 'sliding-window' as const };
 * if (!store.consume([tier]).allowed) throw new Error('too many attempts');
 * ```
 */
export class MemoryStateStore implements StateStore {
  private readonly limits: MemoryLimits;
  private readonly values: MemoryValues;
  private readonly channels = new LocalChannels();
  private readonly sweeper: NodeJS.Timeout;
  private readonly since = Date.now();
  private leases = 0;

  constructor(options: MemoryStateStoreOptions = {}) {
    const { maxKeys = 1_000_000, maxHitMegabytes = 32, maxValues = 250_000 } = options;
    const clock = options.clock ?? (() => performance.now());
    const pages = Math.max(1, Math.ceil(maxHitMegabytes * PAGES_PER_MEGABYTE));
    this.limits = new MemoryLimits(maxKeys, pages, clock);
    this.values = new MemoryValues(maxValues, clock);
    this.sweeper = setInterval(() => this.sweep(), TICK_MS).unref();
  }

  /** Limits and counters held. */
  get size(): number {
    return this.limits.table.size;
  }

  /** @param allotment what this process may admit of each limit; by default all of it */
  consume(tiers: readonly LimitTier[], allotment?: Allotment): LimitVerdict {
    return this.limits.consume(tiers, allotment);
  }

  peek(tiers: readonly LimitTier[], allotment?: Allotment): LimitVerdict {
    return this.limits.peek(tiers, allotment);
  }

  refund(tiers: readonly LimitTier[], allotment?: Allotment): void {
    this.limits.refund(tiers, allotment);
  }

  strike(counter: StrikeCounter): Tally {
    return this.limits.strike(counter);
  }

  tally(counter: StrikeCounter): Tally {
    return this.limits.tally(counter);
  }

  reset(keys: readonly (LimitTier | StrikeCounter)[]): void {
    this.limits.forget(keys);
  }

  /** Remembers a refusal of the shared store that was asked at `sentAt`, by this store's clock. */
  block(tier: LimitTier, verdict: TierVerdict, sentAt: number): void {
    this.limits.block(tier, verdict, sentAt);
  }

  /** The remembered refusal that still holds for a tier. */
  blocked(tier: LimitTier): TierVerdict | undefined {
    return this.limits.blocked(tier);
  }

  set(collection: string, key: string, value: string, ttlMs: number): boolean {
    return this.values.set(collection, key, value, ttlMs);
  }

  get(collection: string, key: string): StoredValue | undefined {
    return this.values.get(collection, key);
  }

  delete(collection: string, key: string): boolean {
    return this.values.delete(collection, key);
  }

  list(collection: string): StoredEntry[] {
    return this.values.list(collection);
  }

  publish(channel: string, message: Message): void {
    this.channels.deliver(channel, message, true);
  }

  subscribe(channel: string, listener: ChannelListener): Unsubscribe {
    return this.channels.add(channel, listener);
  }

  acquire(key: string, ttlMs: number): Lease | undefined {
    if (this.values.get(LEASES, key) !== undefined) return undefined;
    const token = String(++this.leases);
    this.values.set(LEASES, key, token, ttlMs);
    return {
      release: () => {
        if (this.values.get(LEASES, key)?.value === token) this.values.delete(LEASES, key);
      },
    };
  }

  status(): StoreStatus {
    return { state: 'healthy', since: this.since };
  }

  onStatus(_listener: (status: StoreStatus) => void): Unsubscribe {
    return () => undefined;
  }

  close(): void {
    clearInterval(this.sweeper);
    this.channels.clear();
  }

  private sweep(): void {
    this.limits.sweep(Math.ceil(this.limits.table.shardCount / TICKS_PER_ROUND));
    this.values.sweep();
  }
}
