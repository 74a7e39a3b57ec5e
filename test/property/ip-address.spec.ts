import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';
import fc from 'fast-check';
import { canonicalIp, isLoopback, isPrivate, parseHostAddress, subnetKey } from '../../lib/network/ip-address';
import { addressText, ipv4Text, ipv6Text, mappedText, nearlyAddress, patience, runs, same } from '../support/property';

const anyText = fc.oneof(
  { weight: 5, arbitrary: nearlyAddress },
  { weight: 2, arbitrary: addressText },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 50 }) },
);

function listOf(...networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', length] = network.split('/');
    list.addSubnet(address, Number(length), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}

const holds = (list: BlockList, ip: string): boolean => list.check(ip, isIPv4(ip) ? 'ipv4' : 'ipv6');

describe('the address parser', () => {
  it(
    'accepts what net.isIP accepts, but no zone',
    () => {
      fc.assert(
        fc.property(anyText, (text) => {
          const expected = isIP(text) !== 0 && !text.includes('%');
          same(canonicalIp(text) !== undefined, expected);
        }),
        runs(6_000),
      );
    },
    patience(),
  );

  it(
    'gives one address one spelling, and two addresses two',
    () => {
      fc.assert(
        fc.property(addressText, addressText, (one, other) => {
          const canonical = canonicalIp(one)!;
          same(canonicalIp(canonical), canonical);
          const list = new BlockList();
          list.addAddress(one, isIPv4(one) ? 'ipv4' : 'ipv6');
          same(holds(list, canonical), true);
          same(holds(list, other), canonicalIp(other) === canonical);
        }),
        runs(4_000),
      );
    },
    patience(),
  );

  it(
    'writes IPv6 as Node does',
    () => {
      fc.assert(
        fc.property(ipv6Text, (text) => {
          const canonical = canonicalIp(text)!;
          if (isIPv4(canonical)) return;
          // An IPv4-compatible address (::1.2.3.4, deprecated by RFC 4291) is the one that inet_ntop writes differently.
          if (/^::[\da-f]+(?::[\da-f]+)?$/.test(canonical)) return;
          same(canonical, new SocketAddress({ address: text, family: 'ipv6' }).address);
        }),
        runs(4_000),
      );
    },
    patience(),
  );

  it(
    'finds the address in what proxies and sockets write, and nothing in what is none',
    () => {
      const port = fc.oneof(fc.integer({ min: 0, max: 99_999 }).map(String), fc.constantFrom('_x', '', ' 80', '8o'));
      fc.assert(
        fc.property(addressText, port, fc.constantFrom('', 'eth0', '1', 'a b', '%'), (ip, suffix, zone) => {
          const expected = canonicalIp(ip);
          const goodPort = suffix === '_x' || (/^\d{1,5}$/.test(suffix) && Number(suffix) <= 65_535);
          const goodZone = zone === 'eth0' || zone === '1';
          if (isIPv4(ip)) {
            same(parseHostAddress(`${ip}:${suffix}`), goodPort ? expected : undefined);
            same(parseHostAddress(`[${ip}]`), undefined);
            same(parseHostAddress(`${ip}%${zone}`), undefined);
          } else {
            same(parseHostAddress(`[${ip}]`), expected);
            same(parseHostAddress(`[${ip}]:${suffix}`), goodPort ? expected : undefined);
            same(parseHostAddress(`${ip}%${zone}`), goodZone ? expected : undefined);
            same(parseHostAddress(`[${ip}%${zone}]`), goodZone ? expected : undefined);
          }
        }),
        runs(4_000),
      );
      fc.assert(
        fc.property(anyText, (text) => {
          const found = parseHostAddress(text);
          same(found === undefined || (isIP(found) !== 0 && canonicalIp(found) === found), true);
        }),
        runs(4_000),
      );
    },
    patience(),
  );
});

describe('what an address is', () => {
  const loopback = listOf('127.0.0.0/8', '::1/128');
  const local = listOf(
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
    ...['::/127', 'fc00::/7', 'fe80::/10'],
  );

  it(
    'loopback and private addresses are those of net.BlockList',
    () => {
      fc.assert(
        fc.property(addressText, (ip) => {
          same(isLoopback(ip), holds(loopback, ip));
          same(isPrivate(ip), holds(local, ip));
        }),
        runs(6_000),
      );
    },
    patience(),
  );

  it(
    'a client is counted with its network and with nobody else',
    () => {
      fc.assert(
        fc.property(addressText, addressText, fc.integer({ min: 32, max: 128 }), (one, other, length) => {
          const together = subnetKey(one, length) === subnetKey(other, length);
          const [a, b] = [canonicalIp(one)!, canonicalIp(other)!];
          if (isIPv4(a) || isIPv4(b)) same(together, a === b);
          else same(together, holds(listOf(`${a}/${length}`), b));
        }),
        runs(4_000),
      );
      fc.assert(
        fc.property(
          ipv6Text,
          fc.integer({ min: 32, max: 127 }),
          fc.integer({ min: 0, max: 0xffff }),
          (ip, length, low) => {
            const canonical = canonicalIp(ip)!;
            fc.pre(isIPv6(canonical));
            // Only the last group differs: up to /112 it is the same subscriber.
            const words = new SocketAddress({ address: canonical, family: 'ipv6' }).address;
            const neighbour = canonicalIp(expand(words).replace(/:[^:]*$/, `:${low.toString(16)}`))!;
            fc.pre(isIPv6(neighbour));
            if (length <= 112) same(subnetKey(neighbour, length), subnetKey(canonical, length));
          },
        ),
        runs(2_000),
      );
      fc.assert(
        fc.property(mappedText, fc.integer({ min: 32, max: 128 }), (ip, length) => {
          same(subnetKey(ip, length), ip.slice(ip.lastIndexOf(':') + 1));
        }),
        runs(1_000),
      );
      fc.assert(
        fc.property(ipv4Text, (ip) => same(subnetKey(ip), ip)),
        runs(500),
      );
    },
    patience(),
  );
});

/** All eight groups of an IPv6 address. */
function expand(ip: string): string {
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(ip);
  const plain = dotted
    ? ip.slice(0, dotted.index) +
      [0, 2].map((at) => (Number(dotted[at + 1]) * 256 + Number(dotted[at + 2])).toString(16)).join(':')
    : ip;
  const [left = '', right] = plain.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail].join(':');
}
