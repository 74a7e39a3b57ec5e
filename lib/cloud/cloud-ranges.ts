import { comparePrefixes, formatPrefix, parsePrefix, type Prefix, PrefixError } from '../network/prefix';
import { PrefixList } from '../network/prefix-list';
import { PrefixMap } from '../network/prefix-set';
import { runInSlices } from '../network/slices';
import type { CloudProvider } from './cloud-provider';
import { type FeedEntry, FeedRejected } from './feeds/feed';

// Shortest prefixes in five years of all feeds: /9 (Azure) and /32, and /19 is what registries hand to the largest.
const SHORTEST = { 4: 8, 6: 19 } as const;
/** All feeds together have some 100,000. */
const MAX_ENTRIES = 300_000;
/** A slip in one line of a hundred is a slip; more is another format. */
const MAX_UNREADABLE = 0.01;

/** Networks that are worked on between two chances for requests. */
export const STEP = 256;

/** Tunnels and relays that a provider may announce (Vultr lists 2002::/16), yet whose addresses are anybody's. */
const NOBODYS = ['2002::/16', '2001::/32', '192.88.99.0/24'].map(parsePrefix);

/** What no provider can own: private, shared, loopback, link-local, multicast and reserved space. */
const RESERVED = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/3',
].map(parsePrefix);

function isReserved({ family, words, length }: Prefix): boolean {
  const first = words[0]!;
  // Global unicast is 2000::/3 and nothing else (RFC 4291 section 2.4, IANA).
  if (family === 6) return first >>> 29 !== 1;
  return RESERVED.some((reserved) => (first ^ reserved.words[0]!) >>> (32 - Math.min(length, reserved.length)) === 0);
}

/** Takes in the entries of a feed one by one and refuses what no honest feed has. */
export class RangeCollector {
  private readonly networks = new PrefixList<string>();
  private read = 0;
  private unreadable = 0;

  /** @throws FeedRejected */
  add({ prefix: text, region }: FeedEntry): void {
    if (++this.read > MAX_ENTRIES) throw new FeedRejected(`it has more than ${MAX_ENTRIES} entries`);
    const prefix = this.parse(text);
    if (prefix === undefined || NOBODYS.some((nobodys) => comparePrefixes(nobodys, prefix) === 0)) return;
    if (prefix.length < SHORTEST[prefix.family]) {
      throw new FeedRejected(`it has ${formatPrefix(prefix)}, more than any provider owns`);
    }
    if (isReserved(prefix)) {
      throw new FeedRejected(`it has ${formatPrefix(prefix)}, which is private, loopback or reserved space`);
    }
    this.networks.add(prefix, region.toLowerCase());
  }

  /** @throws FeedRejected */
  async ranges(provider: CloudProvider, updatedAt: Date): Promise<CloudRanges> {
    if (this.networks.size === 0) throw new FeedRejected('it has no networks');
    if (this.unreadable > this.read * MAX_UNREADABLE) {
      throw new FeedRejected(`${this.unreadable} of its ${this.read} entries cannot be read as a network`);
    }
    return CloudRanges.merge(provider, updatedAt, this.networks);
  }

  private parse(text: string): Prefix | undefined {
    try {
      return parsePrefix(text);
    } catch (error) {
      if (!(error instanceof PrefixError)) throw error;
      this.unreadable++;
      return undefined;
    }
  }
}

/** The address ranges of one provider at one time: immutable and merged. */
export class CloudRanges {
  private constructor(
    readonly provider: CloudProvider,
    readonly updatedAt: Date,
    /** The networks in order, each with its region; the region is empty when the feed has none. */
    readonly networks: PrefixList<string>,
    /** The share of each address family. */
    readonly coverage: { readonly ipv4: number; readonly ipv6: number },
  ) {}

  static async merge(provider: CloudProvider, updatedAt: Date, listed: PrefixList<string>): Promise<CloudRanges> {
    // Azure lists networks of its global services without a region although they lie within one.
    const map = await PrefixMap.fromList(listed, '');
    const networks = new PrefixList<string>();
    const coverage = { ipv4: 0, ipv6: 0 };
    await runInSlices(
      (function* () {
        for (const [prefix, region] of map.networks()) {
          networks.add(prefix, region);
          coverage[prefix.family === 4 ? 'ipv4' : 'ipv6'] += 2 ** -prefix.length;
          if (networks.size % STEP === 0) yield;
        }
      })(),
    );
    return new CloudRanges(provider, updatedAt, networks, coverage);
  }

  get size(): number {
    return this.networks.size;
  }

  get regions(): string[] {
    return this.networks.values.filter((region) => region !== '').sort();
  }
}
