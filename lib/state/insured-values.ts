import type { MemoryStateStore } from './memory-state-store';
import type { RedisStateStore } from './redis-state-store';
import type { Awaitable, StoredEntry, StoredValue } from './state-store';

/** Writes on their way at once when many are pushed. */
const BATCH = 100;
/** Unpushed writes remembered; a local collection holds no more either. */
const MOST = 250_000;

/**
 * Collections on Redis whose writes outlive it: this instance keeps a copy of what it wrote, remembers what it could not
 * write, and writes again when Redis is back, or when Redis is back and empty.
 */
export class InsuredValues {
  /** Per collection the keys whose last write is only here; true for a value, false for a deletion. */
  private readonly unpushed = new Map<string, Map<string, boolean>>();
  /** The fillings of collections that this instance has values in. */
  private readonly fillings = new Map<string, string>();
  private pushing = false;
  /** How often something was written here. */
  private writes = 0;

  constructor(
    private readonly shared: RedisStateStore,
    private readonly local: MemoryStateStore,
  ) {}

  set(collection: string, key: string, value: string, ttlMs: number): Awaitable<boolean> {
    this.writes++;
    const kept = this.local.set(collection, key, value, ttlMs);
    if (!this.shared.isAnswering) return this.remember(collection, key, true, kept);
    return this.shared.put(collection, key, value, ttlMs).then(
      ({ stored, filling }) => {
        if (stored) this.notice(collection, filling);
        else this.local.delete(collection, key);
        return stored;
      },
      () => this.remember(collection, key, true, kept),
    );
  }

  get(collection: string, key: string): Awaitable<StoredValue | undefined> {
    const own = (): StoredValue | undefined => this.local.get(collection, key);
    if (!this.shared.isAnswering || this.unpushed.get(collection)?.has(key) === true) return own();
    const { writes } = this;
    return this.shared.get(collection, key).then((found) => {
      if (found !== undefined && this.writes === writes) this.reconcile(collection, key, found.value);
      return found;
    }, own);
  }

  delete(collection: string, key: string): Awaitable<boolean> {
    const had = this.local.delete(collection, key);
    if (!this.shared.isUp) return this.remember(collection, key, false, had);
    return this.shared.delete(collection, key).then(
      (alive) => alive || had,
      () => this.remember(collection, key, false, had),
    );
  }

  /** Drops the copy of what another instance deleted. */
  forget(collection: string, key: string): void {
    this.local.delete(collection, key);
  }

  list(collection: string): Awaitable<StoredEntry[]> {
    const own = (): StoredEntry[] => this.local.list(collection);
    if (!this.shared.isUp) return own();
    const { writes } = this;
    // What is pushed while the store answers may not be in its answer.
    const pushing = new Map(this.unpushed.get(collection));
    return this.shared.list(collection).then((entries) => {
      if (this.writes === writes) for (const { key, value } of entries) this.reconcile(collection, key, value);
      return this.overlay(collection, entries, pushing);
    }, own);
  }

  /** Writes what could not be written; true when something was. */
  async push(): Promise<boolean> {
    if (this.pushing) return false;
    this.pushing = true;
    let pushed = false;
    try {
      for (const [collection, keys] of this.unpushed) {
        while (keys.size > 0) {
          const batch: Promise<void>[] = [];
          for (const [key, alive] of keys) if (batch.push(this.pushOne(collection, key, alive)) === BATCH) break;
          await Promise.all(batch);
          pushed = true;
        }
        this.unpushed.delete(collection);
      }
    } catch {
      // The store failed again; what is left waits for the next time.
    } finally {
      this.pushing = false;
    }
    return pushed;
  }

  /** Looks whether collections were lost and marks what this instance has in them to be written again. */
  async inspect(): Promise<void> {
    for (const [collection, filling] of this.fillings) {
      const current = await this.shared.filling(collection);
      if (current === filling) continue;
      const entries = this.local.list(collection);
      for (const { key } of entries) this.remember(collection, key, true, true);
      this.fillings.set(collection, current);
    }
  }

  private async pushOne(collection: string, key: string, alive: boolean): Promise<void> {
    const copy = this.local.get(collection, key);
    if (alive && copy !== undefined) {
      const { filling } = await this.shared.put(collection, key, copy.value, copy.ttlMs);
      this.notice(collection, filling);
    } else if (!alive) await this.shared.delete(collection, key);
    const keys = this.unpushed.get(collection);
    if (keys?.get(key) === alive) keys.delete(key);
  }

  /**
   * Drops the copy of what another instance has overwritten, which is nothing to write again. Not to be called when
   * something was written here since the store was asked.
   */
  private reconcile(collection: string, key: string, current: string): void {
    const copy = this.local.get(collection, key);
    if (copy === undefined || copy.value === current || this.unpushed.get(collection)?.has(key) === true) return;
    this.local.delete(collection, key);
  }

  /** Our own writes that were not pushed when the store was asked, or are not yet, are newer than what it said. */
  private overlay(collection: string, entries: StoredEntry[], pushing: Map<string, boolean>): StoredEntry[] {
    const unpushed = this.unpushed.get(collection) ?? new Map<string, boolean>();
    if (pushing.size === 0 && unpushed.size === 0) return entries;
    // A value that was pushed in time may have been overwritten by another instance since.
    for (const { key } of entries) if (pushing.get(key) === true) pushing.delete(key);
    const keys = new Map([...pushing, ...unpushed]);
    const merged = entries.filter(({ key }) => !keys.has(key));
    for (const [key, alive] of keys) {
      const copy = alive ? this.local.get(collection, key) : undefined;
      if (copy !== undefined) merged.push({ key, ...copy });
    }
    return merged;
  }

  /** The first filling seen is the one our values are in; `inspect` finds out when it changes. */
  private notice(collection: string, filling: string): void {
    if (!this.fillings.has(collection)) this.fillings.set(collection, filling);
  }

  private remember(collection: string, key: string, alive: boolean, answer: boolean): boolean {
    let keys = this.unpushed.get(collection);
    if (keys === undefined) this.unpushed.set(collection, (keys = new Map<string, boolean>()));
    keys.delete(key);
    if (keys.size < MOST) keys.set(key, alive);
    return answer;
  }
}
