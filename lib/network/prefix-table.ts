import { type Prefix } from './prefix';
import { type PrefixColumns, SLICE, wordsAt } from './prefix-list';

/** Tables smaller than this are searched whole: an index of 65,537 entries would cost more memory than it saves time. */
const INDEX_FROM = 64;

/**
 * The networks of one address family as boundaries: `starts` holds, in ascending order, each address at which the
 * answer changes, and `values` the number that holds from there to the next boundary (0 is "no network"). Nested
 * networks are resolved while building, so that a lookup is one binary search, narrowed by the first 16 bits.
 */
export class PrefixTable {
  private constructor(
    private readonly width: 1 | 4,
    private readonly starts: Uint32Array,
    private readonly values: Uint32Array,
    private readonly index: Uint32Array | undefined,
  ) {}

  /**
   * Builds the table; of equal networks the one that was added first wins. Yields about every thousand steps, so that a
   * caller can let the event loop run in between: see `runInSlices`.
   *
   * @param networks with a number from 1 on each
   * @param unknown the number of networks that take the number of the network around them, when there is one
   */
  static *build(networks: PrefixColumns, unknown: number): Generator<void, PrefixTable> {
    const boundaries = new BoundaryList(networks.width, networks.size);
    const open: { prefix: Prefix; value: number }[] = [];
    const close = (): void => {
      const { prefix } = open.pop()!;
      const end = following(prefix);
      if (end) boundaries.add(end, open.at(-1)?.value ?? 0);
    };
    const order = yield* networks.inOrder();
    for (let i = 0; i < order.length; i++) {
      if (i % SLICE === 0) yield;
      const prefix = networks.prefixAt(order[i]!);
      while (open.length > 0 && !contains(open.at(-1)!.prefix, prefix)) close();
      const number = networks.numberAt(order[i]!);
      const value = (number === unknown && open.at(-1)?.value) || number;
      boundaries.add(prefix.words, value);
      open.push({ prefix, value });
    }
    while (open.length > 0) close();
    yield;
    const { starts, values } = boundaries;
    yield;
    return new PrefixTable(networks.width, starts, values, indexOf(starts, networks.width));
  }

  /** The value at an IPv4 address, 0 when no network holds it. */
  find4(address: number): number {
    const { starts, index } = this;
    let low = 0;
    let high = starts.length;
    if (index !== undefined) {
      low = index[address >>> 16]!;
      high = index[(address >>> 16) + 1]!;
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.values[low - 1]!;
  }

  /** The value at an IPv6 address, 0 when no network holds it. */
  find6(words: Uint32Array): number {
    const { starts, index } = this;
    const first = words[0]!;
    let low = 0;
    let high = this.values.length;
    if (index !== undefined) {
      low = index[first >>> 16]!;
      high = index[(first >>> 16) + 1]!;
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = middle * 4;
      let order = starts[at]! - first;
      if (order === 0) order = starts[at + 1]! - words[1]!;
      if (order === 0) order = starts[at + 2]! - words[2]!;
      if (order === 0) order = starts[at + 3]! - words[3]!;
      if (order <= 0) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.values[low - 1]!;
  }

  get isEmpty(): boolean {
    return this.values.length === 0;
  }

  /** Whether every address of the family is in some network. */
  get coversAll(): boolean {
    const firstWords = this.starts.subarray(0, this.width);
    return !this.isEmpty && firstWords.every((word) => word === 0) && this.values.every((value) => value !== 0);
  }

  /** Whether some address is in a network of both tables, which must be of one family. */
  overlaps(other: PrefixTable): boolean {
    return this.startsWithin(other) || other.startsWithin(this);
  }

  /** The networks of the table, merged: the fewest prefixes that give every address the value it has. */
  *networks(): Generator<{ prefix: Prefix; value: number }> {
    const family = this.width === 1 ? 4 : 6;
    for (let i = 0; i < this.values.length; i++) {
      const value = this.values[i]!;
      if (value === 0) continue;
      const last = i + 1 < this.values.length ? preceding(this.startAt(i + 1)) : this.startAt(i).fill(0xffffffff);
      for (let start: number[] | undefined = this.startAt(i); start && !isAfter(start, last);) {
        const prefix: Prefix = { family, words: start, length: blockLength(start, last) };
        yield { prefix, value };
        start = following(prefix);
      }
    }
  }

  private startAt(i: number): number[] {
    return wordsAt(this.starts, this.width, i);
  }

  private startsWithin(other: PrefixTable): boolean {
    return this.values.some((value, i) => {
      if (value === 0) return false;
      const start = this.starts.subarray(i * this.width, (i + 1) * this.width);
      return (this.width === 1 ? other.find4(start[0]!) : other.find6(start)) !== 0;
    });
  }
}

/** The length of the shortest prefix that begins at `start` and does not reach beyond `last`. */
function blockLength(start: readonly number[], last: readonly number[]): number {
  let aligned = 0;
  let shared = start.length * 32;
  for (let word = start.length - 1; word >= 0; word--) {
    if (aligned === 0 && start[word] !== 0) aligned = word * 32 + 32 - trailingZeros(start[word]!);
    if (start[word] !== last[word]) shared = word * 32 + Math.clz32(start[word]! ^ last[word]!);
  }
  // Up to the first bit in which the two differ, unless what follows in `last` is less than the whole block.
  return Math.max(aligned, endsInOnes(last, shared) ? shared : shared + 1);
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** Whether all bits from `from` on are set. */
function endsInOnes(words: readonly number[], from: number): boolean {
  for (let word = from >> 5; word < words.length; word++) {
    const mask = word === from >> 5 ? 0xffffffff >>> (from & 31) : 0xffffffff;
    if ((~words[word]! & mask) !== 0) return false;
  }
  return true;
}

function preceding(address: number[]): number[] {
  for (let word = address.length - 1; word >= 0; word--) {
    if (address[word]! > 0) {
      address[word]!--;
      break;
    }
    address[word] = 0xffffffff;
  }
  return address;
}

function isAfter(a: readonly number[], b: readonly number[]): boolean {
  const word = a.findIndex((value, i) => value !== b[i]);
  return word >= 0 && a[word]! > b[word]!;
}

/** Appends boundaries in ascending order; a later boundary at the same address replaces the earlier, equal values merge. */
class BoundaryList {
  private readonly allStarts: Uint32Array;
  private readonly allValues: Uint32Array;
  private count = 0;

  constructor(
    private readonly width: number,
    prefixes: number,
  ) {
    // Each network opens at one address and closes at another.
    this.allStarts = new Uint32Array(2 * prefixes * width);
    this.allValues = new Uint32Array(2 * prefixes);
  }

  add(start: readonly number[], value: number): void {
    if (this.endsWith(start)) this.count--;
    if ((this.count === 0 ? 0 : this.allValues[this.count - 1]) === value) return;
    for (let i = 0; i < this.width; i++) this.allStarts[this.count * this.width + i] = start[i]!;
    this.allValues[this.count++] = value;
  }

  get starts(): Uint32Array {
    return this.allStarts.slice(0, this.count * this.width);
  }

  get values(): Uint32Array {
    return this.allValues.slice(0, this.count);
  }

  private endsWith(start: readonly number[]): boolean {
    if (this.count === 0) return false;
    const last = (this.count - 1) * this.width;
    for (let i = 0; i < this.width; i++) if (this.allStarts[last + i] !== start[i]) return false;
    return true;
  }
}

/** The first address after a network, `undefined` after the last one of the family. */
function following(prefix: Prefix): number[] | undefined {
  if (prefix.length === 0) return undefined;
  const next = [...prefix.words];
  let word = (prefix.length - 1) >>> 5;
  next[word]! += 2 ** (31 - ((prefix.length - 1) & 31));
  while (next[word] === 2 ** 32) {
    next[word] = 0;
    if (word-- === 0) return undefined;
    next[word]!++;
  }
  return next;
}

function contains(outer: Prefix, inner: Prefix): boolean {
  if (outer.length > inner.length) return false;
  for (let word = 0, bits = outer.length; bits > 0; word++, bits -= 32) {
    const mask = bits >= 32 ? 0xffffffff : 0xffffffff << (32 - bits);
    if (((outer.words[word]! ^ inner.words[word]!) & mask) !== 0) return false;
  }
  return true;
}

/** For each value of an address's first 16 bits, how many boundaries lie before it. */
function indexOf(starts: Uint32Array, width: number): Uint32Array | undefined {
  const count = starts.length / width;
  if (count < INDEX_FROM) return undefined;
  const index = new Uint32Array(65537);
  for (let i = 0; i < count; i++) index[(starts[i * width]! >>> 16) + 1]!++;
  for (let i = 1; i < index.length; i++) index[i]! += index[i - 1]!;
  return index;
}
