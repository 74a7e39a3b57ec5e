import { BlockList, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { readAddress } from '../../lib/network/ip-address';
import { parsePrefix } from '../../lib/network/prefix';
import { PrefixMap } from '../../lib/network/prefix-set';

/** Answers whether an address is in the list that it was made of. */
type Lookup = (ip: string) => boolean;

const VARIANTS: Record<string, (prefixes: readonly string[]) => Lookup> = {
  'nestapi-guard': (prefixes) => {
    const map = PrefixMap.from(prefixes.map((prefix) => [prefix, true]));
    return (ip) => map.has(ip);
  },
  'linear scan': (prefixes) => {
    const ipv4 = prefixes.map(parsePrefix).filter(({ family }) => family === 4);
    const ipv6 = prefixes.map(parsePrefix).filter(({ family }) => family === 6);
    const words = new Uint32Array(4);
    const equal = (a: number, b: number, bits: number) => bits <= 0 || (a ^ b) >>> (32 - Math.min(bits, 32)) === 0;
    return (ip) => {
      const address = readAddress(ip, words);
      if (address >= 0) return ipv4.some((prefix) => equal(address, prefix.words[0]!, prefix.length));
      return ipv6.some((prefix) => prefix.words.every((word, i) => equal(words[i]!, word, prefix.length - 32 * i)));
    };
  },
  'net.BlockList': (prefixes) => {
    const list = new BlockList();
    for (const prefix of prefixes) {
      const [address = '', length] = prefix.split('/');
      list.addSubnet(address, Number(length), isIPv6(address) ? 'ipv6' : 'ipv4');
    }
    return (ip) => list.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
  },
  'ipaddr.js': (prefixes) => {
    const ranges = prefixes.map((prefix) => ipaddr.parseCIDR(prefix));
    return (ip) => {
      const address = ipaddr.parse(ip);
      return ranges.some((range) => address.kind() === range[0].kind() && address.match(range));
    };
  },
};

// Cloud feeds have one IPv6 network in four, most of them /20 to /24 and /40 to /48.
function prefixesOf(count: number, random: () => number): string[] {
  return Array.from({ length: count }, (_, i) => {
    if (i % 4 === 3)
      return `2${hex(random, 0xfff, 3)}:${hex(random, 0xffff)}:${hex(random, 0xff)}00::/${40 + 4 * (i % 3)}`;
    return `${1 + Math.floor(random() * 222)}.${byte(random)}.${byte(random) & 0xf0}.0/${20 + (i % 5)}`;
  });
}

const byte = (random: () => number) => Math.floor(random() * 256);
const hex = (random: () => number, max: number, digits = 0) =>
  Math.floor(random() * max)
    .toString(16)
    .padStart(digits, '0');

/** Mulberry32: the same lists and clients in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function main(sizes: readonly number[], rounds: number): void {
  for (const size of sizes) {
    const random = seeded(size);
    const prefixes = prefixesOf(size, random);
    // Half of the clients are in the list.
    const clients = Array.from({ length: 1024 }, (_, i) =>
      i % 2
        ? prefixes[Math.floor(random() * size)]!.split('/')[0]!
        : `${1 + Math.floor(random() * 222)}.${byte(random)}.${byte(random)}.7`,
    );
    const lookups = Object.entries(VARIANTS).map(([name, make]) => ({ name, lookup: make(prefixes) }));
    const expected = clients.map(lookups[0]!.lookup);
    for (const { name, lookup } of lookups) {
      const wrong = clients.find((client, i) => lookup(client) !== expected[i]);
      if (wrong !== undefined) throw new Error(`${name} disagrees about ${wrong} among ${size} prefixes`);
    }
    const best = lookups.map(() => Infinity);
    for (let round = 0; round < rounds; round++) {
      lookups.forEach(({ lookup }, i) => (best[i] = Math.min(best[i]!, nanosecondsEach(lookup, clients))));
    }
    process.send?.({ size, nanoseconds: Object.fromEntries(lookups.map(({ name }, i) => [name, best[i]])) });
  }
}

/** CPU time of one lookup, over at least 20 ms. */
function nanosecondsEach(lookup: Lookup, clients: readonly string[]): number {
  const start = process.cpuUsage();
  let count = 0;
  let spent = 0;
  do {
    for (let i = 0; i < 16; i++) lookup(clients[count++ & 1023]!);
    if (count % 1024 === 0 || count < 1024) {
      const { user, system } = process.cpuUsage(start);
      spent = user + system;
    }
  } while (spent < 20_000);
  return (spent * 1000) / count;
}

const { sizes, rounds } = JSON.parse(process.argv[2]!) as { sizes: number[]; rounds: number };
main(sizes, rounds);
