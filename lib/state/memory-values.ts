import type { StoredEntry, StoredValue } from './state-store';

interface Value {
  readonly value: string;
  readonly expiresAt: number;
}

/** Longest walk through one collection per sweep. */
const SLICE = 2_000;

/** Collections of expiring values of one process. Nothing alive is evicted: a full collection refuses. */
export class MemoryValues {
  private readonly collections = new Map<string, Map<string, Value>>();
  private walk: { name: string; keys: Iterator<[string, Value]> } | undefined;

  constructor(
    private readonly maxValues: number,
    private readonly clock: () => number,
  ) {}

  set(collection: string, key: string, value: string, ttlMs: number): boolean {
    let values = this.collections.get(collection);
    if (values === undefined) this.collections.set(collection, (values = new Map<string, Value>()));
    if (values.size >= this.maxValues && !values.has(key)) {
      this.dropExpired(values);
      if (values.size >= this.maxValues) return false;
    }
    values.set(key, { value, expiresAt: this.clock() + ttlMs });
    return true;
  }

  get(collection: string, key: string): StoredValue | undefined {
    const values = this.collections.get(collection);
    const found = values?.get(key);
    if (found === undefined) return undefined;
    const ttlMs = found.expiresAt - this.clock();
    if (ttlMs > 0) return { value: found.value, ttlMs };
    values?.delete(key);
    return undefined;
  }

  delete(collection: string, key: string): boolean {
    const live = this.get(collection, key) !== undefined;
    this.collections.get(collection)?.delete(key);
    return live;
  }

  list(collection: string): StoredEntry[] {
    const now = this.clock();
    const entries: StoredEntry[] = [];
    for (const [key, { value, expiresAt }] of this.collections.get(collection) ?? []) {
      if (expiresAt > now) entries.push({ key, value, ttlMs: expiresAt - now });
    }
    return entries;
  }

  /** Walks on through the collections for a slice and frees what expired. */
  sweep(): void {
    const now = this.clock();
    for (let step = 0; step < SLICE; step++) {
      this.walk ??= this.nextWalk();
      if (this.walk === undefined) return;
      const next = this.walk.keys.next();
      if (next.done === true) {
        this.finishWalk(this.walk.name);
        return;
      }
      const [key, { expiresAt }] = next.value;
      if (expiresAt <= now) this.collections.get(this.walk.name)?.delete(key);
    }
  }

  private nextWalk(): { name: string; keys: Iterator<[string, Value]> } | undefined {
    const next = this.collections.entries().next();
    return next.done === true ? undefined : { name: next.value[0], keys: next.value[1].entries() };
  }

  /** Moves a walked collection behind the others, or drops it when it is empty. */
  private finishWalk(name: string): void {
    const values = this.collections.get(name);
    this.collections.delete(name);
    if (values !== undefined && values.size > 0) this.collections.set(name, values);
    this.walk = undefined;
  }

  private dropExpired(values: Map<string, Value>): void {
    const now = this.clock();
    for (const [key, { expiresAt }] of values) if (expiresAt <= now) values.delete(key);
  }
}
