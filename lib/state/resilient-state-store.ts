import { Continuity } from './continuity';
import { Instances } from './instances';
import { InsuredLimits, type OnStoreError } from './insured-limits';
import { InsuredValues } from './insured-values';
import { MemoryStateStore, type MemoryStateStoreOptions } from './memory-state-store';
import { addressOf } from './redis-address';
import type { Beat } from './redis-beat';
import { RedisRequiredError } from './redis-required.error';
import { RedisStateStore, type RedisStateStoreOptions } from './redis-state-store';
import type {
  Awaitable,
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
  Unsubscribe,
} from './state-store';

export type { OnStoreError };

/** How a `ResilientStateStore` behaves. */
export interface ResilientStateStoreOptions extends RedisStateStoreOptions {
  /** Default: `local`. */
  readonly onStoreError?: OnStoreError;
  /** True: `start` rejects when Redis cannot be reached. Default: false, start degraded and keep trying. */
  readonly required?: boolean;
  /** Size of the insurance in memory. */
  readonly memory?: MemoryStateStoreOptions;
  /** Told once per change, without secrets. */
  log?(level: 'warn' | 'log', message: string): void;
}

/** How often the shared state is looked at when nobody asks for it. */
const BEAT_MS = 1_000;
const RESET = 'store.reset';
const FORGET = 'store.forget';
const RESYNC = 'store.resync';
const JOINED = 'store.joined';

/**
 * Redis with an insurance: every question is answered, at the latest after the command timeout.
 *
 * While Redis fails this process counts by itself, its part of each limit: the parts of all instances are together no more
 * than the limit. If Redis comes back without what it knew, or that cannot be told, each limit must be passed here and
 * there for one of its windows. So no client gets more than twice its limit out of a failover. A refusal by Redis is
 * remembered until it ends and costs no command meanwhile.
 *
 * @example
 * ```ts
 * const store = new ResilientStateStore({ redis: 'redis://127.0.0.1:6379' });
 * await store.start();
 * const tier = { client: '192.0.2.1', key: 'login', limit: 5, windowMs: 60_000, algorithm: 'sliding-window' as const };
 * const { allowed, source } = await store.consume([tier]);
 * ```
 */
export class ResilientStateStore implements StateStore {
  private readonly shared: RedisStateStore;
  private readonly local: MemoryStateStore;
  private readonly values: InsuredValues;
  private readonly limits: InsuredLimits;
  private readonly instances: Instances;
  private readonly continuity: Continuity;
  private readonly clock: () => number;
  private readonly onStoreError: OnStoreError;
  private readonly beat: NodeJS.Timeout;
  private joined = false;
  private everUp = false;
  private warned = false;
  private looking: Promise<void> | undefined;

  constructor(private readonly options: ResilientStateStoreOptions) {
    this.clock = options.memory?.clock ?? (() => performance.now());
    this.onStoreError = options.onStoreError ?? 'local';
    this.shared = new RedisStateStore(options);
    this.local = new MemoryStateStore(options.memory);
    this.values = new InsuredValues(this.shared, this.local);
    const { clock, onStoreError } = this;
    this.instances = new Instances(this.shared.instance);
    this.continuity = new Continuity(clock);
    const { instances, continuity } = this;
    this.limits = new InsuredLimits(this.shared, this.local, { onStoreError, clock, instances, continuity });
    this.shared.onStatus((status) => this.changed(status));
    this.shared.subscribe(RESET, {
      message: (keys, own) => {
        if (!own) this.local.reset(keys as unknown as LimitTier[]);
      },
    });
    this.shared.subscribe(FORGET, {
      message: (value, own) => {
        const [collection, key] = value as [string, string];
        if (!own) this.values.forget(collection, key);
      },
    });
    this.shared.subscribe(RESYNC, {
      message: (_message, own) => {
        if (!own) this.shared.resubscribed();
      },
    });
    this.shared.subscribe(JOINED, {
      message: (_message, own) => {
        if (!own) void this.look();
      },
    });
    this.beat = setInterval(() => void this.look(), BEAT_MS).unref();
  }

  /**
   * Connects; done when the first attempt succeeded or failed, within about a second.
   *
   * @throws RedisRequiredError when Redis is `required` and cannot be used
   */
  async start(): Promise<void> {
    await this.shared.start();
    if (this.shared.isUp) return this.look();
    if (this.options.required !== true) return;
    const { reason } = this.shared.status();
    this.close();
    throw new RedisRequiredError(addressOf(this.options.redis), reason ?? 'no answer');
  }

  consume(tiers: readonly LimitTier[]): Awaitable<LimitVerdict> {
    return this.limits.consume(tiers);
  }

  peek(tiers: readonly LimitTier[]): Awaitable<LimitVerdict> {
    return this.limits.peek(tiers);
  }

  refund(tiers: readonly LimitTier[]): Awaitable<void> {
    return this.limits.refund(tiers);
  }

  strike(counter: StrikeCounter): Awaitable<Tally> {
    if (!this.shared.isAnswering) return this.local.strike(counter);
    return this.shared.strike(counter).catch(() => this.local.strike(counter));
  }

  tally(counter: StrikeCounter): Awaitable<Tally> {
    if (!this.shared.isAnswering) return this.local.tally(counter);
    return this.shared.tally(counter).catch(() => this.local.tally(counter));
  }

  async reset(keys: readonly (LimitTier | StrikeCounter)[]): Promise<void> {
    this.local.reset(keys);
    // Other instances may remember refusals, and count by themselves.
    await this.shared.reset(keys).catch(() => undefined);
    await this.publish(RESET, keys as unknown as Message);
  }

  set(collection: string, key: string, value: string, ttlMs: number): Awaitable<boolean> {
    return this.values.set(collection, key, value, ttlMs);
  }

  get(collection: string, key: string): Awaitable<StoredValue | undefined> {
    return this.values.get(collection, key);
  }

  async delete(collection: string, key: string): Promise<boolean> {
    const alive = await this.values.delete(collection, key);
    // The instance that wrote it has a copy, to write again should Redis lose it.
    await this.publish(FORGET, [collection, key]);
    return alive;
  }

  list(collection: string): Awaitable<StoredEntry[]> {
    return this.values.list(collection);
  }

  publish(channel: string, message: Message): Promise<void> {
    return this.shared.publish(channel, message).catch(() => undefined);
  }

  subscribe(channel: string, listener: ChannelListener): Unsubscribe {
    return this.shared.subscribe(channel, listener);
  }

  acquire(key: string, ttlMs: number): Awaitable<Lease | undefined> {
    if (!this.shared.isUp) return this.local.acquire(key, ttlMs);
    return this.shared.acquire(key, ttlMs).catch(() => this.local.acquire(key, ttlMs));
  }

  status(): StoreStatus {
    return this.shared.status();
  }

  onStatus(listener: (status: StoreStatus) => void): Unsubscribe {
    return this.shared.onStatus(listener);
  }

  close(): void {
    clearInterval(this.beat);
    this.shared.close();
    this.local.close();
  }

  private changed({ state, reason }: StoreStatus): void {
    const then = { local: 'counting in this process', allow: 'letting requests pass', deny: 'refusing requests' };
    if (state === 'degraded') {
      this.warned = true;
      this.instances.pause();
      this.log('warn', `Redis cannot be used: ${reason}; ${then[this.onStoreError]} until it is back`);
      return;
    }
    if (this.everUp || this.local.size > 0) this.continuity.suspect();
    if (this.warned) this.log('log', 'Redis is back, state is shared again');
    this.everUp = true;
    void this.look();
  }

  /** Pushes what Redis missed or lost, and notices when it does not answer. */
  private look(): Promise<void> {
    this.looking ??= this.lookNow().finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async lookNow(): Promise<void> {
    if (!this.shared.isUp) return;
    try {
      await this.meet(await this.shared.beat());
      await this.values.inspect();
      if (await this.values.push()) await this.publish(RESYNC, null);
    } catch {
      // The link has counted the failure; the next beat looks again.
    }
  }

  private async meet({ instances, known }: Beat): Promise<void> {
    this.instances.meet(instances, this.clock());
    if (!this.joined) await this.publish(JOINED, null);
    this.joined = true;
    await this.continuity.settle(known, () => this.shared.identity());
  }

  private log(level: 'warn' | 'log', message: string): void {
    this.options.log?.(level, message);
  }
}
