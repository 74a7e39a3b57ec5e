import { BlockList, isIPv4 } from 'node:net';
import fc from 'fast-check';
import { canonicalIp } from '../../lib/network/ip-address';
import { canonicalPrefix, formatPrefix, parsePrefix } from '../../lib/network/prefix';
import { PrefixList } from '../../lib/network/prefix-list';
import { PrefixMap, PrefixSet } from '../../lib/network/prefix-set';
import { addressText, ipv4Text, ipv6Text, patience, runs, same } from '../support/property';

interface Network {
  readonly address: string;
  readonly length: number;
}

// Short and few address bits, so that networks nest, touch and repeat.
const crowded = fc
  .tuple(fc.constantFrom(10, 192), fc.nat({ max: 3 }), fc.constantFrom(0, 128, 255), fc.nat({ max: 255 }))
  .map((octets) => octets.join('.'));
const crowded6 = fc
  .tuple(fc.constantFrom('2001:db8', 'fe80:0'), fc.nat({ max: 3 }), fc.constantFrom('0', 'ffff'), fc.nat({ max: 9 }))
  .map(([head, a, b, c]) => `${head}:${a}:${b}::${c}`);

const network4 = fc.record({ address: fc.oneof(crowded, ipv4Text), length: fc.nat({ max: 32 }) });
const network6 = fc.record({
  address: fc.oneof(crowded6, ipv6Text).filter((ip) => !isIPv4(canonicalIp(ip)!)),
  length: fc.nat({ max: 128 }),
});
const networks = fc.array(fc.oneof(network4, network6), { maxLength: 12 });
const many = fc.array(fc.oneof(network4, network6), { minLength: 60, maxLength: 120 });
const questions = fc.array(fc.oneof(crowded, crowded6, addressText), { minLength: 1, maxLength: 20 });

const text = ({ address, length }: Network): string => `${address}/${length}`;

function isIn(ip: string, { address, length }: Network): boolean {
  const list = new BlockList();
  list.addSubnet(address, length, isIPv4(address) ? 'ipv4' : 'ipv6');
  // A mapped address is IPv4 here, whatever it looks like: ::/0 does not hold it.
  const canonical = canonicalIp(ip)!;
  return isIPv4(canonical) === isIPv4(address) && list.check(canonical, isIPv4(canonical) ? 'ipv4' : 'ipv6');
}

function listed(networks: readonly Network[], valueOf = (index: number) => index): PrefixList<number> {
  const list = new PrefixList<number>();
  networks.forEach((network, index) => list.add(parsePrefix(text(network)), valueOf(index)));
  return list;
}

describe('address lists', () => {
  it(
    'hold what net.BlockList holds, at once and built in slices',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.oneof({ weight: 4, arbitrary: networks }, { weight: 1, arbitrary: many }),
          questions,
          async (list, ips) => {
            const set = PrefixSet.from(list.map(text));
            const large = await PrefixMap.fromList(listed(list));
            for (const ip of ips) {
              const expected = list.some((network) => isIn(ip, network));
              if (set.has(ip) !== expected || large.has(ip) !== expected) throw new Error(`${ip}: not ${expected}`);
            }
            // The edges of every network, where an off-by-one shows.
            for (const { address } of list) same(set.has(address), true);
          },
        ),
        runs(600),
      );
    },
    patience(),
  );

  it(
    'give an address the value of its longest network, of equal ones the last',
    () => {
      fc.assert(
        fc.property(networks, questions, (list, ips) => {
          const map = PrefixMap.from(list.map((network, index) => [text(network), index] as const));
          for (const ip of ips) {
            let expected: number | undefined;
            list.forEach((network, index) => {
              if (!isIn(ip, network)) return;
              if (expected === undefined || network.length >= list[expected]!.length) expected = index;
            });
            same(map.get(ip), expected);
          }
        }),
        runs(800),
      );
    },
    patience(),
  );

  it(
    'in slices: of equal networks the first, and the unknown value gives way to the one around',
    async () => {
      await fc.assert(
        fc.asyncProperty(networks, questions, async (list, ips) => {
          const UNKNOWN = 0;
          const map = await PrefixMap.fromList(
            listed(list, (index) => index % 3),
            UNKNOWN,
          );
          for (const ip of [...ips, ...list.map(({ address }) => address)]) {
            const around = list
              .map((network, index) => ({ network, index, value: index % 3 }))
              .filter(({ network }) => isIn(ip, network))
              .sort((a, b) => b.network.length - a.network.length || a.index - b.index);
            same(map.get(ip), (around.find(({ value }) => value !== UNKNOWN) ?? around[0])?.value);
          }
        }),
        runs(500),
      );
    },
    patience(),
  );

  it(
    'written out and read again they are the same, with no network twice',
    () => {
      fc.assert(
        fc.property(networks, questions, (list, ips) => {
          const map = PrefixMap.from(list.map((network, index) => [text(network), index % 3] as const));
          const written = [...map.networks()].map(([prefix, value]) => [formatPrefix(prefix), value] as const);
          const again = PrefixMap.from(written);
          for (const ip of [...ips, ...list.map(({ address }) => address)]) same(again.get(ip), map.get(ip));
          same(new Set(written.map(([prefix]) => prefix)).size, written.length);
        }),
        runs(500),
      );
    },
    patience(),
  );

  it(
    'overlap when they share an address',
    () => {
      fc.assert(
        fc.property(networks, networks, (one, other) => {
          // Two networks share an address exactly when one holds the other's first address.
          const expected = one.some((a) => other.some((b) => isIn(a.address, b) || isIn(b.address, a)));
          same(PrefixSet.from(one.map(text)).overlaps(PrefixSet.from(other.map(text))), expected);
        }),
        runs(800),
      );
    },
    patience(),
  );

  it(
    'know every network by one text',
    () => {
      fc.assert(
        fc.property(fc.oneof(network4, network6), questions, (network, ips) => {
          const canonical = canonicalPrefix(text(network))!;
          same(canonicalPrefix(canonical), canonical);
          const [one, other] = [PrefixSet.from([text(network)]), PrefixSet.from([canonical])];
          for (const ip of ips) same(other.has(ip), one.has(ip));
        }),
        runs(1_500),
      );
    },
    patience(),
  );
});
