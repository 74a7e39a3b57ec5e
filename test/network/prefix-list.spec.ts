import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { formatPrefix, parsePrefix } from '../../lib/network/prefix';
import { type PrefixColumns, PrefixList } from '../../lib/network/prefix-list';
import { PrefixMap } from '../../lib/network/prefix-set';
import { PrefixTable } from '../../lib/network/prefix-table';

/** Networks of both families with values of 0, 1 and 2, the last addresses first. */
function large(ofEach = 50_000): PrefixList<number> {
  const list = new PrefixList<number>();
  for (let i = ofEach - 1; i >= 0; i--) {
    list.add(parsePrefix(`${i >>> 8}.${i & 255}.77.128/25`), i % 3);
    list.add(parsePrefix(`2001:${(i >>> 8).toString(16)}:${(i & 255).toString(16)}:7::/64`), i % 3);
  }
  return list;
}

/** The most networks that are looked at between two chances to pause, and how many chances there are. */
function slicesOf(columns: PrefixColumns): { most: number; count: number } {
  let looks = 0;
  let most = 0;
  let count = 0;
  const watched = new Proxy(columns, {
    get(target, property) {
      if (property === 'compare' || property === 'prefixAt') looks++;
      return Reflect.get(target, property) as unknown;
    },
  });
  for (const task = PrefixTable.build(watched, 0); !task.next().done; count++) {
    most = Math.max(most, looks);
    looks = 0;
  }
  return { most, count };
}

describe('PrefixList', () => {
  it('has what was added, IPv4 first, beyond the room that it began with', () => {
    const list = new PrefixList<string>();
    const networks = Array.from({ length: 500 }, (_, i) => [
      `2001:db8:${i.toString(16)}::/48`,
      `10.${i >> 8}.${i & 255}.0/24`,
    ]);
    for (const [ipv6, ipv4] of networks) {
      list.add(parsePrefix(ipv6!), 'six');
      list.add(parsePrefix(ipv4!), 'four');
    }
    expect(list.size).toBe(1_000);
    expect(list.values).toEqual(['six', 'four']);
    expect([...list].map(([prefix, value]) => `${formatPrefix(prefix)} ${value}`)).toEqual([
      ...networks.map(([, ipv4]) => `${ipv4} four`),
      ...networks.map(([ipv6]) => `${formatPrefix(parsePrefix(ipv6!))} six`),
    ]);
  });

  it('needs less than 50 bytes for a network, and keeps no object for it', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const used = () => {
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return { heap: heapUsed, all: heapUsed + arrayBuffers };
    };
    large();
    const before = used();
    const list = large();
    const after = used();
    expect(list.size).toBe(100_000);
    expect((after.all - before.all) / list.size).toBeLessThan(50);
    expect((after.heap - before.heap) / list.size).toBeLessThan(20);
  });
});

describe('a map of a large list', () => {
  it('is right about 100,000 networks', async () => {
    const map = await PrefixMap.fromList(large());
    for (let i = 0; i < 50_000; i += 97) {
      const high = (i >>> 8).toString(16);
      const low = (i & 255).toString(16);
      expect(map.get(`${i >>> 8}.${i & 255}.77.200`)).toBe(i % 3);
      expect(map.get(`${i >>> 8}.${i & 255}.77.127`)).toBeUndefined();
      expect(map.get(`${i >>> 8}.${i & 255}.78.0`)).toBeUndefined();
      expect(map.get(`2001:${high}:${low}:7:1::1`)).toBe(i % 3);
      expect(map.get(`2001:${high}:${low}:8::`)).toBeUndefined();
    }
  });

  it('is built in slices', () => {
    const { ipv4, ipv6 } = large(20_000);
    for (const columns of [ipv4, ipv6]) {
      const { most, count } = slicesOf(columns);
      // A slice sorts 1,024 networks with some 1,024 · log2(1,024) comparisons.
      expect(most).toBeLessThan(12_000);
      expect(count).toBeGreaterThan(100);
    }
  });

  it('lets the event loop run', async () => {
    const list = large();
    let turns = 0;
    let building = true;
    const count = (): void => {
      turns++;
      if (building) setImmediate(count);
    };
    setImmediate(count);
    await PrefixMap.fromList(list);
    building = false;
    expect(turns).toBeGreaterThan(10);
  });
});
