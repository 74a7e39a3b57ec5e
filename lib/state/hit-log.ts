import { FIRST, HASH_HI, HASH_LO, LOG, META, pack, restOf, SECOND, STAMPS } from './limit-entry';
import type { LimitTable } from './limit-table';

/** The log of hits in the entry that the table's cursor points to; `shift` as in `granuleShift`. */
export class HitLog {
  constructor(private readonly table: LimitTable) {}

  /** Forgets what left the window and returns the hits that count. */
  count(now: number, windowMs: number, shift: number): number {
    const { words, at } = this.table;
    let stamps = words[at + META]! & STAMPS;
    if (stamps > 0 && (now - this.newest()) >>> 0 >= windowMs) {
      this.clear();
      return 0;
    }
    while (stamps > 0 && (now - this.oldest()) >>> 0 >= windowMs) stamps = this.dropOldest();
    return this.held(shift);
  }

  /** Hits the log holds. */
  held(shift: number): number {
    const meta = this.table.words[this.table.at + META]!;
    const stamps = meta & STAMPS;
    return stamps === 0 ? 0 : ((stamps - 1) << shift) + restOf(meta);
  }

  /** Adds `cost` hits at `now`, which live until `now + windowMs`. */
  add(now: number, windowMs: number, cost: number, shift: number): void {
    const granule = 1 << shift;
    const { table } = this;
    table.expire(now + windowMs);
    let left = cost;
    const meta = table.words[table.at + META]!;
    const stamps = meta & STAMPS;
    if (stamps > 0 && restOf(meta) < granule) {
      const fill = Math.min(granule - restOf(meta), left);
      left -= fill;
      table.words[table.at + META] = pack(LOG, stamps, restOf(meta) + fill);
      this.renewNewest(now);
    }
    for (; left > 0; left -= granule) this.push(now, Math.min(granule, left));
  }

  /** Takes the newest `cost` hits out again. */
  remove(cost: number, shift: number): void {
    const { words, at } = this.table;
    for (let left = cost; left > 0 && (words[at + META]! & STAMPS) > 0;) {
      const meta = words[at + META]!;
      const rest = restOf(meta);
      const taken = Math.min(rest, left);
      left -= taken;
      if (taken < rest) words[at + META] = pack(LOG, meta & STAMPS, rest - taken);
      else this.dropNewest(1 << shift);
    }
  }

  /** When the `nth` hit, counted from the oldest, was made. */
  stampOf(nth: number, shift: number): number {
    const { words, at, arena } = this.table;
    const steps = Math.ceil(nth / (1 << shift)) - 1;
    if ((words[at + META]! & STAMPS) <= 2) return words[at + (steps === 0 ? FIRST : SECOND)]!;
    let position = words[at + FIRST]!;
    for (let step = 0; step < steps; step++) position = arena.after(position);
    return arena.read(position);
  }

  /** When the newest hit was made. */
  newest(): number {
    const { words, at, arena } = this.table;
    const stamps = words[at + META]! & STAMPS;
    return stamps > 2 ? arena.read(words[at + SECOND]!) : words[at + (stamps === 2 ? SECOND : FIRST)]!;
  }

  clear(): void {
    const { words, at, arena } = this.table;
    if ((words[at + META]! & STAMPS) > 2) arena.release(words[at + FIRST]!, words[at + SECOND]!);
    words[at + META] = pack(LOG, 0, 0);
  }

  /** Forgets the oldest stamp and returns how many are left. */
  dropOldest(): number {
    const { words, at, arena } = this.table;
    const meta = words[at + META]!;
    const left = (meta & STAMPS) - 1;
    if (left >= 2) {
      words[at + FIRST] = arena.dropHead(words[at + FIRST]!);
      if (left === 2) this.bringHome();
    } else words[at + FIRST] = words[at + SECOND]!;
    words[at + META] = pack(LOG, left, left === 0 ? 0 : restOf(meta));
    return left;
  }

  private dropNewest(granule: number): void {
    const { words, at, arena } = this.table;
    const left = (words[at + META]! & STAMPS) - 1;
    if (left >= 2) {
      words[at + SECOND] = arena.dropTail(words[at + SECOND]!);
      if (left === 2) this.bringHome();
    }
    words[at + META] = pack(LOG, left, left === 0 ? 0 : granule);
  }

  private oldest(): number {
    const { words, at, arena } = this.table;
    return (words[at + META]! & STAMPS) > 2 ? arena.read(words[at + FIRST]!) : words[at + FIRST]!;
  }

  private renewNewest(now: number): void {
    const { words, at, arena } = this.table;
    const stamps = words[at + META]! & STAMPS;
    if (stamps > 2) arena.write(words[at + SECOND]!, now);
    else words[at + (stamps === 2 ? SECOND : FIRST)] = now;
  }

  /** Puts the last two stamps of a queue back into the entry. */
  private bringHome(): void {
    const { words, at, arena } = this.table;
    const head = words[at + FIRST]!;
    const tail = words[at + SECOND]!;
    words[at + FIRST] = arena.read(head);
    words[at + SECOND] = arena.read(tail);
    arena.release(head, tail);
  }

  private push(now: number, rest: number): void {
    const { table } = this;
    const stamps = table.words[table.at + META]! & STAMPS;
    if (stamps < 2) table.words[table.at + FIRST + stamps] = now;
    else if (stamps === 2) this.moveOut(now);
    else {
      let tail: number;
      while ((tail = table.arena.append(table.words[table.at + SECOND]!, now)) < 0) this.makeRoom();
      table.words[table.at + SECOND] = tail;
    }
    table.words[table.at + META] = pack(LOG, stamps + 1, rest);
  }

  /** Moves the two stamps of the entry and a third one into a queue. */
  private moveOut(now: number): void {
    const { table } = this;
    let head: number;
    while ((head = table.arena.allocate()) < 0) this.makeRoom();
    const { words, at, arena } = table;
    arena.write(head, words[at + FIRST]!);
    arena.write(head + 1, words[at + SECOND]!);
    arena.write(head + 2, now);
    words[at + FIRST] = head;
    words[at + SECOND] = head + 2;
  }

  /** Frees the least recently used queue of another entry. */
  private makeRoom(): void {
    const { words, at } = this.table;
    const lo = words[at + HASH_LO]!;
    const hi = words[at + HASH_HI]!;
    // One queue is at most 1,002 stamps and the smallest arena holds 57,344: somebody else can give way.
    this.table.freeQueue(lo, hi);
    // Entries move when one before them goes.
    this.table.locate(lo, hi);
  }
}
