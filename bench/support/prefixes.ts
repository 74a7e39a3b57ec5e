/** Networks such as the feeds of cloud providers have: one IPv6 network in four, most of them /20 to /24 and /40 to /48. */
export function prefixesOf(count: number, random: () => number): string[] {
  return Array.from({ length: count }, (_, i) => {
    if (i % 4 === 3)
      return `2${hex(random, 0xfff, 3)}:${hex(random, 0xffff)}:${hex(random, 0xff)}00::/${40 + 4 * (i % 3)}`;
    return `${1 + Math.floor(random() * 222)}.${byte(random)}.${byte(random) & 0xf0}.0/${20 + (i % 5)}`;
  });
}

export const byte = (random: () => number) => Math.floor(random() * 256);
const hex = (random: () => number, max: number, digits = 0) =>
  Math.floor(random() * max)
    .toString(16)
    .padStart(digits, '0');

/** Mulberry32: the same lists and clients in every run. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
