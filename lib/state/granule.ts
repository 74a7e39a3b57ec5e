/** Hits that a sliding window remembers one by one. */
const EXACT = 1000;
const LARGEST_SHIFT = 17;
/** The largest limit a window counts, 131,072,000 hits; a larger one is counted as if it were this. */
export const MOST_HITS = EXACT * 2 ** LARGEST_SHIFT;

/**
 * How coarsely a sliding window of this limit remembers: its log holds stamps of 2^shift hits each.
 *
 * Up to 1,000 hits the shift is 0 and the log is exact. Above, up to 2^shift hits share the stamp of the youngest of them,
 * so that a log never exceeds 1,001 stamps. A hit is then never forgotten too early: no window admits more than the limit,
 * and a refusal may come up to 2^shift - 1 hits too early, which is less than two per thousand of the limit.
 */
export function granuleShift(limit: number): number {
  if (limit <= EXACT) return 0;
  return Math.min(LARGEST_SHIFT, Math.ceil(Math.log2(limit / EXACT)));
}
