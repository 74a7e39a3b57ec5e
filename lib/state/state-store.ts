/** A value now, or a promise of it. Memory answers now, so that its callers never await. */
export type Awaitable<T> = T | Promise<T>;

/** One limit of a request. */
export interface LimitTier {
  /** Who is counted: an address, a user, a tenant. Tiers of one client live in one slot of a Redis Cluster. */
  readonly client: string;
  /** Which limit of that client: unique per rule, such as a route template and the name of its tier. */
  readonly key: string;
  /** Hits admitted per window; a whole number from 1. */
  readonly limit: number;
  /** Length of the window in milliseconds, 1 to 2^31 - 1. */
  readonly windowMs: number;
  readonly algorithm: 'sliding-window' | 'token-bucket';
  /** Size of the bucket of `token-bucket`. Default: `limit`. */
  readonly burst?: number;
  /** What this request takes out of the limit; a whole number from 1. Default: 1. */
  readonly cost?: number;
  /**
   * When given, a request that finds no room keeps the client out for so many milliseconds, 1 to 2^31 - 1, after which
   * counting starts anew. Default: until there is room.
   */
  readonly blockMs?: number;
}

/** The answer of one limit. */
export interface TierVerdict {
  readonly allowed: boolean;
  /** Hits left after this one. */
  readonly remaining: number;
  /** Until the whole limit is free again, when nothing else is admitted meanwhile. */
  readonly resetMs: number;
  /** Until the same request would be admitted, exactly; 0 when it was. A cost above the limit never is: the window. */
  readonly retryAfterMs: number;
}

/** Where an answer came from: the shared store, this process alone, or nowhere because `onStoreError` decided. */
export type StateSource = 'shared' | 'local' | 'none';

/** The answer of all limits of a request. */
export interface LimitVerdict {
  /** True when every tier allowed it, and only then was anything counted. */
  readonly allowed: boolean;
  /** In the order of the question. A tier nobody looked at (another one was known to refuse) is undefined. */
  readonly tiers: readonly (TierVerdict | undefined)[];
  readonly source: StateSource;
}

/** Counts events of a client; crossing is seen by exactly one of any number of concurrent strikes. */
export interface StrikeCounter {
  readonly client: string;
  readonly key: string;
  /** Events within the window that make the crossing; a whole number from 1. */
  readonly threshold: number;
  /** How long an event counts, in milliseconds, 1 to 2^31 - 1. */
  readonly windowMs: number;
  /**
   * When given, a crossing forgets all events and ignores new ones for so many milliseconds: the duration of a ban,
   * after which counting starts anew; and who is beyond a threshold that was lowered crosses it with the next event. When
   * absent the next crossing needs the count to fall below the threshold first.
   */
  readonly restartAfterMs?: number;
}

/** What a counter holds after a strike. */
export interface Tally {
  /** Events within the window, never more than the threshold. */
  readonly count: number;
  /** True for the one strike that reached the threshold. */
  readonly crossed: boolean;
  /** Until the count is below the threshold; 0 when it is. */
  readonly roomMs: number;
  readonly source: StateSource;
}

/** A value of a collection. */
export interface StoredValue {
  readonly value: string;
  /** Left to live by the clock of the store. */
  readonly ttlMs: number;
}

/** A member of a collection. */
export interface StoredEntry extends StoredValue {
  readonly key: string;
}

/** JSON that travels between instances. */
export type Message = string | number | boolean | null | readonly Message[] | { readonly [name: string]: Message };

/** Receives what instances publish on a channel. */
export interface ChannelListener {
  /** `own` is true for what this very store published. Must not throw; if it does, the error is swallowed. */
  message(message: Message, own: boolean): void;
  /** The subscription was interrupted and stands again: messages may have been missed, so look at the shared state. */
  resubscribed?(): void;
}

/** The right to do something alone. */
export interface Lease {
  /** Gives it back early; harmless after it ran out. */
  release(): Awaitable<void>;
}

/** How the store is. */
export interface StoreStatus {
  readonly state: 'healthy' | 'degraded';
  /** One line without secrets, such as `unreachable (ECONNREFUSED)`. */
  readonly reason?: string;
  /** Unix time in milliseconds of the last change. */
  readonly since: number;
}

/** Undoes a subscription. */
export type Unsubscribe = () => void;

/**
 * All state of the guard: limits, counters, expiring values, messages, leases.
 *
 * Memory answers synchronously, Redis with promises; `ResilientStateStore` never rejects.
 */
export interface StateStore {
  /** Takes one request out of all its limits, or out of none when any of them refuses. One round trip on Redis. */
  consume(tiers: readonly LimitTier[]): Awaitable<LimitVerdict>;
  /** What `consume` would answer, and nothing counted. */
  peek(tiers: readonly LimitTier[]): Awaitable<LimitVerdict>;
  /** Gives back what an admitted `consume` of the same tiers took. */
  refund(tiers: readonly LimitTier[]): Awaitable<void>;
  /** Counts an event. */
  strike(counter: StrikeCounter): Awaitable<Tally>;
  /** The count as it stands. */
  tally(counter: StrikeCounter): Awaitable<Tally>;
  /** Forgets limits and counters, on every instance. */
  reset(keys: readonly (LimitTier | StrikeCounter)[]): Awaitable<void>;

  /** Keeps a value for `ttlMs`. False when the collection is full of live values: nothing alive is ever evicted. */
  set(collection: string, key: string, value: string, ttlMs: number): Awaitable<boolean>;
  get(collection: string, key: string): Awaitable<StoredValue | undefined>;
  /** True when there was a live value. */
  delete(collection: string, key: string): Awaitable<boolean>;
  /** All live members. Never call it for a request. */
  list(collection: string): Awaitable<StoredEntry[]>;

  /** Tells every instance, this one included. */
  publish(channel: string, message: Message): Awaitable<void>;
  subscribe(channel: string, listener: ChannelListener): Unsubscribe;

  /** Leave to do something alone for `ttlMs` at most; undefined when another instance has it. */
  acquire(key: string, ttlMs: number): Awaitable<Lease | undefined>;

  status(): StoreStatus;
  /** Calls back at every change of `status()`. */
  onStatus(listener: (status: StoreStatus) => void): Unsubscribe;
  /** Lets go of timers and connections, within two seconds whatever the network does. */
  close(): Awaitable<void>;
}
