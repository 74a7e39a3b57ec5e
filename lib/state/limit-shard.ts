import { HASH_HI, HASH_LO, hasQueue, LINKS, META, STRIDE } from './limit-entry';

export const SMALLEST = 16;
export const LARGEST = 1024;
/** Three quarters full, a look-up for an absent key still inspects about nine slots. */
export const fill = (slots: number): number => (slots * 3) >>> 2;

/** No slot. */
export const NONE = 0xffff;
export const FARTHEST = 2 ** 31 - 1;

/** A hash table with linear probing whose entries are also in a list, in the order of their use. */
export interface Shard {
  words: Uint32Array;
  slots: number;
  size: number;
  /** Slots of the least and the most recently used entry. */
  oldest: number;
  newest: number;
  /** Nothing in the shard expires before. */
  earliest: number;
}

/** A shard of the smallest size. */
export function emptyShard(now: number): Shard {
  const words = new Uint32Array(SMALLEST * STRIDE);
  return { words, slots: SMALLEST, size: 0, oldest: NONE, newest: NONE, earliest: (now + FARTHEST) >>> 0 };
}

/** Where an entry is, or NONE. */
export function slotOf({ words, slots }: Shard, lo: number, hi: number): number {
  for (let slot = lo & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
    const found = words[slot * STRIDE + HASH_HI]!;
    if (found === 0) return NONE;
    if (found === hi && words[slot * STRIDE + HASH_LO] === lo) return slot;
  }
}

/** Where the least recently used queue is that is not that of `keepLo`/`keepHi`, or NONE. */
export function oldestQueue({ words, oldest }: Shard, keepLo: number, keepHi: number): number {
  for (let slot = oldest; slot !== NONE; slot = words[slot * STRIDE + LINKS]! & NONE) {
    const at = slot * STRIDE;
    const kept = words[at + HASH_HI] === keepHi && words[at + HASH_LO] === keepLo;
    if (!kept && hasQueue(words[at + META]!)) return slot;
  }
  return NONE;
}

/** Where a new entry goes. */
export function freeSlot(words: Uint32Array, slots: number, lo: number): number {
  let slot = lo & (slots - 1);
  while (words[slot * STRIDE + HASH_HI] !== 0) slot = (slot + 1) & (slots - 1);
  return slot;
}

/** Makes a slot the most recently used. */
export function link(shard: Shard, slot: number): void {
  const { words, newest } = shard;
  words[slot * STRIDE + LINKS] = (newest << 16) | NONE;
  if (newest === NONE) shard.oldest = slot;
  else setNext(words, newest, slot);
  shard.newest = slot;
}

/** Takes a slot out of the order of use. */
export function unlink(shard: Shard, slot: number): void {
  const { words } = shard;
  const links = words[slot * STRIDE + LINKS]!;
  const previous = links >>> 16;
  const next = links & NONE;
  if (previous === NONE) shard.oldest = next;
  else setNext(words, previous, next);
  if (next === NONE) shard.newest = previous;
  else setPrevious(words, next, previous);
}

/** Tells the neighbours of an entry that it moved to `slot`. */
export function relink(shard: Shard, slot: number): void {
  const { words } = shard;
  const links = words[slot * STRIDE + LINKS]!;
  const previous = links >>> 16;
  const next = links & NONE;
  if (previous === NONE) shard.oldest = slot;
  else setNext(words, previous, slot);
  if (next === NONE) shard.newest = slot;
  else setPrevious(words, next, slot);
}

function setNext(words: Uint32Array, slot: number, next: number): void {
  words[slot * STRIDE + LINKS] = (words[slot * STRIDE + LINKS]! & 0xffff0000) | next;
}

function setPrevious(words: Uint32Array, slot: number, previous: number): void {
  words[slot * STRIDE + LINKS] = (words[slot * STRIDE + LINKS]! & NONE) | (previous << 16);
}

/** Moves a shard to another number of slots, the entries in the order of their use. */
export function resize(shard: Shard, slots: number): void {
  const { words: old, oldest } = shard;
  shard.words = new Uint32Array(slots * STRIDE);
  shard.slots = slots;
  shard.oldest = NONE;
  shard.newest = NONE;
  for (let from = oldest; from !== NONE; from = old[from * STRIDE + LINKS]! & NONE) {
    const at = from * STRIDE;
    const slot = freeSlot(shard.words, slots, old[at + HASH_LO]!);
    shard.words.set(old.subarray(at, at + STRIDE), slot * STRIDE);
    link(shard, slot);
  }
}
