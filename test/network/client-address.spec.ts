import {
  type ClientAddressOptions,
  createClientAddressResolver,
  forwardedProto,
  type HeaderValues,
} from '../../lib/network/client-address';
import { PrefixError } from '../../lib/network/prefix';
import { SeededRandom } from './seeded-random';

const PROXY = '10.0.0.1';
const one: ClientAddressOptions = { trustedProxies: ['10.0.0.0/8'] };
const three: ClientAddressOptions = { trustedProxies: ['10.0.0.0/8'], trustedProxyDepth: 3 };

function xff(value: string): HeaderValues {
  return { 'x-forwarded-for': value };
}

describe('createClientAddressResolver', () => {
  describe('without proxies', () => {
    it.each([
      ['192.0.2.1', '192.0.2.1'],
      ['::ffff:192.0.2.1', '192.0.2.1'],
      ['2001:DB8::1', '2001:db8::1'],
      ['fe80::1%eth0', 'fe80::1'],
    ])('the peer %s is the client', (peer, ip) => {
      const headers = { 'x-forwarded-for': '1.1.1.1', forwarded: 'for=2.2.2.2', 'cf-connecting-ip': '3.3.3.3' };
      for (const clientIpHeader of [undefined, 'cf-connecting-ip', 'forwarded']) {
        const resolve = createClientAddressResolver({ clientIpHeader });
        expect(resolve(peer, headers)).toEqual({ ip, peer: ip, viaTrustedProxy: false });
      }
    });

    it('there is no client without an address', () => {
      expect(createClientAddressResolver()(undefined, xff('1.1.1.1'))).toEqual({ viaTrustedProxy: false });
    });
  });

  it.each<[string, ClientAddressOptions, string, HeaderValues, string]>([
    ['an untrusted peer', one, '9.9.9.9', xff('1.1.1.1'), '9.9.9.9'],
    ['one trusted proxy', one, PROXY, xff('1.1.1.1'), '1.1.1.1'],
    ['a mapped peer', one, '::ffff:10.0.0.1', xff('1.1.1.1'), '1.1.1.1'],
    ['forged entries on the left', one, PROXY, xff('6.6.6.6, 7.7.7.7, 1.1.1.1'), '1.1.1.1'],
    ['forged entries within the depth', three, PROXY, xff('6.6.6.6, 7.7.7.7, 1.1.1.1'), '1.1.1.1'],
    ['a forged trusted address', three, PROXY, xff('10.0.0.9, 1.1.1.1'), '1.1.1.1'],
    ['a chain', three, PROXY, xff('6.6.6.6, 1.1.1.1, 10.0.0.3, 10.0.0.2'), '1.1.1.1'],
    ['a chain longer than the depth', three, PROXY, xff('1.1.1.1, 10.0.0.4, 10.0.0.3, 10.0.0.2'), '10.0.0.4'],
    ['trusted hops only', three, PROXY, xff('10.0.0.3, 10.0.0.2'), '10.0.0.3'],
    ['depth 0', { ...one, trustedProxyDepth: 0 }, PROXY, xff('1.1.1.1'), PROXY],
    ['no header', one, PROXY, {}, PROXY],
    ['an empty header', one, PROXY, xff(''), PROXY],
    ['empty elements', one, PROXY, xff('1.1.1.1, ,,'), '1.1.1.1'],
    ['junk', one, PROXY, xff('1.1.1.1, junk'), PROXY],
    ['unknown', one, PROXY, xff('unknown'), PROXY],
    ['junk behind a verified hop', three, PROXY, xff('1.1.1.1, junk, 10.0.0.2'), '10.0.0.2'],
    ['an octal address', one, PROXY, xff('010.0.0.1'), PROXY],
    ['a port', one, PROXY, xff('1.1.1.1:1234'), '1.1.1.1'],
    ['brackets and port', one, PROXY, xff('[2001:DB8::1]:1234'), '2001:db8::1'],
    ['a mapped entry', one, PROXY, xff('::ffff:1.1.1.1'), '1.1.1.1'],
    ['a hexadecimal mapped hop', three, PROXY, xff('1.1.1.1, ::ffff:a00:2'), '1.1.1.1'],
    ['several lines', one, PROXY, { 'x-forwarded-for': ['6.6.6.6', '1.1.1.1'] }, '1.1.1.1'],
    ["'loopback'", { trustedProxies: ['loopback'] }, '127.0.0.1', xff('1.1.1.1'), '1.1.1.1'],
    ["'loopback' of IPv6", { trustedProxies: ['loopback'] }, '::1', xff('1.1.1.1'), '1.1.1.1'],
    ["only 'loopback'", { trustedProxies: ['loopback'] }, PROXY, xff('1.1.1.1'), PROXY],
    ['an IPv6 proxy', { trustedProxies: ['2001:db8::/32'] }, '2001:db8::5', xff('1.1.1.1'), '1.1.1.1'],
    ['a link-local proxy', { trustedProxies: ['fe80::/10'] }, 'fe80::5%eth0', xff('1.1.1.1'), '1.1.1.1'],

    ['Forwarded alone', one, PROXY, { forwarded: 'for=6.6.6.6, for="[2001:db8::1]:1"' }, '2001:db8::1'],
    ['Forwarded of an untrusted peer', one, '9.9.9.9', { forwarded: 'for=1.1.1.1' }, '9.9.9.9'],
    ['Forwarded without for', one, PROXY, { forwarded: 'for=1.1.1.1, proto=https' }, PROXY],
    ['a Forwarded chain', three, PROXY, { forwarded: 'for=6.6.6.6, for=1.1.1.1, for=10.0.0.2' }, '1.1.1.1'],
    ['an open quote in Forwarded', one, PROXY, { forwarded: 'for="6.6.6.6, for=1.1.1.1' }, '1.1.1.1'],
    ['an obfuscated node', one, PROXY, { forwarded: 'for=6.6.6.6, for=_hidden' }, PROXY],
    ['both headers', one, PROXY, { forwarded: 'for=6.6.6.6', ...xff('1.1.1.1') }, '1.1.1.1'],
    ['both, X-Forwarded-For useless', one, PROXY, { forwarded: 'for=6.6.6.6', ...xff('junk') }, PROXY],
    ['both, X-Forwarded-For empty', one, PROXY, { forwarded: 'for=6.6.6.6', ...xff('') }, PROXY],
  ])('%s', (_, options, peer, headers, ip) => {
    expect(createClientAddressResolver(options)(peer, headers).ip).toBe(ip);
  });

  it('tells whether the peer is a trusted proxy', () => {
    const resolve = createClientAddressResolver(one);
    expect(resolve(PROXY, xff('1.1.1.1'))).toEqual({ ip: '1.1.1.1', peer: PROXY, viaTrustedProxy: true });
    expect(resolve(PROXY, {})).toEqual({ ip: PROXY, peer: PROXY, viaTrustedProxy: true });
    expect(resolve('9.9.9.9', xff(PROXY))).toEqual({ ip: '9.9.9.9', peer: '9.9.9.9', viaTrustedProxy: false });
  });

  describe('with clientIpHeader', () => {
    const all = { forwarded: 'for=2.2.2.2', ...xff('1.1.1.1'), 'cf-connecting-ip': '3.3.3.3' };

    it.each<[string, HeaderValues, string]>([
      ['CF-Connecting-IP', all, '3.3.3.3'],
      ['cf-connecting-ip', { ...all, 'cf-connecting-ip': '2001:DB8::1' }, '2001:db8::1'],
      ['cf-connecting-ip', { ...all, 'cf-connecting-ip': '3.3.3.3, 4.4.4.4' }, PROXY],
      ['cf-connecting-ip', { ...all, 'cf-connecting-ip': ['3.3.3.3', '4.4.4.4'] }, PROXY],
      ['cf-connecting-ip', { ...all, 'cf-connecting-ip': 'junk' }, PROXY],
      ['cf-connecting-ip', { ...all, 'cf-connecting-ip': undefined }, PROXY],
      ['Forwarded', all, '2.2.2.2'],
      ['forwarded', xff('1.1.1.1'), PROXY],
      ['X-Forwarded-For', all, '1.1.1.1'],
      ['x-forwarded-for', { forwarded: 'for=2.2.2.2' }, PROXY],
    ])('%s of %j', (clientIpHeader, headers, ip) => {
      const resolve = createClientAddressResolver({ ...one, clientIpHeader });
      expect(resolve(PROXY, headers).ip).toBe(ip);
      expect(resolve('9.9.9.9', headers).ip).toBe('9.9.9.9');
    });
  });

  describe('on a Unix socket', () => {
    const unix = createClientAddressResolver({ trustedProxies: ['unix', '10.0.0.0/8'], trustedProxyDepth: 2 });

    it('is believed only when trusted', () => {
      expect(createClientAddressResolver(one)(undefined, xff('1.1.1.1'))).toEqual({ viaTrustedProxy: false });
      expect(unix(undefined, xff('1.1.1.1'))).toEqual({ ip: '1.1.1.1', viaTrustedProxy: true });
      expect(unix(undefined, xff('6.6.6.6, 1.1.1.1, 10.0.0.2')).ip).toBe('1.1.1.1');
    });

    it('has no client when the proxy names none', () => {
      expect(unix(undefined, {})).toEqual({ viaTrustedProxy: true });
      expect(unix(undefined, xff('1.1.1.1, junk'))).toEqual({ viaTrustedProxy: true });
    });

    it('is not taken for a TCP connection that lost its address', () => {
      expect(unix(undefined, xff('1.1.1.1'), false)).toEqual({ viaTrustedProxy: false });
    });
  });

  it('refuses entries that are no addresses', () => {
    for (const entry of ['localhost', '::ffff:10.0.0.0/8', '10.0.0.0/33', 'Unix']) {
      expect(() => createClientAddressResolver({ trustedProxies: [entry] })).toThrow(PrefixError);
    }
  });

  it('never believes what a client wrote, whatever it wrote', () => {
    const random = new SeededRandom(7);
    for (let i = 0; i < 20_000; i++) {
      const hops = random.int(3);
      const proxies = Array.from({ length: hops }, (_, hop) => `10.0.1.${hop}`);
      const forged = random.text('0123456789.,:[]"; %abcdef\\\tfor=10.0.0.', 40);
      const resolve = createClientAddressResolver({ trustedProxies: ['10.0.0.0/8'], trustedProxyDepth: hops + 1 });
      const chain = ['203.0.113.9', ...proxies];
      const ips = [
        resolve(PROXY, xff([forged, ...chain].join(','))).ip,
        resolve(PROXY, { forwarded: [forged, ...chain.map((hop) => `for="${hop}"`)].join(', ') }).ip,
      ];
      if (ips.some((ip) => ip !== '203.0.113.9')) throw new Error(`${JSON.stringify(forged)} made it ${ips.join()}`);
    }
  });
});

it.each<[string | string[] | undefined, string | undefined]>([
  [undefined, undefined],
  ['https', 'https'],
  ['HTTPS', 'https'],
  [' https , http', 'https'],
  ['http, https', 'http'],
  [['https', 'http'], 'https'],
  ['', undefined],
  [',https', undefined],
  ['https:', undefined],
  ['"https"', undefined],
])('forwardedProto of %j is %s', (value, expected) => {
  expect(forwardedProto({ 'x-forwarded-proto': value })).toBe(expected);
});
