import { InsuredValues } from './insured-values';
import { MemoryStateStore, type MemoryStateStoreOptions } from './memory-state-store';
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
  TierVerdict,
  Unsubscribe,
} from './state-store';

/** What limits do while Redis fails: count in this process, let everything pass, or refuse everything. */
export type OnStoreError = 'local' | 'allow' | 'deny';

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

/**
 * Redis with an insurance: every question is answered, at the latest after the command timeout.
 *
 * While Redis fails this process counts by itself, with the same limits. After it came back each limit must be passed
 * here and there for one of its windows, so that no client gets more than twice its limit out of a failover. A refusal
 * by Redis is remembered until it ends and costs no command meanwhile.
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
  private readonly clock: () => number;
  private readonly onStoreError: OnStoreError;
  private readonly beat: NodeJS.Timeout;
  private recoveredAt = -Infinity;
  private everUp = false;
  private warned = false;
  private beating = false;

  constructor(private readonly options: ResilientStateStoreOptions) {
    this.clock = options.memory?.clock ?? (() => performance.now());
    this.onStoreError = options.onStoreError ?? 'local';
    this.shared = new RedisStateStore(options);
    this.local = new MemoryStateStore(options.memory);
    this.values = new InsuredValues(this.shared, this.local);
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
    this.beat = setInterval(() => void this.look(), BEAT_MS).unref();
  }

  /**
   * Connects; done when the first attempt succeeded or failed, within about a second.
   *
   * @throws Error when Redis is `required` and cannot be reached
   */
  async start(): Promise<void> {
    await this.shared.start();
    if (this.shared.isUp || this.options.required !== true) return;
    const { reason } = this.shared.status();
    this.close();
    throw new Error(`Redis is required and cannot be used: ${reason}. Start it, or do not require it.`);
  }

  consume(tiers: readonly LimitTier[]): Awaitable<LimitVerdict> {
    const known = this.knownRefusal(tiers);
    if (known !== undefined) return known;
    if (!this.shared.isUp) return this.consumeAlone(tiers);
    const guarded = this.guarded(tiers);
    if (guarded.length > 0) {
      const own = this.local.consume(guarded);
      if (!own.allowed) return placed(own, guarded, tiers);
    }
    const sentAt = this.clock();
    return this.shared.consume(tiers).then(
      (verdict) => {
        if (!verdict.allowed) {
          this.local.refund(guarded);
          this.rememberRefusal(tiers, verdict, sentAt);
        }
        return verdict;
      },
      () => {
        this.local.refund(guarded);
        return this.consumeAlone(tiers);
      },
    );
  }

  peek(tiers: readonly LimitTier[]): Awaitable<LimitVerdict> {
    const known = this.knownRefusal(tiers);
    if (known !== undefined) return known;
    if (!this.shared.isUp) return this.peekAlone(tiers);
    const sentAt = this.clock();
    return this.shared.peek(tiers).then(
      (verdict) => {
        if (!verdict.allowed) this.rememberRefusal(tiers, verdict, sentAt);
        return verdict;
      },
      () => this.peekAlone(tiers),
    );
  }

  refund(tiers: readonly LimitTier[]): Awaitable<void> {
    this.local.refund(tiers);
    if (this.shared.isUp) return this.shared.refund(tiers).catch(() => undefined);
  }

  strike(counter: StrikeCounter): Awaitable<Tally> {
    if (!this.shared.isUp) return this.local.strike(counter);
    return this.shared.strike(counter).catch(() => this.local.strike(counter));
  }

  tally(counter: StrikeCounter): Awaitable<Tally> {
    if (!this.shared.isUp) return this.local.tally(counter);
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

  private consumeAlone(tiers: readonly LimitTier[]): LimitVerdict {
    return this.decided(tiers) ?? this.local.consume(tiers);
  }

  private peekAlone(tiers: readonly LimitTier[]): LimitVerdict {
    return this.decided(tiers) ?? this.local.peek(tiers);
  }

  private decided(tiers: readonly LimitTier[]): LimitVerdict | undefined {
    if (this.onStoreError === 'local') return undefined;
    return { allowed: this.onStoreError === 'allow', tiers: tiers.map(() => undefined), source: 'none' };
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

  /** The tiers whose window still reaches back to a time when this process counted alone. */
  private guarded(tiers: readonly LimitTier[]): readonly LimitTier[] {
    const since = this.clock() - this.recoveredAt;
    if (this.onStoreError !== 'local' || since > 2 ** 32) return NONE;
    return tiers.filter((tier) => since < spanOf(tier));
  }

  private changed({ state, reason }: StoreStatus): void {
    const then = { local: 'counting in this process', allow: 'letting requests pass', deny: 'refusing requests' };
    if (state === 'degraded') {
      this.warned = true;
      this.log('warn', `Redis cannot be used: ${reason}; ${then[this.onStoreError]} until it is back`);
      return;
    }
    if (this.everUp || this.local.size > 0) this.recoveredAt = this.clock();
    if (this.warned) this.log('log', 'Redis is back, state is shared again');
    this.everUp = true;
    void this.look();
  }

  /** Pushes what Redis missed or lost, and notices when it does not answer. */
  private async look(): Promise<void> {
    if (!this.shared.isUp || this.beating) return;
    this.beating = true;
    try {
      await this.shared.check();
      await this.values.inspect();
      if (await this.values.push()) await this.publish(RESYNC, null);
    } catch {
      // The link has counted the failure; the next beat looks again.
    } finally {
      this.beating = false;
    }
  }

  private log(level: 'warn' | 'log', message: string): void {
    this.options.log?.(level, message);
  }
}

const NONE: readonly LimitTier[] = [];

/** How long a hit of this tier can matter. */
function spanOf({ algorithm, limit, windowMs, burst = limit }: LimitTier): number {
  return algorithm === 'token-bucket' ? Math.max(windowMs, (burst * windowMs) / limit) : windowMs;
}

/** A verdict about some of the tiers, in the order of all. */
function placed(verdict: LimitVerdict, some: readonly LimitTier[], all: readonly LimitTier[]): LimitVerdict {
  return { ...verdict, tiers: all.map((tier) => verdict.tiers[some.indexOf(tier)]) };
}
