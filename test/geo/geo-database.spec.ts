import { readFile } from 'node:fs/promises';
import { Reader, type Response } from 'maxmind';
import { bundledDatabase } from '../../lib/geo/bundled-source';
import { GeoDatabase } from '../../lib/geo/geo-database';
import { DatabaseRejected } from '../../lib/geo/mmdb-structure';
import { control, encode, type MmdbOptions, type MmdbValue, writeMmdb } from '../support/mmdb-writer';

const NETWORKS = {
  '1.0.0.0/24': 'AU',
  '81.2.69.160/27': 'GB',
  '203.0.112.0/22': 'fr',
  '2001:218::/32': 'JP',
  '10.0.0.0/8': 'US',
};

const LAYOUTS: Record<string, (country: string) => MmdbValue> = {
  MaxMind: (country) => ({
    continent: { code: 'EU', names: { en: 'Somewhere' } },
    country: { iso_code: country, names: { en: 'A name' } },
    traits: { autonomous_system_number: 64500, autonomous_system_organization: 'Example' },
  }),
  IPinfo: (country) => ({ country, continent: 'EU', asn: 'AS64500', as_name: 'Example' }),
  'IPinfo Lite': (country) => ({
    country: 'The Name of a Country',
    country_code: country,
    continent: 'Europe',
    continent_code: 'EU',
    asn: 'AS64500',
    as_name: 'Example',
  }),
};

function database(record: (country: string) => MmdbValue, options?: MmdbOptions): Buffer {
  const entries = Object.entries(NETWORKS).filter(([network]) => options?.ipVersion !== 4 || !network.includes(':'));
  return writeMmdb(Object.fromEntries(entries.map(([network, country]) => [network, record(country)])), options);
}

const small = (options?: MmdbOptions) => database((country) => ({ country_code: country }), options);

describe('GeoDatabase', () => {
  describe.each([24, 28, 32] as const)('with records of %i bits', (recordSize) => {
    it.each([
      ['1.0.0.1', 'AU'],
      ['81.2.69.159', undefined],
      ['81.2.69.160', 'GB'],
      ['81.2.69.191', 'GB'],
      ['81.2.69.192', undefined],
      ['::ffff:81.2.69.160', 'GB'],
      ['203.0.113.7', 'FR'],
      ['2001:218::1', 'JP'],
      ['2001:219::1', undefined],
      ['10.1.2.3', undefined],
      ['127.0.0.1', undefined],
      ['::1', undefined],
      ['not an address', undefined],
    ])('finds the country of %s to be %s', async (ip, country) => {
      const geo = await GeoDatabase.open(small({ recordSize }));
      expect(geo.country(ip)).toBe(country);
      expect(geo.country(ip)).toBe(country);
      expect(geo.lookup(ip)?.country).toBe(country);
    });
  });

  it('knows no IPv6 address when the database has only IPv4', async () => {
    const geo = await GeoDatabase.open(small({ ipVersion: 4 }));
    expect(geo.country('81.2.69.160')).toBe('GB');
    expect(geo.country('2001:218::1')).toBeUndefined();
  });

  it.each(Object.entries(LAYOUTS))('reads country, continent and network of the %s layout', async (_, record) => {
    const geo = await GeoDatabase.open(database(record));
    expect(geo.country('81.2.69.160')).toBe('GB');
    expect(geo.lookup('81.2.69.160')).toEqual({ country: 'GB', continent: 'EU', asn: 64500, organization: 'Example' });
  });

  it.each(['ZZ', 'XX', 'EUR', '', '--'])('takes the code %p for unknown', async (code) => {
    const geo = await GeoDatabase.open(
      writeMmdb({ '1.0.0.0/24': { country_code: code }, '81.2.69.160/27': { country_code: 'GB' } }),
    );
    expect(geo.country('1.0.0.1')).toBeUndefined();
  });

  it('agrees with the reader of maxmind on every address of the CC0 database that it is asked', async () => {
    const bytes = await readFile(bundledDatabase()!);
    const reader = new Reader<Response>(bytes);
    const geo = await GeoDatabase.open(bytes);
    let found = 0;
    for (let i = 0; i < 3000; i++) {
      const ip =
        i % 3 === 0
          ? `2${(i % 16).toString(16)}0${(i % 7).toString(16)}:${((i * 37) % 0xffff).toString(16)}::${i.toString(16)}`
          : `${20 + (i % 80)}.${(i * 31) % 256}.${(i * 7) % 256}.9`;
      const expected = (reader.get(ip) as { country_code?: string } | null)?.country_code;
      if (expected) found++;
      expect([ip, geo.country(ip)]).toEqual([ip, expected]);
    }
    expect(found).toBeGreaterThan(1500);
  });
});

describe('a broken database', () => {
  const good = small();
  const data = (record: Buffer) => {
    const marker = good.lastIndexOf('\xab\xcd\xefMaxMind.com', undefined, 'latin1');
    const first = encode({ country_code: 'AU' });
    const start = good.indexOf(first);
    return Buffer.concat([
      good.subarray(0, start),
      record,
      good.subarray(start + record.length, marker),
      good.subarray(marker),
    ]);
  };
  const nested = (levels: number, type: 7 | 11) =>
    Buffer.concat(
      Array.from({ length: levels }, () =>
        Buffer.concat([control(type, 1), type === 7 ? encode('a') : Buffer.alloc(0)]),
      ),
    );

  it.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /no MaxMind metadata/],
    ['text', Buffer.from('hello'), /no MaxMind metadata/],
    ['the marker alone', Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), /past the end/],
    ['one that lost its end', good.subarray(0, good.length - 40), /past the end|metadata/],
    ['one that lost its tree', good.subarray(good.length / 2), /nodes|outside|separator/],
    ['more nodes than bytes', small({ metadata: { node_count: 4_000_000_000 } }), /more than the file holds/],
    ['no nodes', small({ metadata: { node_count: 0 } }), /nodes/],
    ['an odd record size', small({ metadata: { record_size: 23 } }), /record size/],
    ['a wrong record size', small({ metadata: { record_size: 32 } }), /nodes|outside|separator/],
    ['an unknown version', small({ metadata: { binary_format_major_version: 3 } }), /unknown format/],
    ['an unknown IP version', small({ metadata: { ip_version: 5 } }), /unknown format/],
    ['no date', small({ metadata: { build_epoch: 'never' } }), /date/],
    ['a node that points into the separator', small({ metadata: { node_count: 20 } }), /separator|outside/],
    ['a record that is a huge map', data(control(7, 16_000_000)), /claims 32000000 members/],
    ['a record that is a huge array', data(control(11, 16_000_000)), /claims 16000000 members/],
    ['a record that points to itself', data(Buffer.from([0x20, 0x00])), /without end/],
    ['a record of an unknown type', data(Buffer.from([0x00, 0x3f])), /unknown type/],
    ['a record that runs away', data(control(2, 60_000)), /past the end/],
    ['deep maps', writeDeep(nested(400, 7)), /without end/],
    ['deep arrays', writeDeep(nested(400, 11)), /without end/],
    ['no countries', writeMmdb({ '1.0.0.0/24': { autonomous_system_number: 1 } }), /no country/],
    ['no records', writeMmdb({}), /nodes/],
  ])('is refused: %s', async (_, bytes, why) => {
    const opened = GeoDatabase.open(bytes);
    await expect(opened).rejects.toBeInstanceOf(DatabaseRejected);
    await expect(opened).rejects.toThrow(why);
  });

  function writeDeep(record: Buffer): Buffer {
    // A run of text as long as the hostile record makes the room that it is then written into.
    const room = writeMmdb({ '1.0.0.0/24': { country_code: 'AU', x: 'y'.repeat(record.length) } });
    const start = room.indexOf(encode({ country_code: 'AU' }).subarray(1)) - 1;
    record.copy(room, start);
    return room;
  }

  it('is refused, or answers every lookup, whatever bytes were damaged', async () => {
    // A linear congruential generator: the same damage in every run.
    let seed = 42;
    const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
    const layouts = Object.values(LAYOUTS).map((record) => database(record));
    let refused = 0;
    let survived = 0;
    for (let round = 0; round < 1500; round++) {
      const bytes = Buffer.from(layouts[round % layouts.length]!);
      for (let damage = 0; damage <= random(3); damage++) bytes[random(bytes.length)] = random(256);
      const cut = round % 5 === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
      try {
        const geo = await GeoDatabase.open(cut);
        for (const ip of ['1.0.0.1', '81.2.69.160', '203.0.113.7', '2001:218::1', '8.8.8.8', 'ffff::']) {
          geo.country(ip);
          geo.lookup(ip);
        }
        survived++;
      } catch (error) {
        if (!(error instanceof DatabaseRejected)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(300);
    expect(survived).toBeGreaterThan(300);
  });
});
