import { HitArena } from './hit-arena';

/** Words of an entry, by name. */
export const HASH_LO = 0;
export const HASH_HI = 1;
/** Time the entry expires, in milliseconds of the table's clock modulo 2^32. */
export const UNTIL = 2;
/** Kind, stamps held and hits of the newest stamp, packed. */
export const META = 3;
/** Two words for the kind: two stamps, or the head and tail of a queue in the arena, or a bucket. */
export const FIRST = 4;
export const SECOND = 5;
/** Turn of the last use, for the least recently used. */
const USED = 6;
const STRIDE = 7;

const SMALLEST = 16;
const LARGEST = 1024;
/** Three quarters full, a look-up for an absent key still inspects about nine slots. */
const fill = (slots: number): number => (slots * 3) >>> 2;
/** Mean load of a full-grown shard that random hashes exceed its room only beyond 4.5 standard deviations. */
const MEAN_LOAD = 650;

interface Shard {
  words: Uint32Array;
  slots: number;
  size: number;
}

/** META of an entry with stamps; the low bits hold their number, at most 2047. */
export const STAMPS = 0x7ff;
const KIND_SHIFT = 11;
const REST_SHIFT = 14;
/** A log of hits. */
export const LOG = 1;
/** A token bucket. */
export const BUCKET = 2;
/** A mark with nothing but its time. */
export const MARK = 3;
export const pack = (kind: number, stamps: number, rest: number): number =>
  (stamps | (kind << KIND_SHIFT) | (rest << REST_SHIFT)) >>> 0;
export const kindOf = (meta: number): number => (meta >>> KIND_SHIFT) & 7;
export const restOf = (meta: number): number => meta >>> REST_SHIFT;

/**
 * Hash table of limits in typed arrays: 28 bytes a slot, whatever the key.
 *
 * It is cut into shards of at most 1,024 slots that grow and shrink by themselves, so that the longest thing it ever does
 * at once is to walk 28 KB. A full shard first frees what expired, then its least recently used entry. Times are
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
  private turn = 0;
  private hand = 0;
  private victims = 0;

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
    const { words, slots } = shard;
    for (let slot = lo & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const at = slot * STRIDE;
      const found = words[at + HASH_HI]!;
      if (found === 0) return false;
      if (found !== hi || words[at + HASH_LO] !== lo) continue;
      if (((words[at + UNTIL]! - now) | 0) <= 0) {
        this.erase(shard, slot);
        return false;
      }
      words[at + USED] = this.turn = (this.turn + 1) >>> 0;
      this.words = words;
      this.at = at;
      return true;
    }
  }

  /** Points back to an entry known to be there, after others went. */
  locate(lo: number, hi: number): void {
    const { words, slots } = this.shards[hi % this.shards.length]!;
    let slot = lo & (slots - 1);
    while (words[slot * STRIDE + HASH_HI] !== hi || words[slot * STRIDE + HASH_LO] !== lo)
      slot = (slot + 1) & (slots - 1);
    this.words = words;
    this.at = slot * STRIDE;
  }

  /** Adds an entry that `find` did not find and points to it; the caller fills it. */
  insert(lo: number, hi: number, now: number): void {
    const index = hi % this.shards.length;
    const shard = (this.shards[index] ??= emptyShard());
    if (shard.size >= this.shardRoom) this.makeRoom(shard, now);
    if (shard.size >= fill(shard.slots)) resize(shard, shard.slots * 2);
    const slot = freeSlot(shard.words, shard.slots, lo);
    const at = slot * STRIDE;
    const words = shard.words;
    words[at + HASH_LO] = lo;
    words[at + HASH_HI] = hi;
    words[at + UNTIL] = now + 1;
    words[at + META] = 0;
    words[at + USED] = this.turn = (this.turn + 1) >>> 0;
    shard.size++;
    this.size++;
    this.words = words;
    this.at = at;
  }

  /** Removes the live entry of a hash; false when there is none. */
  remove(lo: number, hi: number, now: number): boolean {
    if (!this.find(lo, hi, now)) return false;
    const shard = this.shards[hi % this.shards.length]!;
    this.erase(shard, this.at / STRIDE);
    return true;
  }

  /** Frees the queue of the least recently used entry that has one, beside `keepLo`/`keepHi`. */
  freeQueue(keepLo: number, keepHi: number): void {
    // A full arena is shared by thousands of queues, so nearly every shard has a candidate: the oldest of a few is old.
    let bestShard: Shard | undefined;
    let bestSlot = 0;
    let bestAge = -1;
    for (let seen = 0, tried = 0; tried < this.shards.length && seen < 4; tried++) {
      this.victims = (this.victims + 1) % this.shards.length;
      const shard = this.shards[this.victims];
      if (shard === undefined) continue;
      const before = bestAge;
      for (let slot = 0; slot < shard.slots; slot++) {
        const at = slot * STRIDE;
        const words = shard.words;
        if (words[at + HASH_HI] === 0 || !hasQueue(words[at + META]!)) continue;
        if (words[at + HASH_HI] === keepHi && words[at + HASH_LO] === keepLo) continue;
        const age = (this.turn - words[at + USED]!) >>> 0;
        if (age > bestAge) {
          bestAge = age;
          bestShard = shard;
          bestSlot = slot;
        }
      }
      if (bestAge > before) seen++;
    }
    if (bestShard !== undefined) this.erase(bestShard, bestSlot);
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
    this.dropExpired(shard, now);
    if (shard.size < this.shardRoom) return;
    let oldest = -1;
    let victim = 0;
    for (let slot = 0; slot < shard.slots; slot++) {
      const at = slot * STRIDE;
      if (shard.words[at + HASH_HI] === 0) continue;
      const age = (this.turn - shard.words[at + USED]!) >>> 0;
      if (age > oldest) {
        oldest = age;
        victim = slot;
      }
    }
    this.erase(shard, victim);
  }

  private dropExpired(shard: Shard, now: number): void {
    for (let slot = 0; slot < shard.slots;) {
      const at = slot * STRIDE;
      // An erased slot may be filled by the entry that follows: look at it again.
      if (shard.words[at + HASH_HI] !== 0 && ((shard.words[at + UNTIL]! - now) | 0) <= 0) this.erase(shard, slot);
      else slot++;
    }
  }

  /** Empties a slot and moves the entries behind it up, so that no probe ends too early (Knuth, TAOCP 6.4, R). */
  private erase(shard: Shard, slot: number): void {
    const { words, slots } = shard;
    const mask = slots - 1;
    const meta = words[slot * STRIDE + META]!;
    if (hasQueue(meta)) this.arena.release(words[slot * STRIDE + FIRST]!, words[slot * STRIDE + SECOND]!);
    let hole = slot;
    for (let next = (hole + 1) & mask; words[next * STRIDE + HASH_HI] !== 0; next = (next + 1) & mask) {
      const home = words[next * STRIDE + HASH_LO]! & mask;
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      words.copyWithin(hole * STRIDE, next * STRIDE, next * STRIDE + STRIDE);
      hole = next;
    }
    words[hole * STRIDE + HASH_HI] = 0;
    shard.size--;
    this.size--;
  }
}

/** Logs keep up to two stamps in place and more in the arena. */
const hasQueue = (meta: number): boolean => kindOf(meta) === LOG && (meta & STAMPS) > 2;

const emptyShard = (): Shard => ({ words: new Uint32Array(SMALLEST * STRIDE), slots: SMALLEST, size: 0 });

function freeSlot(words: Uint32Array, slots: number, lo: number): number {
  let slot = lo & (slots - 1);
  while (words[slot * STRIDE + HASH_HI] !== 0) slot = (slot + 1) & (slots - 1);
  return slot;
}

function resize(shard: Shard, slots: number): void {
  const words = new Uint32Array(slots * STRIDE);
  for (let slot = 0; slot < shard.slots; slot++) {
    const at = slot * STRIDE;
    if (shard.words[at + HASH_HI] === 0) continue;
    words.set(shard.words.subarray(at, at + STRIDE), freeSlot(words, slots, shard.words[at + HASH_LO]!) * STRIDE);
  }
  shard.words = words;
  shard.slots = slots;
}
