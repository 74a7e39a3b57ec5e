import type { MonotonicClock } from '../state/monotonic-clock';

/** Marks that run out by themselves; when there are too many, the oldest gives way. */
export class ExpiringMarks {
  private readonly until = new Map<string, number>();

  constructor(
    private readonly clock: MonotonicClock,
    private readonly capacity = 50_000,
  ) {}

  /** True when there was no such mark, or it had run out. */
  set(key: string, ms: number): boolean {
    const isNew = this.left(key) === 0;
    this.until.delete(key);
    if (this.until.size >= this.capacity) this.dropOldest();
    this.until.set(key, this.clock() + ms);
    return isNew;
  }

  /** Milliseconds that a mark has left; 0 when there is none. */
  left(key: string): number {
    if (this.until.size === 0) return 0;
    const until = this.until.get(key);
    if (until === undefined) return 0;
    const left = until - this.clock();
    if (left > 0) return left;
    this.until.delete(key);
    return 0;
  }

  delete(key: string): void {
    this.until.delete(key);
  }

  private dropOldest(): void {
    const oldest = this.until.keys().next();
    if (oldest.done !== true) this.until.delete(oldest.value);
  }
}
