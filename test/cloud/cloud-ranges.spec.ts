import { type CloudRanges, RangeCollector } from '../../lib/cloud/cloud-ranges';
import { parseRanges, serializeRanges } from '../../lib/cloud/cloud-snapshot';
import { FeedRejected } from '../../lib/cloud/feeds/feed';
import { RangeAcceptance } from '../../lib/cloud/range-acceptance';
import { formatPrefix } from '../../lib/network/prefix';

async function ranges(networks: Record<string, string[]>, updatedAt = new Date()): Promise<CloudRanges> {
  const collector = new RangeCollector();
  for (const [region, prefixes] of Object.entries(networks)) {
    for (const prefix of prefixes) collector.add({ prefix, region });
  }
  return collector.ranges('Azure', updatedAt);
}

function byRegion({ networks }: CloudRanges): Record<string, string[]> {
  const regions: Record<string, string[]> = {};
  for (const [prefix, region] of networks) (regions[region] ??= []).push(formatPrefix(prefix));
  return regions;
}

async function textOf(all: CloudRanges[]): Promise<string> {
  let text = '';
  for await (const line of serializeRanges(all)) text += line;
  return text;
}

describe('RangeCollector', () => {
  it('merges networks by region', async () => {
    const merged = await ranges({
      'Eu-West-1': ['3.0.0.0/16', '3.1.0.0/16', '3.1.7.0/24', '3.0.0.0/16', '2A05:D018:0::/36'],
      'us-east-1': ['52.0.0.0/9', '52.1.0.0/16'],
    });
    expect(byRegion(merged)).toEqual({
      'eu-west-1': ['3.0.0.0/15', '2a05:d018::/36'],
      'us-east-1': ['52.0.0.0/9'],
    });
    expect(merged.size).toBe(3);
    expect(merged.regions).toEqual(['eu-west-1', 'us-east-1']);
  });

  it('gives a network without a region the region around it', async () => {
    const merged = await ranges({
      '': ['20.0.7.0/24', '20.9.0.0/16', '20.3.0.0/16', '20.6.0.0/15', '2603:1020:5::/48', '2603:1030::/32'],
      westeurope: ['20.0.0.0/16', '20.3.0.0/16', '20.6.0.0/16', '2603:1020::/36'],
    });
    expect(byRegion(merged)).toEqual({
      westeurope: ['20.0.0.0/16', '20.3.0.0/16', '20.6.0.0/16', '2603:1020::/36'],
      '': ['20.7.0.0/16', '20.9.0.0/16', '2603:1030::/32'],
    });
  });

  it.each([
    ['the first', ['first', 'second'], 'first'],
    ['one rather than none', ['', 'first', 'second', ''], 'first'],
    ['that of the network around it', ['', ''], 'around'],
  ])('of the regions of a network that is listed more than once takes %s', async (_, regions, expected) => {
    const collector = new RangeCollector();
    collector.add({ prefix: '20.8.0.0/13', region: 'around' });
    for (const region of regions) collector.add({ prefix: '20.9.0.0/16', region });
    const merged = await collector.ranges('Azure', new Date());
    expect(merged.regions).toEqual([...new Set(['around', expected])]);
    expect(merged.size).toBe(expected === 'around' ? 1 : 4);
  });

  it.each([
    ['nothing', [], /no networks/],
    ['a default route', ['3.0.0.0/16', '0.0.0.0/0'], /more than any provider owns/],
    ['an IPv6 default route', ['3.0.0.0/16', '::/0'], /more than any provider owns/],
    ['half of the internet', ['0.0.0.0/1', '128.0.0.0/1'], /more than any provider owns/],
    ['a /7', ['52.0.0.0/7'], /more than any provider owns/],
    ['an IPv6 /18', ['2600:4000::/18'], /more than any provider owns/],
    ['private space', ['3.0.0.0/16', '10.0.0.0/24'], /private/],
    ['a network around private space', ['192.0.0.0/8'], /private/],
    ['carrier space', ['100.64.0.0/16'], /private/],
    ['loopback', ['127.0.0.1'], /private/],
    ['link-local space', ['169.254.169.254'], /private/],
    ['multicast', ['224.0.0.0/24'], /private/],
    ['the IPv6 loopback', ['::1'], /private/],
    ['unique local space', ['fd00::/32'], /private/],
    ['IPv6 multicast', ['ff02::/32'], /private/],
    ['junk', ['3.0.0.0/16', 'nonsense'], /1 of its 2 entries/],
  ])('refuses %s', async (_, prefixes, why) => {
    const result = ranges({ '': prefixes });
    await expect(result).rejects.toBeInstanceOf(FeedRejected);
    await expect(result).rejects.toThrow(why);
  });

  it('leaves out relays that anybody may use', async () => {
    const merged = await ranges({ '': ['2002::/16', '192.88.99.0/24', '2001::/32', '45.32.0.0/21'] });
    expect(byRegion(merged)).toEqual({ '': ['45.32.0.0/21'] });
  });

  it('lets a slip in a long feed pass', async () => {
    const many = Array.from({ length: 200 }, (_, i) => `3.${i}.0.0/24`);
    expect((await ranges({ '': [...many, 'nonsense'] })).size).toBe(200);
  });

  it('refuses a feed that exploded', async () => {
    const collector = new RangeCollector();
    expect(() => {
      for (let i = 0; i < 400_000; i++) collector.add({ prefix: '3.0.0.0/24', region: '' });
    }).toThrow(/more than 300000/);
  });

  it('measures coverage without counting anything twice', async () => {
    const { coverage } = await ranges({ a: ['3.0.0.0/8', '3.1.0.0/16'], b: ['3.2.0.0/16', '2600::/20'] });
    expect(coverage).toEqual({ ipv4: 2 ** -8, ipv6: 2 ** -20 });
  });
});

describe('RangeAcceptance', () => {
  const blocks = (count: number) => ranges({ '': Array.from({ length: count }, (_, i) => `3.${i}.0.0/16`) });
  const both = () => ranges({ '': ['3.0.0.0/16', '2600::/32'] });

  it.each([
    [100, 71, undefined],
    [100, 69, /IPv4 space shrank to 69 %/],
    [100, 10, /shrank to 10 %/],
    [10, 30, undefined],
    [10, 31, /grew 3 times/],
    [10, 200, /grew 20 times/],
  ])('from %i to %i networks', async (before, after, why) => {
    const objection = new RangeAcceptance().objection(await blocks(before), await blocks(after));
    if (why) expect(objection).toMatch(why);
    else expect(objection).toBeUndefined();
  });

  it('believes anything first, having nothing to compare with', async () => {
    expect(new RangeAcceptance().objection(undefined, await blocks(1))).toBeUndefined();
  });

  it('looks at each family by itself', async () => {
    const acceptance = new RangeAcceptance();
    expect(acceptance.objection(await both(), await blocks(1))).toMatch(/IPv6 space shrank to 0 %/);
    expect(acceptance.objection(await blocks(1), await both())).toBeUndefined();
  });

  it('believes what it was told three times in a row', async () => {
    const acceptance = new RangeAcceptance();
    const current = await blocks(100);
    expect(acceptance.objection(current, await blocks(40))).toMatch(/1 of 3/);
    expect(acceptance.objection(current, await blocks(41))).toMatch(/2 of 3/);
    expect(acceptance.objection(current, await blocks(42))).toBeUndefined();
  });

  it('starts counting anew when the story changes', async () => {
    const acceptance = new RangeAcceptance();
    const current = await blocks(100);
    expect(acceptance.objection(current, await blocks(40))).toMatch(/1 of 3/);
    expect(acceptance.objection(current, await blocks(20))).toMatch(/1 of 3/);
    expect(acceptance.objection(current, await blocks(20))).toMatch(/2 of 3/);
    expect(acceptance.objection(current, await blocks(100))).toBeUndefined();
    expect(acceptance.objection(current, await blocks(20))).toMatch(/1 of 3/);
  });
});

describe('a snapshot', () => {
  it('reads back as it was written', async () => {
    const written = await ranges(
      { westeurope: ['20.0.0.0/16', '2603:1020::/36'], '': ['40.0.0.0/16'] },
      new Date('2026-11-01T00:00:00Z'),
    );
    const [read, ...rest] = await parseRanges(await textOf([written]));
    expect(rest).toEqual([]);
    expect(read).toEqual(written);
  });

  it('has no line that takes long to write or to read', async () => {
    const regions = { a: '3.', b: '52.' };
    const written = await ranges(
      Object.fromEntries(
        Object.entries(regions).map(([region, octet]) => [
          region,
          Array.from({ length: 2_500 }, (_, i) => `${octet}${i >> 7}.${(i & 127) << 1}.0/24`),
        ]),
      ),
    );
    const text = await textOf([written]);
    const lines = text.split('\n').filter((line) => line !== '');
    expect(lines.length).toBeLessThan(10);
    for (const line of lines) expect(line.split('/24').length).toBeLessThan(1_026);
    expect(await parseRanges(text)).toEqual([written]);
  });

  it.each([
    ['HTML', '<html></html>'],
    ['another JSON', '{"a":1}'],
    [
      'an unknown provider',
      '{"provider":"Hetzner","updatedAt":"2026-11-01T00:00:00Z","region":"","prefixes":["3.0.0.0/16"]}',
    ],
    ['a bad date', '{"provider":"AWS","updatedAt":"soon","region":"","prefixes":["3.0.0.0/16"]}'],
    ['poison', '{"provider":"AWS","updatedAt":"2026-11-01T00:00:00Z","region":"","prefixes":["0.0.0.0/0"]}'],
    ['half of a line', '{"provider":"AWS","updatedAt":"2026-11-01T00:00:00Z","region":"","prefi'],
  ])('is refused when it is %s', async (_, text) => {
    await expect(parseRanges(text)).rejects.toBeInstanceOf(FeedRejected);
  });

  it('is never from the future', async () => {
    const line = JSON.stringify({
      provider: 'AWS',
      updatedAt: '2999-01-01T00:00:00Z',
      region: '',
      prefixes: ['3.0.0.0/16'],
    });
    const [read] = await parseRanges(line);
    expect(read!.updatedAt.getTime()).toBeLessThanOrEqual(Date.now());
  });
});
