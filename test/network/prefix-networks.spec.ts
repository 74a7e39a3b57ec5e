import { formatPrefix } from '../../lib/network/prefix';
import { PrefixMap } from '../../lib/network/prefix-set';

const merged = (entries: readonly (readonly [string, string])[]) =>
  [...PrefixMap.from(entries).networks()].map(([prefix, value]) => `${formatPrefix(prefix)} ${value}`);

describe('PrefixMap.networks', () => {
  it.each<[string, [string, string][], string[]]>([
    ['nothing', [], []],
    ['one address', [['192.0.2.1', 'a']], ['192.0.2.1 a']],
    ['all of IPv4', [['0.0.0.0/0', 'a']], ['0.0.0.0/0 a']],
    ['all of IPv6', [['::/0', 'a']], ['::/0 a']],
    [
      'the last address of each family',
      [
        ['255.255.255.255', 'a'],
        ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'a'],
      ],
      ['255.255.255.255 a', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff a'],
    ],
    [
      'halves',
      [
        ['10.0.0.0/9', 'a'],
        ['10.128.0.0/9', 'a'],
      ],
      ['10.0.0.0/8 a'],
    ],
    [
      'halves of several owners',
      [
        ['10.0.0.0/9', 'a'],
        ['10.128.0.0/9', 'b'],
      ],
      ['10.0.0.0/9 a', '10.128.0.0/9 b'],
    ],
    [
      'neighbours that are no halves',
      [
        ['10.128.0.0/9', 'a'],
        ['11.0.0.0/9', 'a'],
      ],
      ['10.128.0.0/9 a', '11.0.0.0/9 a'],
    ],
    [
      'what another holds already',
      [
        ['10.0.0.0/8', 'a'],
        ['10.1.0.0/16', 'a'],
        ['10.0.0.0/8', 'a'],
      ],
      ['10.0.0.0/8 a'],
    ],
    [
      'a hole',
      [
        ['10.0.0.0/30', 'a'],
        ['10.0.0.1', 'b'],
      ],
      ['10.0.0.0 a', '10.0.0.1 b', '10.0.0.2/31 a'],
    ],
    [
      'a hole over words',
      [
        ['2001:db8::/31', 'a'],
        ['2001:db8:ffff:ffff::/64', 'b'],
      ],
      [
        ...Array.from({ length: 32 }, (_, i) => expect.stringMatching(new RegExp(`/${33 + i} a$`)) as string),
        '2001:db8:ffff:ffff::/64 b',
        '2001:db9::/32 a',
      ],
    ],
  ])('merges %s', (_, entries, networks) => {
    expect(merged(entries)).toEqual(networks);
  });

  it('gives every address the value that it had', () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
    for (let round = 0; round < 200; round++) {
      const entries = Array.from({ length: 1 + random(30) }, (_, i): [string, string] => {
        const value = 'abc'.charAt(random(3));
        return i % 2
          ? [`10.${random(2)}.${random(4)}.${random(256)}/${14 + random(19)}`, value]
          : [`2001:db8:${random(3)}:${random(4)}::${random(8)}/${30 + random(99)}`, value];
      });
      const map = PrefixMap.from(entries);
      const networks = [...map.networks()].map(([prefix, value]): [string, string] => [formatPrefix(prefix), value]);
      const again = PrefixMap.from(networks);
      expect([...again.networks()].length).toBe(networks.length);
      const edges = [...entries, ...networks].map(([network]) => network.split('/')[0]!);
      const others = Array.from({ length: 200 }, (_, i) =>
        i % 2 ? `10.${random(3)}.${random(6)}.${random(256)}` : `2001:db8:${random(4)}:${random(5)}::${random(16)}`,
      );
      for (const ip of [...edges, ...others]) expect([ip, again.get(ip)]).toEqual([ip, map.get(ip)]);
      // They are disjoint: none lies in another.
      expect(new Set(networks.map(([network]) => network)).size).toBe(networks.length);
    }
  });
});
