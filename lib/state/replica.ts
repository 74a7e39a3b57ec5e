import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { MemoryStateStore } from './memory-state-store';
import type { MonotonicClock } from './monotonic-clock';
import { Outbox } from './outbox';
import { ReplicaEntries, type ReplicaEntry } from './replica-entries';
import type { Awaitable, Message, StateStore, Unsubscribe } from './state-store';
import { isRemoval, removalOf, storedText, valueOf } from './stored-text';

/** Learns what a replica holds. Called synchronously, also for what this instance did itself. */
export interface ReplicaListener {
  /** A value arrived, or now expires at another time (by the replica's clock). */
  put(key: string, value: string, expiresAt: number): void;
  /** A value was removed or has expired. */
  drop(key: string): void;
}

export interface ReplicaOptions {
  readonly store: StateStore;
  readonly collection: string;
  readonly listener: ReplicaListener;
  readonly clock: MonotonicClock;
  /** Values held at most. Default: 200,000, which leaves the store room for what marks removals. */
  readonly capacity?: number;
}

const TICK_MS = 1_000;
const LONGEST_START_MS = 2_000;
/** Between two looks at everything; longer where a look takes long, so that it costs at most a fiftieth of the time. */
const SYNC_EVERY_MS = 30_000;
const SYNC_SHARE = 0.02;
/** Until what was missing is looked for again: whoever wrote it needs a second to notice and to write it again. */
const SECOND_LOOK_MS = 3_000;
const JITTER_MS = 500;
const SWEEP_SLICE = 5_000;
const TURN = 1_000;
const BATCH = 64;
/** Nobody is cut off for longer; and what was removed must not take the room of what is held. */
const LONGEST_REMOVAL_MS = 3_600_000;
const TEN_YEARS_MS = 10 * 365 * 86_400_000;

/**
 * A copy of a collection of the store in every instance: reading is synchronous and costs no call, a change is effective
 * here at once and everywhere else as soon as its message arrives.
 *
 * The store is the truth about what it knows: a message that disagrees with what is held here makes the replica read the
 * key. A value that the store does not know is kept, for only a remembered removal removes; the store writes again what
 * this instance wrote and Redis lost, and a replica what nobody else does because its writer is gone. Without a shared
 * store all of this is one map.
 */
export class Replica {
  private readonly entries: ReplicaEntries;
  private readonly shared: boolean;
  private readonly endings: Unsubscribe[] = [];
  private readonly outbox: Outbox;
  private timer: NodeJS.Timeout | undefined;
  private step = 0;
  private nextSync = 0;
  private working: Promise<void> | undefined;

  constructor(private readonly options: ReplicaOptions) {
    this.shared = !(options.store instanceof MemoryStateStore);
    const { clock, capacity = 200_000, listener } = options;
    this.entries = new ReplicaEntries(clock, capacity, (key) => listener.drop(key));
    this.outbox = new Outbox(options.store, options.collection, options.clock);
  }

  /** Loads what the instances share; done after two seconds at the latest, and goes on by itself then. */
  async start(): Promise<void> {
    const { store, collection } = this.options;
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
    if (!this.shared) return;
    this.endings.push(
      store.subscribe(collection, {
        message: (message, own) => this.receive(message, own),
        resubscribed: () => this.syncNow(),
      }),
      store.onStatus(({ state }) => {
        if (state === 'healthy') this.syncNow();
      }),
    );
    const patience = new AbortController();
    const enough = delay(LONGEST_START_MS, undefined, { signal: patience.signal, ref: false }).catch(() => undefined);
    await Promise.race([this.work(), enough]);
    patience.abort();
  }

  stop(): void {
    clearInterval(this.timer);
    for (const end of this.endings.splice(0)) end();
  }

  /** All live values, and when each expires by the clock of the replica. */
  live(): Generator<readonly [key: string, value: string, expiresAt: number]> {
    return this.entries.live();
  }

  /** Values and remembered removals held. */
  get size(): number {
    return this.entries.size;
  }

  /** Keeps a value on all instances; false when the replica is full of live ones. */
  put(key: string, value: string, ttlMs: number): Awaitable<boolean> {
    if (!this.entries.hasRoomFor(key)) return false;
    const text = storedText(value);
    this.decide(key, text, ttlMs);
    return this.shared ? this.outbox.send(key, text, ttlMs).then(() => true) : true;
  }

  /** Removes a value from all instances; false when there is none. */
  remove(key: string): Awaitable<boolean> {
    return this.shared ? this.removeShared(key) : this.forget(key);
  }

  private async removeShared(key: string): Promise<boolean> {
    if (this.entries.held(key) === undefined) await this.look(key);
    const known = this.entries.held(key);
    if (known === undefined) return false;
    const ttlMs = Math.min(LONGEST_REMOVAL_MS, known.expiresAt - this.options.clock());
    const removal = removalOf(known.text);
    this.decide(key, removal, ttlMs);
    await this.outbox.send(key, removal, ttlMs);
    return true;
  }

  /** Where there are no other instances nothing has to be remembered of a removal. */
  private forget(key: string): boolean {
    const known = this.entries.held(key);
    this.entries.delete(key);
    if (known !== undefined) this.options.listener.drop(key);
    return known !== undefined;
  }

  /** Makes a value or a removal effective here. */
  private decide(key: string, text: string, ttlMs: number): void {
    const { listener, clock } = this.options;
    const expiresAt = clock() + ttlMs;
    this.entries.set(key, { text, expiresAt, step: ++this.step, missedAt: undefined });
    if (isRemoval(text)) listener.drop(key);
    else listener.put(key, valueOf(text), expiresAt);
  }

  private receive(message: Message, own: boolean): void {
    if (own) return;
    if (message === LOOK) return this.syncWithin(Math.random() * JITTER_MS);
    if (Array.isArray(message)) for (const change of message as readonly Message[]) this.learn(change);
  }

  private learn(change: Message): void {
    if (!Array.isArray(change)) return;
    const [key, text, ttlMs] = change as readonly Message[];
    if (typeof key !== 'string' || typeof text !== 'string' || typeof ttlMs !== 'number' || !(ttlMs > 0)) return;
    const known = this.entries.get(key);
    if (known === undefined && this.entries.hasRoomFor(key)) this.decide(key, text, ttlMs);
    else if (known?.text !== text) void this.look(key);
  }

  /** Reads one key: messages of two instances may arrive in another order than the store got their changes. */
  private async look(key: string): Promise<void> {
    const { store, collection } = this.options;
    const from = this.step;
    try {
      const found = await store.get(collection, key);
      if (found === undefined || !this.healthy) return;
      if (this.undecidedSince(from, key)) this.adopt(key, found.value, found.ttlMs);
      // A sync that had listed the store before this answer was later in deciding: the next one knows better.
      else this.syncWithin(TICK_MS);
    } catch {
      this.syncWithin(TICK_MS);
    }
  }

  private undecidedSince(step: number, key: string): boolean {
    const known = this.entries.get(key);
    return known === undefined || known.step <= step;
  }

  /** Takes over what the store says about a key. */
  private adopt(key: string, text: string, ttlMs: number): void {
    const known = this.entries.get(key);
    if (known?.text === text) {
      known.expiresAt = this.options.clock() + ttlMs;
      known.step = ++this.step;
      known.missedAt = undefined;
      if (!isRemoval(text)) this.options.listener.put(key, valueOf(text), known.expiresAt);
    } else if (known !== undefined && known.text === removalOf(text)) {
      // Somebody who had missed its removal wrote the value again.
      void this.outbox.send(key, known.text, known.expiresAt - this.options.clock());
    } else if (this.entries.hasRoomFor(key)) {
      this.decide(key, text, ttlMs);
    }
  }

  private tick(): void {
    this.entries.sweep(SWEEP_SLICE);
    if (this.shared) void this.work();
  }

  private syncNow(): void {
    this.syncWithin(0);
    void this.work();
  }

  /** The ticks will do it. */
  private syncWithin(ms: number): void {
    this.nextSync = Math.min(this.nextSync, this.options.clock() + ms);
  }

  /** One at a time, and never rejecting. */
  private work(): Promise<void> {
    this.working ??= this.keepUp()
      .catch(() => this.syncWithin(TICK_MS))
      .finally(() => (this.working = undefined));
    return this.working;
  }

  private async keepUp(): Promise<void> {
    const { store, collection, clock } = this.options;
    if (!this.healthy) return this.syncWithin(TICK_MS);
    // Nobody ever gives this lease back: whoever gets it is the first one, or finds the store flushed.
    const flushed = await store.acquire(`${collection}:kept`, TEN_YEARS_MS);
    if (flushed === undefined && clock() < this.nextSync) return;
    const begun = clock();
    let isWhole: boolean;
    this.nextSync = Infinity;
    try {
      isWhole = await this.sync();
      if (flushed !== undefined) await store.publish(collection, LOOK);
    } catch (error) {
      await flushed?.release();
      throw error;
    }
    const took = clock() - begun;
    this.syncWithin(isWhole ? Math.max(SYNC_EVERY_MS, took / SYNC_SHARE) : SECOND_LOOK_MS + took);
  }

  /** Takes over what the store has, and writes what it lacks; true when it lacked nothing. */
  private async sync(): Promise<boolean> {
    const { store, collection, clock } = this.options;
    const from = this.step;
    const listed = await store.list(collection);
    if (!this.healthy) throw new Error('the store failed meanwhile');
    for (const [index, { key, value, ttlMs }] of listed.entries()) {
      if (index % TURN === TURN - 1) await nextTurn();
      if (this.undecidedSince(from, key)) this.adopt(key, value, ttlMs);
    }
    const now = clock();
    const lost: (readonly [string, ReplicaEntry])[] = [];
    let isWhole = true;
    for (const [key, entry] of this.entries) {
      // What has a second to live is most likely missing because it has expired there.
      if (entry.step > from || entry.expiresAt - now < TICK_MS) continue;
      entry.missedAt ??= now;
      if (now - entry.missedAt >= SECOND_LOOK_MS) lost.push([key, entry]);
      isWhole = false;
    }
    for (let at = 0; at < lost.length; at += BATCH) {
      const batch = lost.slice(at, at + BATCH).filter(([key, entry]) => this.entries.get(key) === entry);
      await Promise.all(
        batch.map(async ([key, { text, expiresAt }]) => store.set(collection, key, text, expiresAt - clock())),
      );
    }
    if (lost.length > 0) await store.publish(collection, LOOK);
    return isWhole;
  }

  private get healthy(): boolean {
    return this.options.store.status().state === 'healthy';
  }
}

/** Asks all instances to look at everything. */
const LOOK = 'look';
