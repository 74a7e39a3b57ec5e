import { readAddress } from './ip-address';
import { parsePrefix, type Prefix } from './prefix';
import { PrefixTable } from './prefix-table';
import { runAtOnce, runInSlices } from './slices';

const scratch = new Uint32Array(4);

/** A value for each of many networks; an address has the value of the longest prefix that holds it. */
export class PrefixMap<T> {
  private constructor(
    private readonly ipv4: PrefixTable,
    private readonly ipv6: PrefixTable,
    private readonly values: readonly T[],
  ) {}

  /**
   * Builds the map at once, for lists of configuration size. Of equal networks the later entry wins.
   *
   * @throws PrefixError that names the first entry which is neither an address nor a CIDR.
   *
   * @example
   * ```ts
   * const owners = PrefixMap.from([['10.0.0.0/8', 'corp'], ['10.1.0.0/16', 'lab']]);
   * owners.get('10.1.2.3'); // 'lab'
   * ```
   */
  static from<T>(entries: Iterable<readonly [prefix: string, value: T]>): PrefixMap<T> {
    return runAtOnce(PrefixMap.build(entries));
  }

  /** Like {@link PrefixMap.from}, for lists of any size: the event loop runs while the map is built. */
  static fromLarge<T>(entries: Iterable<readonly [prefix: string, value: T]>): Promise<PrefixMap<T>> {
    return runInSlices(PrefixMap.build(entries));
  }

  private static *build<T>(entries: Iterable<readonly [prefix: string, value: T]>): Generator<void, PrefixMap<T>> {
    const numberOf = new Map<T, number>();
    const ipv4: { prefixes: Prefix[]; numbers: number[] } = { prefixes: [], numbers: [] };
    const ipv6: { prefixes: Prefix[]; numbers: number[] } = { prefixes: [], numbers: [] };
    let count = 0;
    for (const [entry, value] of entries) {
      if (++count % 512 === 0) yield;
      const prefix = parsePrefix(entry);
      let number = numberOf.get(value);
      if (number === undefined) numberOf.set(value, (number = numberOf.size + 1));
      const family = prefix.family === 4 ? ipv4 : ipv6;
      family.prefixes.push(prefix);
      family.numbers.push(number);
    }
    return new PrefixMap(
      yield* PrefixTable.build(1, ipv4.prefixes, ipv4.numbers),
      yield* PrefixTable.build(4, ipv6.prefixes, ipv6.numbers),
      [...numberOf.keys()],
    );
  }

  /** The value of the longest prefix that holds `ip`; `undefined` when none does or `ip` is not an address. */
  get(ip: string): T | undefined {
    const number = this.find(ip);
    return number === 0 ? undefined : this.values[number - 1];
  }

  has(ip: string): boolean {
    return this.find(ip) !== 0;
  }

  get isEmpty(): boolean {
    return this.ipv4.isEmpty && this.ipv6.isEmpty;
  }

  /** Whether all of IPv4 or all of IPv6 is in the map, as with `0.0.0.0/0`. */
  get coversAFamily(): boolean {
    return this.ipv4.coversAll || this.ipv6.coversAll;
  }

  /** The networks of the map, merged: the fewest prefixes that give every address the value it has here. */
  *networks(): Generator<readonly [prefix: Prefix, value: T]> {
    for (const table of [this.ipv4, this.ipv6]) {
      for (const { prefix, value } of table.networks()) yield [prefix, this.values[value - 1]!];
    }
  }

  /** Whether some address is in both maps. */
  overlaps(other: PrefixMap<unknown>): boolean {
    return this.ipv4.overlaps(other.ipv4) || this.ipv6.overlaps(other.ipv6);
  }

  private find(ip: string): number {
    const ipv4 = readAddress(ip, scratch);
    if (ipv4 >= 0) return this.ipv4.find4(ipv4);
    return ipv4 === -1 ? this.ipv6.find6(scratch) : 0;
  }
}

/** A list of addresses and networks that answers whether an address is in it, in about the same time for ten entries and for 100,000. */
export class PrefixSet {
  private constructor(private readonly map: PrefixMap<true>) {}

  /**
   * Builds the set from IP addresses and CIDRs. Host bits are ignored, `0.0.0.0/0` holds IPv4 alone and `::/0` IPv6 alone.
   *
   * @throws PrefixError that names the first entry which is neither an address nor a CIDR.
   *
   * @example
   * ```ts
   * PrefixSet.from(['10.0.0.0/8', '2001:db8::/32']).has('10.1.2.3'); // true
   * ```
   */
  static from(entries: Iterable<string>): PrefixSet {
    return new PrefixSet(PrefixMap.from(members(entries)));
  }

  /** Like {@link PrefixSet.from}, for lists of any size: the event loop runs while the set is built. */
  static async fromLarge(entries: Iterable<string>): Promise<PrefixSet> {
    return new PrefixSet(await PrefixMap.fromLarge(members(entries)));
  }

  /** Whether `ip`, in any spelling, is in the set; false when it is not an address. */
  has(ip: string): boolean {
    return this.map.has(ip);
  }

  get isEmpty(): boolean {
    return this.map.isEmpty;
  }

  /** Whether all of IPv4 or all of IPv6 is in the set, which for trusted proxies means that anyone may forge an address. */
  get coversAFamily(): boolean {
    return this.map.coversAFamily;
  }

  /** Whether some address is in both sets. */
  overlaps(other: PrefixSet): boolean {
    return this.map.overlaps(other.map);
  }
}

function* members(entries: Iterable<string>): Generator<readonly [string, true]> {
  for (const entry of entries) yield [entry, true];
}
