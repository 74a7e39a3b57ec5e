import type { MonotonicClock } from './monotonic-clock';
import { isRemoval, valueOf } from './stored-text';

/**
 * What is held under a key. A removal is held, too: an instance that was cut off meanwhile would take the missing value for
 * lost, and write it again.
 */
export interface ReplicaEntry {
  /** See `stored-text.ts`. */
  readonly text: string;
  expiresAt: number;
  /** When, in steps of this replica, the entry was last confirmed here. */
  step: number;
  /** Since when the store has been found without it. */
  missedAt: number | undefined;
}

const CLEARING_MS = 1_000;

/** What a replica holds: as many values as it may, and removals where there is room. */
export class ReplicaEntries {
  private readonly entries = new Map<string, ReplicaEntry>();
  private walk: Iterator<[string, ReplicaEntry]> | undefined;
  private nextClearing = -Infinity;

  constructor(
    private readonly clock: MonotonicClock,
    private readonly capacity: number,
    private readonly expired: (key: string) => void,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  [Symbol.iterator](): Iterator<[string, ReplicaEntry]> {
    return this.entries[Symbol.iterator]();
  }

  get(key: string): ReplicaEntry | undefined {
    return this.entries.get(key);
  }

  set(key: string, entry: ReplicaEntry): void {
    this.entries.set(key, entry);
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  /** The entry of a live value. */
  held(key: string): ReplicaEntry | undefined {
    const entry = this.entries.get(key);
    return entry !== undefined && !isRemoval(entry.text) && entry.expiresAt > this.clock() ? entry : undefined;
  }

  *live(): Generator<readonly [key: string, value: string, expiresAt: number]> {
    const now = this.clock();
    for (const [key, { text, expiresAt }] of this.entries) {
      if (!isRemoval(text) && expiresAt > now) yield [key, valueOf(text), expiresAt];
    }
  }

  hasRoomFor(key: string): boolean {
    if (this.entries.size < this.capacity || this.entries.has(key)) return true;
    this.clear();
    return this.entries.size < this.capacity;
  }

  /** Goes on through the entries for a slice and frees what has expired. */
  sweep(slice: number): void {
    const now = this.clock();
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
      if (!isRemoval(entry.text)) this.expired(key);
    }
  }

  /** Looks through everything, which costs milliseconds: not for each value that finds no room. */
  private clear(): void {
    const now = this.clock();
    if (now < this.nextClearing) return;
    this.nextClearing = now + CLEARING_MS;
    this.walk = undefined;
    this.sweep(this.entries.size);
    if (this.entries.size < this.capacity) return;
    for (const [key, { text }] of this.entries) if (isRemoval(text)) this.entries.delete(key);
  }
}
