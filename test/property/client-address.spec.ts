import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net';
import fc from 'fast-check';
import proxyAddr from 'proxy-addr';
import { createClientAddressResolver } from '../../lib/network/client-address';
import { parseForwarded } from '../../lib/network/forwarded';
import { addressText, nearlyAddress, patience, runs, same } from '../support/property';

// A small world, so that hops are often trusted and often not.
const PROXIES = ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1'];
const NEAR = ['10.0.0.1', '10.9.9.9', '192.0.2.1', '2001:db8::1', '::ffff:10.0.0.2', '2001:DB8:0:0::2'];
const FAR = ['203.0.113.7', '198.51.100.1', '192.0.2.2', '2001:db9::1', '::ffff:203.0.113.8'];

const world = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NEAR) },
  { weight: 3, arbitrary: fc.constantFrom(...FAR) },
  { weight: 1, arbitrary: addressText },
);
const trustedProxies = fc.subarray(PROXIES, { minLength: 1 });
const depth = fc.integer({ min: 1, max: 6 });

/** The one spelling of an address, by Node's own parser; undefined when it is none. */
function canonical(text: string): string | undefined {
  const family = isIP(text);
  if (family === 0 || text.includes('%')) return undefined;
  if (family === 4) return text;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  // Node writes ::1.2.3.4 with dots, which is one more spelling of what RFC 5952 writes in hexadecimal.
  return mapped?.[1] ?? new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function trusts(networks: readonly string[], ip: string): boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', length = isIPv4(network) ? '32' : '128'] = network.split('/');
    list.addSubnet(address, Number(length), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list.check(ip, isIPv4(ip) ? 'ipv4' : 'ipv6');
}

/** The rule in words: from the peer outwards, hop by hop, for as long as whoever named the next hop is trusted. */
function model(networks: readonly string[], most: number, peer: string, hops: readonly string[]): string {
  let verified = canonical(peer)!;
  const outwards = [...hops].reverse();
  for (let step = 0; step < most && step < outwards.length && trusts(networks, verified); step++) {
    const next = canonical(outwards[step]!);
    if (next === undefined) return verified;
    verified = next;
  }
  return verified;
}

const blank = fc.constantFrom('', ' ', '\t', '  ');
const junk = fc.oneof(
  fc.constantFrom(
    'unknown',
    '_hidden',
    '10.0.0',
    '010.0.0.1',
    '0x0a000001',
    '10.0.0.1/8',
    'localhost',
    '10.0.0.1 10.0.0.2',
  ),
  // Without commas, which would make two hops of it.
  nearlyAddress.filter((text) => canonical(text) === undefined && !/^\s|\s$|[,:[\]%]/.test(text) && text !== ''),
);

describe('the client behind proxies', () => {
  it(
    'is the one an independent walk finds, however the header is laid out',
    () => {
      const hop = fc.oneof({ weight: 6, arbitrary: world }, { weight: 1, arbitrary: junk });
      const layout = fc.array(fc.tuple(hop, blank, blank, fc.constantFrom(',', ', ,', ',,')), { maxLength: 8 });
      fc.assert(
        fc.property(trustedProxies, depth, world, layout, (networks, most, peer, hops) => {
          const header = hops.map(([text, before, after, comma]) => before + text + after + comma).join('');
          const clientOf = createClientAddressResolver({ trustedProxies: networks, trustedProxyDepth: most });
          const found = clientOf(peer, { 'x-forwarded-for': header });
          same(
            found.ip,
            model(
              networks,
              most,
              peer,
              hops.map(([text]) => text),
            ),
          );
          same(found.peer, canonical(peer));
          same(found.viaTrustedProxy, trusts(networks, canonical(peer)!));
        }),
        runs(3_000),
      );
    },
    patience(),
  );

  it(
    'is the one proxy-addr finds, where both read a header alike',
    () => {
      fc.assert(
        fc.property(trustedProxies, world, fc.array(world, { maxLength: 6 }), (networks, peer, hops) => {
          const headers = { 'x-forwarded-for': hops.join(', ') };
          const clientOf = createClientAddressResolver({ trustedProxies: networks, trustedProxyDepth: 32 });
          const request = { headers, socket: { remoteAddress: peer } } as unknown as IncomingMessage;
          same(clientOf(peer, headers).ip, canonical(proxyAddr(request, networks)));
        }),
        runs(2_000),
      );
    },
    patience(),
  );

  it(
    'is the same in Forwarded and in X-Forwarded-For',
    () => {
      const element = fc.record({
        ip: world,
        name: fc.constantFrom('for', 'For', 'FOR'),
        port: fc.constantFrom('', ':80', ':65535', ':_p'),
        extra: fc.constantFrom('', ';proto=https', ';by="[::1]:80";host="a,b"', ' ; proto="ht\\tp"'),
      });
      fc.assert(
        fc.property(trustedProxies, depth, world, fc.array(element, { maxLength: 6 }), (networks, most, peer, list) => {
          const forwarded = list
            .map(({ ip, name, port, extra }) => `${name}="${isIPv4(ip) ? ip : `[${ip}]`}${port}"${extra}`)
            .join(' ,\t');
          const options = { trustedProxies: networks, trustedProxyDepth: most };
          const byForwarded = createClientAddressResolver({ ...options, clientIpHeader: 'Forwarded' });
          same(
            byForwarded(peer, { forwarded }).ip,
            model(
              networks,
              most,
              peer,
              list.map(({ ip }) => ip),
            ),
          );
        }),
        runs(2_000),
      );
    },
    patience(),
  );

  it(
    'is nobody whom the client could name: what stands to the left changes nothing',
    () => {
      // The client writes anything that Node lets through, in one header or in several lines.
      const written = fc.oneof(
        fc.string({
          unit: fc.constantFrom('"', '\\', ',', ';', '=', 'for', '[', ']', '10.0.0.1', ' ', ':', 'a'),
          maxLength: 30,
        }),
        fc.array(world, { maxLength: 5 }).map((list) => list.join(',')),
        fc.array(world, { maxLength: 5 }).map((list) => list.map((ip) => `for="[${ip}]"`).join(',')),
      );
      const client = fc.constantFrom('203.0.113.7', '198.51.100.1');
      const header = fc.constantFrom(
        ['x-forwarded-for', (ip: string) => ip] as const,
        ['forwarded', (ip: string) => `for=${ip};proto=https`] as const,
      );
      fc.assert(
        fc.property(
          written,
          client,
          depth,
          header,
          fc.constantFrom(', ', ','),
          (forged, ip, most, [name, write], comma) => {
            const options = { trustedProxies: PROXIES, trustedProxyDepth: most, clientIpHeader: name };
            const clientOf = createClientAddressResolver(options);
            same(clientOf('10.0.0.1', { [name]: `${forged}${comma}${write(ip)}` }).ip, ip);
          },
        ),
        runs(3_000),
      );
    },
    patience(),
  );

  it(
    'is the peer for whoever is no trusted proxy, whatever its headers say',
    () => {
      const name = fc.constantFrom('x-forwarded-for', 'forwarded', 'cf-connecting-ip', 'x-real-ip', 'true-client-ip');
      const headers = fc.dictionary(name, world);
      fc.assert(
        fc.property(fc.constantFrom(...FAR), headers, fc.option(name, { nil: undefined }), (peer, sent, believed) => {
          const clientOf = createClientAddressResolver({ trustedProxies: PROXIES, clientIpHeader: believed });
          fc.pre(!trusts(PROXIES, canonical(peer)!));
          same(clientOf(peer, sent).ip, canonical(peer));
          same(clientOf(peer, sent).viaTrustedProxy, false);
        }),
        runs(1_000),
      );
    },
    patience(),
  );
});

it(
  'Forwarded: reading never throws, and what is appended is always read first',
  () => {
    const anything = fc.oneof(
      fc.string({ unit: fc.constantFrom('"', '\\', ',', ';', '=', 'for', ' ', '\t', 'x', '[::1]'), maxLength: 60 }),
      fc.string({ unit: 'binary', maxLength: 60 }),
    );
    fc.assert(
      fc.property(anything, (text) => {
        parseForwarded(text);
        same(parseForwarded(`${text},for=192.0.2.9`)[0]?.for, '192.0.2.9');
      }),
      runs(3_000),
    );
  },
  patience(),
);
