import { HitArena } from './hit-arena';
import { FIRST, HASH_HI, HASH_LO, hasQueue, META, SECOND, STRIDE, UNTIL, USED } from './limit-entry';
import {
  emptyShard,
  FARTHEST,
  fill,
  freeSlot,
  LARGEST,
  link,
  NONE,
  oldestQueue,
  relink,
  resize,
  type Shard,
  slotOf,
  SMALLEST,
  unlink,
} from './limit-shard';

/** Mean load of a full-grown shard that random hashes exceed its room only beyond 4.5 standard deviations. */
const MEAN_LOAD = 650;

/**
 * Hash table of limits in typed arrays: 32 bytes a slot, whatever the key.
 *
 * It is cut into shards of at most 1,024 slots that grow and shrink by themselves, so that the longest thing it ever does
 * at once is to walk 32 KB. A full shard first frees what expired, then its least recently used entry. Times are
 * milliseconds modulo 2^32, compared by difference: right for spans up to 2^31 ms, as the sweep meets every entry sooner.
 */
export class LimitTable {
  readonly arena: HitArena;
  /** Entries held. */
  size = 0;
  /** The shard and the first word of the entry that `find` or `insert` met last. */
  words: Uint32Array = new Uint32Array(0);
  at = 0;

  private readonly shards: (Shard | undefined)[];
  private readonly shardRoom: number;
  private hand = 0;
  private victim = 0;
  private turn = 0;

  /** @param maxKeys held at least before a live entry is evicted; @param arenaPages bound of the hit pool, 256 KB each */
  constructor(maxKeys: number, arenaPages: number) {
    this.arena = new HitArena(arenaPages);
    const count = maxKeys <= fill(LARGEST) ? 1 : Math.ceil(maxKeys / MEAN_LOAD);
    this.shardRoom = count === 1 ? maxKeys : fill(LARGEST);
    this.shards = new Array<Shard | undefined>(count).fill(undefined);
  }

  /** Shards there are, for a sweep to divide its round. */
  get shardCount(): number {
    return this.shards.length;
  }

  /** Points `words` and `at` to the live entry of a hash and marks it used. */
  find(lo: number, hi: number, now: number): boolean {
    const shard = this.shards[hi % this.shards.length];
    if (shard === undefined) return false;
    const slot = slotOf(shard, lo, hi);
    if (slot === NONE) return false;
    const { words } = shard;
    const at = slot * STRIDE;
    if (((words[at + UNTIL]! - now) | 0) <= 0) {
      this.erase(shard, slot);
      return false;
    }
    if (shard.newest !== slot) {
      unlink(shard, slot);
      link(shard, slot);
    }
    words[at + USED] = this.turn = (this.turn + 1) >>> 0;
    this.words = words;
    this.at = at;
    return true;
  }

  /** Points back to an entry known to be there, after others went. */
  locate(lo: number, hi: number): void {
    const shard = this.shards[hi % this.shards.length]!;
    this.words = shard.words;
    this.at = slotOf(shard, lo, hi) * STRIDE;
  }

  /** Adds an entry that `find` did not find and points to it; the caller fills it and calls `expire`. */
  insert(lo: number, hi: number, now: number): void {
    const index = hi % this.shards.length;
    const shard = (this.shards[index] ??= emptyShard(now));
    if (shard.size >= this.shardRoom) this.makeRoom(shard, now);
    if (shard.size >= fill(shard.slots)) resize(shard, shard.slots * 2);
    const { words } = shard;
    const slot = freeSlot(words, shard.slots, lo);
    const at = slot * STRIDE;
    words[at + HASH_LO] = lo;
    words[at + HASH_HI] = hi;
    words[at + UNTIL] = now + 1;
    words[at + META] = 0;
    words[at + USED] = this.turn = (this.turn + 1) >>> 0;
    link(shard, slot);
    shard.size++;
    this.size++;
    this.words = words;
    this.at = at;
  }

  /** Sets when the entry at the cursor expires. */
  expire(until: number): void {
    const { words, at } = this;
    words[at + UNTIL] = until;
    const shard = this.shards[words[at + HASH_HI]! % this.shards.length]!;
    if (((until - shard.earliest) | 0) < 0) shard.earliest = until >>> 0;
  }

  /** Removes the live entry of a hash; false when there is none. */
  remove(lo: number, hi: number, now: number): boolean {
    if (!this.find(lo, hi, now)) return false;
    this.erase(this.shards[hi % this.shards.length]!, this.at / STRIDE);
    return true;
  }

  /** Frees a queue that was not used for long, but not that of `keepLo`/`keepHi`. */
  freeQueue(keepLo: number, keepHi: number): void {
    // The oldest of sixteen shards' oldest: one among the most recent fifth would be chosen once in 10^11 times.
    let oldestShard: Shard | undefined;
    let oldestSlot = NONE;
    let oldestAge = -1;
    for (let tried = 0, seen = 0; tried < this.shards.length && seen < 16; tried++) {
      this.victim = (this.victim + 1) % this.shards.length;
      const shard = this.shards[this.victim];
      const slot = shard === undefined ? NONE : oldestQueue(shard, keepLo, keepHi);
      if (shard === undefined || slot === NONE) continue;
      seen++;
      const age = (this.turn - shard.words[slot * STRIDE + USED]!) >>> 0;
      if (age <= oldestAge) continue;
      oldestAge = age;
      oldestShard = shard;
      oldestSlot = slot;
    }
    if (oldestShard !== undefined) this.erase(oldestShard, oldestSlot);
  }

  /** Frees the expired entries of the next shards of the round and gives back the room they took. */
  sweep(shards: number, now: number): void {
    for (let turn = 0; turn < shards; turn++) {
      this.hand = (this.hand + 1) % this.shards.length;
      const shard = this.shards[this.hand];
      if (shard === undefined) continue;
      this.dropExpired(shard, now);
      if (shard.size === 0) this.shards[this.hand] = undefined;
      else if (shard.slots > SMALLEST && shard.size < shard.slots >>> 3) resize(shard, shard.slots >>> 1);
    }
  }

  private makeRoom(shard: Shard, now: number): void {
    // Where windows are alike the least recently used has expired first, and the shard need not be walked.
    const until = shard.words[shard.oldest * STRIDE + UNTIL]!;
    if (((until - now) | 0) > 0 && ((shard.earliest - now) | 0) <= 0) this.dropExpired(shard, now);
    if (shard.size >= this.shardRoom) this.erase(shard, shard.oldest);
  }

  private dropExpired(shard: Shard, now: number): void {
    const { words, slots } = shard;
    let soonest = FARTHEST;
    for (let slot = 0; slot < slots;) {
      const at = slot * STRIDE;
      const left = (words[at + UNTIL]! - now) | 0;
      if (words[at + HASH_HI] === 0) slot++;
      // An erased slot may be filled by an entry that follows: look at it again.
      else if (left <= 0) this.erase(shard, slot);
      else {
        if (left < soonest) soonest = left;
        slot++;
      }
    }
    shard.earliest = (now + soonest) >>> 0;
  }

  /** Empties a slot and moves the entries behind it up, so that no probe ends too early (Knuth, TAOCP 6.4, R). */
  private erase(shard: Shard, slot: number): void {
    const { words, slots } = shard;
    const mask = slots - 1;
    const meta = words[slot * STRIDE + META]!;
    if (hasQueue(meta)) this.arena.release(words[slot * STRIDE + FIRST]!, words[slot * STRIDE + SECOND]!);
    unlink(shard, slot);
    let hole = slot;
    for (let next = (hole + 1) & mask; words[next * STRIDE + HASH_HI] !== 0; next = (next + 1) & mask) {
      const home = words[next * STRIDE + HASH_LO]! & mask;
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      for (let word = 0; word < STRIDE; word++) words[hole * STRIDE + word] = words[next * STRIDE + word]!;
      relink(shard, hole);
      hole = next;
    }
    words[hole * STRIDE + HASH_HI] = 0;
    shard.size--;
    this.size--;
  }
}
