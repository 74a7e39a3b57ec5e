import { BlockList } from 'node:net';
import { canonicalPrefix, parsePrefix, PrefixError } from '../../lib/network/prefix';
import { PrefixMap, PrefixSet } from '../../lib/network/prefix-set';
import { SeededRandom } from './seeded-random';

describe('canonicalPrefix', () => {
  it.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1/32', '192.0.2.1'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:1::1/32', '2001:db8::/32'],
    ['2001:db8:f:ff::/61', '2001:db8:f:f8::/61'],
    ['2001:db8::1/128', '2001:db8::1'],
    ['::/0', '::/0'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['10.0.0.0/33', undefined],
  ])('of %s is %s', (entry, expected) => expect(canonicalPrefix(entry)).toBe(expected));
});

describe('parsePrefix', () => {
  it.each([
    ['', /address is empty/],
    ['10.0.0.0/', /0 to 32, not ""/],
    ['10.0.0.0/33', /0 to 32, not "33"/],
    ['10.0.0.0/-1', /0 to 32, not "-1"/],
    ['10.0.0.0/08', /0 to 32, not "08"/],
    ['10.0.0.0/8/8', /0 to 32/],
    ['10.0.0.0/255.0.0.0', /0 to 32/],
    ['10.0.0.0/ 8', /0 to 32/],
    ['2001:db8::/129', /0 to 128/],
    ['::ffff:10.0.0.0/8', /at least \/96 .*"10\.0\.0\.0\/8"/],
    ['::ffff:0:0/95', /at least \/96/],
    ['010.0.0.1', /four decimal numbers/],
    ['127.1', /four decimal numbers/],
    ['10.0.0.0 ', /white space/],
    ['fe80::1%eth0', /zone/],
    ['localhost', /"localhost" is no IP address/],
  ])('refuses %j', (entry, problem) => {
    expect(() => parsePrefix(entry)).toThrow(PrefixError);
    expect(() => parsePrefix(entry)).toThrow(problem);
    expect(() => parsePrefix(entry)).toThrow(JSON.stringify(entry));
    expect(() => parsePrefix(entry)).toThrow(/Accepted are IP addresses and CIDRs/);
  });

  it('refuses what is not a string', () => {
    expect(() => parsePrefix(42 as unknown as string)).toThrow(/it is a number, not a string/);
  });
});

describe('PrefixSet', () => {
  it.each<[string[], string, boolean]>([
    [[], '10.0.0.1', false],
    [['10.0.0.0/8'], '10.255.255.255', true],
    [['10.0.0.0/8'], '11.0.0.0', false],
    [['10.0.0.0/8'], '9.255.255.255', false],
    [['10.9.9.9/8'], '10.0.0.0', true],
    [['10.0.0.0/8'], '::ffff:10.1.1.1', true],
    [['::ffff:10.0.0.0/104'], '10.1.1.1', true],
    [['192.0.2.1'], '192.0.2.1', true],
    [['192.0.2.1'], '192.0.2.2', false],
    [['0.0.0.0/0'], '255.255.255.255', true],
    [['0.0.0.0/0'], '0.0.0.0', true],
    [['0.0.0.0/0'], '::1', false],
    [['::/0'], '2001:db8::1', true],
    [['::/0'], '10.0.0.1', false],
    [['::/0'], '::ffff:10.0.0.1', false],
    [['255.255.255.255'], '255.255.255.255', true],
    [['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'], 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true],
    [['2001:db8::/32'], '2001:DB8:ffff::', true],
    [['2001:db8::/32'], '2001:db9::', false],
    [['2001:db8::/33'], '2001:db8:8000::', false],
    [['2001:db8:0:ffff:ffff:ffff:ffff:ffff'], '2001:db8:1::', false],
    [['0.0.0.0/0'], 'nonsense', false],
    [['0.0.0.0/0', '::/0'], '', false],
  ])('%j has %s: %s', (entries, ip, expected) => expect(PrefixSet.from(entries).has(ip)).toBe(expected));

  it('names the bad entry', () => {
    expect(() => PrefixSet.from(['10.0.0.0/8', '300.1.1.1'])).toThrow(/"300\.1\.1\.1"/);
  });

  it.each([
    [[], [], false],
    [['10.0.0.0/8'], ['10.1.0.0/16'], true],
    [['10.1.0.0/16'], ['10.0.0.0/8'], true],
    [['10.0.0.0/8'], ['11.0.0.0/8'], false],
    [['2001:db8::/32'], ['2001:db8::1'], true],
    [['0.0.0.0/0'], ['::1'], false],
  ])('%j and %j overlap: %s', (a, b, expected) => {
    expect(PrefixSet.from(a).overlaps(PrefixSet.from(b))).toBe(expected);
  });

  it.each([
    [[], false],
    [['0.0.0.0/0'], true],
    [['::/0', '10.0.0.0/8'], true],
    [['0.0.0.0/1', '128.0.0.0/1'], true],
    [['0.0.0.0/1', '129.0.0.0/8'], false],
    [['0.0.0.0/1'], false],
    [['128.0.0.0/1'], false],
  ])('%j covers a family: %s', (entries, expected) => {
    expect(PrefixSet.from(entries).coversAFamily).toBe(expected);
  });

  it('agrees with net.BlockList on random nested networks', () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = new SeededRandom(seed);
      // One list per family: BlockList finds IPv4 addresses in ::/0, as mapped ones.
      const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
      const entries = Array.from({ length: 1 + random.int(seed < 30 ? 8 : 200) }, () => {
        const prefix = randomPrefix(random);
        lists[prefix.family].addSubnet(prefix.address, prefix.length, prefix.family);
        return `${prefix.address}/${prefix.length}`;
      });
      const set = PrefixSet.from(entries);
      for (let i = 0; i < 300; i++) {
        const { address, family } = random.int(2) ? randomPrefix(random) : nearEdge(random, random.pick(entries));
        if (set.has(address) !== lists[family].check(address, family)) {
          throw new Error(`seed ${seed}: net.BlockList disagrees on ${address} in ${entries.join(' ')}`);
        }
      }
    }
  });
});

describe('PrefixMap', () => {
  it('gives the value of the longest prefix', () => {
    const map = PrefixMap.from([
      ['10.1.0.0/16', 'inner'],
      ['10.0.0.0/8', 'outer'],
      ['10.1.2.0/24', 'innermost'],
      ['10.1.2.3', 'single'],
      ['0.0.0.0/0', 'all'],
      ['2001:db8::/32', 'six'],
    ]);
    const found = ['10.1.2.3', '10.1.2.4', '10.1.3.0', '10.2.0.0', '11.0.0.0', '2001:db8::1', '2001:db9::'];
    expect(found.map((ip) => map.get(ip))).toEqual(['single', 'innermost', 'inner', 'outer', 'all', 'six', undefined]);
    expect(map.get('nonsense')).toBeUndefined();
  });

  it('gives equal networks the later value', () => {
    const map = PrefixMap.from([
      ['10.0.0.0/8', 'first'],
      ['10.1.2.3/8', 'second'],
    ]);
    expect(map.get('10.0.0.0')).toBe('second');
  });

  it('agrees with a linear search for the longest match', () => {
    for (let seed = 100; seed < 130; seed++) {
      const random = new SeededRandom(seed);
      const entries = Array.from({ length: 1 + random.int(150) }, () => {
        const { address, length, family } = randomPrefix(random);
        return { text: `${address}/${length}`, length, family, value: random.int(5) };
      });
      const lists = entries.map(({ text, length, family }) => {
        const list = new BlockList();
        list.addSubnet(text.split('/')[0]!, length, family);
        return list;
      });
      const map = PrefixMap.from(entries.map(({ text, value }) => [text, value] as const));
      for (let i = 0; i < 100; i++) {
        const { address, family } = nearEdge(random, random.pick(entries).text);
        const best = entries
          .filter((entry, at) => entry.family === family && lists[at]!.check(address, family))
          .reduce<(typeof entries)[number] | undefined>((a, b) => (a && a.length > b.length ? a : b), undefined);
        if (map.get(address) !== best?.value) throw new Error(`seed ${seed}: ${address} is ${map.get(address)}`);
      }
    }
  });
});

interface RandomPrefix {
  address: string;
  length: number;
  family: 'ipv4' | 'ipv6';
}

/** From a small part of the address space, so that networks nest and touch. */
function randomPrefix(random: SeededRandom): RandomPrefix {
  if (random.int(2)) {
    const address = `${random.pick([10, 11, 255])}.${random.int(3)}.${random.pick([0, 255])}.${random.int(256)}`;
    return { address, length: random.pick([0, 1, 7, 8, 15, 16, 24, 31, 32, 28, 30]), family: 'ipv4' };
  }
  const address = `${random.pick(['2001', 'ffff'])}:${random.int(3)}:${random.pick(['0', 'ffff'])}::${random.int(300).toString(16)}`;
  return { address, length: random.pick([0, 1, 16, 31, 32, 33, 48, 64, 96, 97, 127, 128]), family: 'ipv6' };
}

/** The first address of a network, its last, or a neighbour of either. */
function nearEdge(random: SeededRandom, prefix: string): { address: string; family: 'ipv4' | 'ipv6' } {
  const { family, words, length } = parsePrefix(prefix);
  const bits = family === 4 ? 32n : 128n;
  const first = words.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);
  const size = 1n << (bits - BigInt(length));
  const edge = random.pick([first - 1n, first, first + size - 1n, first + size]);
  const value = ((edge % (1n << bits)) + (1n << bits)) % (1n << bits);
  if (family === 4) {
    return { address: [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.'), family: 'ipv4' };
  }
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - i * 16)) & 0xffffn).toString(16));
  return { address: groups.join(':'), family: 'ipv6' };
}
