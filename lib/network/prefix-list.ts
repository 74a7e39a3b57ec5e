import type { Prefix } from './prefix';

/** How many elements are worked on between two chances to yield. */
export const SLICE = 1024;

/** Networks that a list has room for at first; it doubles when that is used up. */
const ROOM = 64;

/**
 * Networks of one address family with a number each, in columns: 9 bytes for a network of IPv4 and 21 for one of IPv6,
 * whatever their number, and nothing that the garbage collector has to look through.
 */
export class PrefixColumns {
  size = 0;
  private words: Uint32Array;
  private lengths = new Uint8Array(ROOM);
  private numbers = new Uint32Array(ROOM);

  constructor(readonly width: 1 | 4) {
    this.words = new Uint32Array(ROOM * width);
  }

  add({ words, length }: Prefix, number: number): void {
    if (this.size === this.lengths.length) this.makeRoom(2 * this.size);
    for (let word = 0; word < this.width; word++) this.words[this.size * this.width + word] = words[word]!;
    this.lengths[this.size] = length;
    this.numbers[this.size++] = number;
  }

  prefixAt(i: number): Prefix {
    return { family: this.width === 1 ? 4 : 6, words: wordsAt(this.words, this.width, i), length: this.lengths[i]! };
  }

  numberAt(i: number): number {
    return this.numbers[i]!;
  }

  /**
   * The positions of the networks by address, of networks with the same first address the wider one first, and of equal
   * ones the one that was added last: a merge sort that yields between slices.
   */
  *inOrder(): Generator<void, Uint32Array> {
    let order = new Uint32Array(this.size);
    for (let i = 0; i < order.length; i++) order[i] = i;
    for (let from = 0; from < order.length; from += SLICE) {
      order.subarray(from, from + SLICE).sort((a, b) => this.compare(a, b));
      yield;
    }
    let spare = new Uint32Array(order.length);
    for (let run = SLICE; run < order.length; run *= 2) {
      for (let left = 0; left < order.length; left += 2 * run) {
        const middle = Math.min(left + run, order.length);
        const right = Math.min(left + 2 * run, order.length);
        let a = left;
        let b = middle;
        for (let i = left; i < right; i++) {
          if (i % SLICE === 0) yield;
          const takeLeft = a < middle && (b >= right || this.compare(order[a]!, order[b]!) < 0);
          spare[i] = order[takeLeft ? a++ : b++]!;
        }
      }
      [order, spare] = [spare, order];
    }
    return order;
  }

  private compare(a: number, b: number): number {
    const { words, width, lengths } = this;
    for (let word = 0; word < width; word++) {
      const order = words[a * width + word]! - words[b * width + word]!;
      if (order !== 0) return order;
    }
    return lengths[a]! - lengths[b]! || b - a;
  }

  private makeRoom(size: number): void {
    const { words, lengths, numbers } = this;
    this.words = new Uint32Array(size * this.width);
    this.words.set(words);
    this.lengths = new Uint8Array(size);
    this.lengths.set(lengths);
    this.numbers = new Uint32Array(size);
    this.numbers.set(numbers);
  }
}

/** Many networks with a value each, in little memory: see {@link PrefixColumns}. */
export class PrefixList<T> implements Iterable<readonly [prefix: Prefix, value: T]> {
  readonly ipv4 = new PrefixColumns(1);
  readonly ipv6 = new PrefixColumns(4);
  private readonly numbers = new Map<T, number>();
  private readonly distinct: T[] = [];

  add(prefix: Prefix, value: T): void {
    let number = this.numbers.get(value);
    if (number === undefined) {
      this.numbers.set(value, (number = this.numbers.size + 1));
      this.distinct.push(value);
    }
    (prefix.family === 4 ? this.ipv4 : this.ipv6).add(prefix, number);
  }

  /** What the networks have, each once; the number of a value in the columns is its position here plus one. */
  get values(): readonly T[] {
    return this.distinct;
  }

  get size(): number {
    return this.ipv4.size + this.ipv6.size;
  }

  /** The networks of IPv4 as they were added, then those of IPv6. */
  *[Symbol.iterator](): Generator<readonly [prefix: Prefix, value: T], undefined> {
    for (const columns of [this.ipv4, this.ipv6]) {
      for (let i = 0; i < columns.size; i++) yield [columns.prefixAt(i), this.distinct[columns.numberAt(i) - 1]!];
    }
  }
}

/** The words of the address at a position of a column: not a copy by an iterator, which makes ten times the garbage. */
export function wordsAt(column: Uint32Array, width: 1 | 4, i: number): number[] {
  if (width === 1) return [column[i]!];
  const at = i * 4;
  return [column[at]!, column[at + 1]!, column[at + 2]!, column[at + 3]!];
}
