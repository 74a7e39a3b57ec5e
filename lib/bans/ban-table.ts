import { maskWords, readAddress } from '../network/ip-address';
import type { Prefix } from '../network/prefix';

/** The values of all networks of one length, by their first address. */
interface Level<T> {
  readonly length: number;
  readonly values: Map<number | string, T>;
}

const address = new Uint32Array(4);
const masked = new Uint32Array(4);

/**
 * Values of networks that come and go one by one. A map per length of prefix makes adding and removing as cheap as
 * looking up, which a sorted table has to be rebuilt for; a lookup asks each length that is in use, longest first.
 */
export class BanTable<T> {
  private readonly ipv4: Level<T>[] = [];
  private readonly ipv6: Level<T>[] = [];

  set({ family, words, length }: Prefix, value: T): void {
    const levels = family === 4 ? this.ipv4 : this.ipv6;
    let level = levels.find((known) => known.length === length);
    if (level === undefined) {
      levels.push((level = { length, values: new Map() }));
      levels.sort((a, b) => b.length - a.length);
    }
    level.values.set(keyOf(family, words), value);
  }

  delete({ family, words, length }: Prefix): void {
    const levels = family === 4 ? this.ipv4 : this.ipv6;
    const index = levels.findIndex((known) => known.length === length);
    if (index === -1) return;
    const { values } = levels[index]!;
    values.delete(keyOf(family, words));
    if (values.size === 0) levels.splice(index, 1);
  }

  /** The value of exactly this network. */
  get({ family, words, length }: Prefix): T | undefined {
    const levels = family === 4 ? this.ipv4 : this.ipv6;
    return levels.find((known) => known.length === length)?.values.get(keyOf(family, words));
  }

  /** The value of the longest network that holds `ip` and whose value is accepted. */
  find(ip: string, accept: (value: T) => boolean): T | undefined {
    if (this.ipv4.length === 0 && this.ipv6.length === 0) return undefined;
    const ipv4 = readAddress(ip, address);
    if (ipv4 >= 0) {
      for (const { length, values } of this.ipv4) {
        const value = values.get(length === 0 ? 0 : (ipv4 & (0xffffffff << (32 - length))) >>> 0);
        if (value !== undefined && accept(value)) return value;
      }
    } else if (ipv4 === -1) {
      for (const { length, values } of this.ipv6) {
        masked.set(address);
        maskWords(masked, length);
        const value = values.get(keyOf(6, masked));
        if (value !== undefined && accept(value)) return value;
      }
    }
    return undefined;
  }
}

function keyOf(family: 4 | 6, words: ArrayLike<number>): number | string {
  if (family === 4) return words[0]!;
  let key = '';
  for (let word = 0; word < 4; word++) key += String.fromCharCode(words[word]! >>> 16, words[word]! & 0xffff);
  return key;
}
