import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { MemoryStateStore } from './memory-state-store';
import type { MonotonicClock } from './monotonic-clock';
import { Outbox } from './outbox';
import type { Awaitable, Message, StateStore, Unsubscribe } from './state-store';

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

/**
 * What the store keeps under a key: `id:value`, or `!id` once that very value was removed. A removal has to be remembered
 * as long as the value would have lived: an instance that was cut off meanwhile would take the missing value for lost.
 */
interface Entry {
  readonly text: string;
  expiresAt: number;
  /** When, in steps of this replica, the entry was last confirmed here. */
  step: number;
  /** Since when the store has been found without it. */
  missedAt: number | undefined;
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
const LONGEST_REMOVAL_MS = 30 * 86_400_000;
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
  private readonly entries = new Map<string, Entry>();
  private readonly shared: boolean;
  private readonly capacity: number;
  private readonly endings: Unsubscribe[] = [];
  private readonly outbox: Outbox;
  private timer: NodeJS.Timeout | undefined;
  private walk: Iterator<[string, Entry]> | undefined;
  private step = 0;
  private nextSync = 0;
  private nextClearing = -Infinity;
  private working: Promise<void> | undefined;

  constructor(private readonly options: ReplicaOptions) {
    this.shared = !(options.store instanceof MemoryStateStore);
    this.capacity = options.capacity ?? 200_000;
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
  *live(): Generator<readonly [key: string, value: string, expiresAt: number]> {
    const now = this.options.clock();
    for (const [key, { text, expiresAt }] of this.entries) {
      if (!isRemoval(text) && expiresAt > now) yield [key, valueOf(text), expiresAt];
    }
  }

  /** Values and remembered removals held. */
  get size(): number {
    return this.entries.size;
  }

  /** Keeps a value on all instances; false when the replica is full of live ones. */
  put(key: string, value: string, ttlMs: number): Awaitable<boolean> {
    if (this.entries.size >= this.capacity && !this.entries.has(key)) {
      this.makeRoom();
      if (this.entries.size >= this.capacity) return false;
    }
    const text = `${randomBytes(9).toString('base64url')}:${value}`;
    this.decide(key, text, ttlMs);
    return this.shared ? this.outbox.send(key, text, ttlMs).then(() => true) : true;
  }

  /** Removes a value from all instances; false when there is none. */
  remove(key: string): Awaitable<boolean> {
    return this.shared ? this.removeShared(key) : this.forget(key);
  }

  private async removeShared(key: string): Promise<boolean> {
    if (this.held(key) === undefined) await this.look(key);
    const known = this.held(key);
    if (known === undefined) return false;
    const ttlMs = Math.min(LONGEST_REMOVAL_MS, known.expiresAt - this.options.clock());
    const removal = removalOf(known.text);
    this.decide(key, removal, ttlMs);
    await this.outbox.send(key, removal, ttlMs);
    return true;
  }

  /** Where there are no other instances nothing has to be remembered of a removal. */
  private forget(key: string): boolean {
    const known = this.held(key);
    this.entries.delete(key);
    if (known !== undefined) this.options.listener.drop(key);
    return known !== undefined;
  }

  private held(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    return entry !== undefined && !isRemoval(entry.text) && entry.expiresAt > this.options.clock() ? entry : undefined;
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
    if (known === undefined && this.entries.size < this.capacity) this.decide(key, text, ttlMs);
    else if (known?.text !== text) void this.look(key);
  }

  /** Reads one key: messages of two instances may arrive in another order than the store got their changes. */
  private async look(key: string): Promise<void> {
    const { store, collection } = this.options;
    const from = this.step;
    try {
      const found = await store.get(collection, key);
      if (found !== undefined && this.undecidedSince(from, key)) this.adopt(key, found.value, found.ttlMs);
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
    } else if (known !== undefined || this.entries.size < this.capacity) {
      this.decide(key, text, ttlMs);
    }
  }

  private tick(): void {
    this.sweep(SWEEP_SLICE);
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
    this.nextSync = Infinity;
    try {
      await this.sync();
      if (flushed !== undefined) await store.publish(collection, LOOK);
    } catch (error) {
      await flushed?.release();
      throw error;
    }
    this.syncWithin(Math.max(SYNC_EVERY_MS, (clock() - begun) / SYNC_SHARE));
  }

  private async sync(): Promise<void> {
    const { store, collection, clock } = this.options;
    const from = this.step;
    const listed = await store.list(collection);
    if (!this.healthy) throw new Error('the store failed meanwhile');
    for (const [index, { key, value, ttlMs }] of listed.entries()) {
      if (index % TURN === TURN - 1) await nextTurn();
      if (this.undecidedSince(from, key)) this.adopt(key, value, ttlMs);
    }
    const now = clock();
    const lost: [string, Entry][] = [];
    for (const [key, entry] of this.entries) {
      // What has a second to live is most likely missing because it has expired there.
      if (entry.step > from || entry.expiresAt - now < TICK_MS) continue;
      entry.missedAt ??= now;
      if (now - entry.missedAt >= SECOND_LOOK_MS) lost.push([key, entry]);
      this.syncWithin(SECOND_LOOK_MS + Math.random() * JITTER_MS);
    }
    for (let at = 0; at < lost.length; at += BATCH) {
      const batch = lost.slice(at, at + BATCH).filter(([key, entry]) => this.entries.get(key) === entry);
      await Promise.all(
        batch.map(async ([key, { text, expiresAt }]) => store.set(collection, key, text, expiresAt - clock())),
      );
    }
    if (lost.length > 0) await store.publish(collection, LOOK);
  }

  /** Looks through everything, which costs milliseconds: not for each value that finds no room. */
  private makeRoom(): void {
    const now = this.options.clock();
    if (now < this.nextClearing) return;
    this.nextClearing = now + TICK_MS;
    this.walk = undefined;
    this.sweep(this.entries.size);
  }

  private sweep(slice: number): void {
    const now = this.options.clock();
    for (let step = 0; step < slice; step++) {
      this.walk ??= this.entries.entries();
      const next = this.walk.next();
      if (next.done === true) {
        this.walk = undefined;
        return;
      }
      const [key, entry] = next.value;
      if (entry.expiresAt > now) continue;
      this.entries.delete(key);
      if (!isRemoval(entry.text)) this.options.listener.drop(key);
    }
  }

  private get healthy(): boolean {
    return this.options.store.status().state === 'healthy';
  }
}

/** Asks all instances to look at everything. */
const LOOK = 'look';

const isRemoval = (text: string): boolean => text.startsWith('!');
const valueOf = (text: string): string => text.slice(text.indexOf(':') + 1);
const removalOf = (text: string): string => `!${text.slice(0, text.indexOf(':'))}`;
