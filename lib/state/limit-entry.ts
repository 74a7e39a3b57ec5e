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
/** Slots of the entry used before and of the one used after, 16 bits each. */
export const LINKS = 6;
/** Turn of the last use, to compare entries of different shards. */
export const USED = 7;
export const STRIDE = 8;

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

/** Logs keep up to two stamps in place and more in the arena. */
export const hasQueue = (meta: number): boolean => kindOf(meta) === LOG && (meta & STAMPS) > 2;
