import { BlockList, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { readAddress } from '../../lib/network/ip-address';
import { parsePrefix } from '../../lib/network/prefix';
import { PrefixMap } from '../../lib/network/prefix-set';
import { takeTurns } from '../support/cpu-time';
import { byte, prefixesOf, seeded } from '../support/prefixes';

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

/** Sends nanoseconds per lookup, by size and variant. */
function main(sizes: readonly number[], rounds: number): void {
  const figures: Record<number, Record<string, number[]>> = {};
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
    const turns = lookups.map(({ name, lookup }) => [name, (turn: number) => lookup(clients[turn & 1023]!)]);
    figures[size] = takeTurns(Object.fromEntries(turns), rounds);
  }
  process.send?.(figures);
}

const { sizes, rounds } = JSON.parse(process.argv[2]!) as { sizes: number[]; rounds: number };
main(sizes, rounds);
