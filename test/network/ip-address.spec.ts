import { isIP, isIPv4 } from 'node:net';
import {
  canonicalIp,
  isLoopback,
  isPrivate,
  parseHostAddress,
  parseIpv4,
  subnetKey,
} from '../../lib/network/ip-address';
import { SeededRandom } from './seeded-random';

describe('canonicalIp', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4:5:6:c000:201'],
  ])('%s is %s', (text, expected) => expect(canonicalIp(text)).toBe(expected));

  it.each([
    '',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2.3',
    '127.1',
    '2130706433',
    '0177.0.0.1',
    '0x7f.0.0.1',
    '01.2.3.4',
    '1.2.3.04',
    '1.2.3.00',
    '256.1.1.1',
    '1.2.3.4.5',
    '1..2.3',
    '1.2.3.',
    '.1.2.3',
    '1.2.3.4:80',
    '１.2.3.4',
    ':',
    ':::',
    ':1',
    '1:',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2:3:4:5:6:7:8',
    '12345::',
    'g::',
    '::1.2.3',
    '::1.2.3.04',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::1.2.3.4:1',
    '[::1]',
    'fe80::1%eth0',
    '::ffff:1.2.3.256',
    'localhost',
  ])('%j is no address', (text) => expect(canonicalIp(text)).toBeUndefined());

  it('accepts exactly what net.isIP accepts without a zone, and is idempotent', () => {
    const random = new SeededRandom(1);
    for (let i = 0; i < 200_000; i++) {
      let text = random.int(3) === 0 ? random.ipv4() : random.ipv6();
      if (random.int(2)) {
        const at = random.int(text.length + 1);
        text = text.slice(0, at) + random.text('0123456789abcdefF:.:. xg-', 3) + text.slice(at + random.int(3));
      }
      const canonical = canonicalIp(text);
      if ((canonical !== undefined) !== (isIP(text) !== 0)) throw new Error(`net.isIP disagrees on ${text}`);
      if (canonical !== undefined && canonicalIp(canonical) !== canonical) throw new Error(`${text}: ${canonical}`);
    }
  });

  it('agrees with the URL parser on the text of IPv6 addresses', () => {
    const random = new SeededRandom(2);
    let compared = 0;
    for (let i = 0; i < 20_000; i++) {
      const text = random.ipv6();
      const canonical = canonicalIp(text);
      if (canonical === undefined || isIPv4(canonical)) continue;
      expect(`[${canonical}]`).toBe(new URL(`http://[${text}]/`).hostname);
      compared++;
    }
    expect(compared).toBeGreaterThan(10_000);
  });
});

it('parseIpv4 gives the 32 bits', () => {
  expect(parseIpv4('192.0.2.1')).toBe(0xc0000201);
  expect(parseIpv4('255.255.255.255')).toBe(0xffffffff);
  expect(parseIpv4('0.0.0.0')).toBe(0);
});

describe('parseHostAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:80', '192.0.2.1'],
    ['192.0.2.1:65535', '192.0.2.1'],
    ['192.0.2.1:_abc', '192.0.2.1'],
    [' 192.0.2.1\t', '192.0.2.1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['[2001:DB8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['fe80::1%25eth0', 'fe80::1'],
    ['[fe80::1%eth0]:80', 'fe80::1'],
    ['::ffff:192.0.2.1%1', '192.0.2.1'],
    ['[::ffff:c000:201]:80', '192.0.2.1'],
    ['', undefined],
    ['unknown', undefined],
    ['_hidden', undefined],
    ['192.0.2.1:', undefined],
    ['192.0.2.1:65536', undefined],
    ['192.0.2.1:8x', undefined],
    ['192.0.2.1:80:80', undefined],
    ['192.0.2.1%eth0', undefined],
    ['[192.0.2.1]', undefined],
    ['[192.0.2.1]:80', undefined],
    ['[::1', undefined],
    ['[::1]x', undefined],
    ['[::1]:99999', undefined],
    ['[]', undefined],
    ['fe80::1%', undefined],
    ['fe80::1%a b', undefined],
    ['127.1:80', undefined],
    ['"192.0.2.1"', undefined],
  ])('%j is %s', (text, expected) => expect(parseHostAddress(text)).toBe(expected));
});

describe('subnetKey', () => {
  it.each<[string, number | undefined, string | undefined]>([
    ['192.0.2.1', 64, '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3:4:5:6', 48, '2001:db8:1::/48'],
    ['2001:db8:1:ff2:3:4:5:6', 56, '2001:db8:1:f00::/56'],
    ['2001:db8:1:2:3:4:5:6', 128, '2001:db8:1:2:3:4:5:6'],
    ['2001:db8:1:2:3:4:5:6', 0, '::/0'],
    ['::ffff:192.0.2.1', 64, '192.0.2.1'],
    ['::ffff:c000:201', 32, '192.0.2.1'],
    ['nonsense', 64, undefined],
  ])('%s by %s is %s', (ip, length, key) => expect(subnetKey(ip, length)).toBe(key));
});

it.each([
  ['127.0.0.1', true],
  ['127.255.255.255', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['128.0.0.1', false],
  ['::2', false],
  ['1::1', false],
  ['x', false],
])('isLoopback(%s) is %s', (ip, expected) => expect(isLoopback(ip)).toBe(expected));

it.each([
  ['10.0.0.0', true],
  ['9.255.255.255', false],
  ['11.0.0.0', false],
  ['127.0.0.1', true],
  ['172.15.255.255', false],
  ['172.16.0.0', true],
  ['172.31.255.255', true],
  ['172.32.0.0', false],
  ['192.168.0.1', true],
  ['192.169.0.1', false],
  ['169.254.1.1', true],
  ['169.253.1.1', false],
  ['100.63.255.255', false],
  ['100.64.0.0', true],
  ['100.127.255.255', true],
  ['100.128.0.0', false],
  ['0.0.0.0', true],
  ['8.8.8.8', false],
  ['::ffff:10.0.0.1', true],
  ['::ffff:8.8.8.8', false],
  ['::', true],
  ['::1', true],
  ['::2', false],
  ['fc00::1', true],
  ['fdff::1', true],
  ['fe00::1', false],
  ['fe80::1', true],
  ['febf::1', true],
  ['fec0::1', false],
  ['2001:db8::1', false],
  ['x', false],
])('isPrivate(%s) is %s', (ip, expected) => expect(isPrivate(ip)).toBe(expected));
