import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type MmdbValue, writeMmdb } from '../support/mmdb-writer';
import { until } from '../support/until';
import { accidentsOf, endFleet, type Instance, startFleet } from './fleet';
import { measured, rounds } from './profile';
import { type Expected, steady } from './steady';

/** Its country changes with every database. */
const TRADED = '198.51.100.7';
const FRENCH = '192.0.2.7';
const GERMAN = '203.0.113.7';

/** A few thousand networks, and whose the traded one is. */
function database(country: string): Buffer {
  const others = Array.from({ length: 4_000 }, (_, index): [string, MmdbValue] => [
    `20.${index >> 8}.${index & 255}.0/24`,
    { country: { iso_code: ['IT', 'ES', 'PT', 'SE'][index % 4]! }, name: `network ${index}` },
  ]);
  return writeMmdb({
    ...Object.fromEntries(others),
    '192.0.2.0/24': { country: { iso_code: 'FR' } },
    '203.0.113.0/24': { country: { iso_code: 'DE' } },
    '198.51.100.0/24': { country: { iso_code: country } },
  });
}

const DATABASES = { FR: database('FR'), DE: database('DE') };
type Country = keyof typeof DATABASES;

/** Ways to bring a new file into place. */
const GOOD: readonly ((path: string, bytes: Buffer) => unknown)[] = [
  (path, bytes) => (writeFileSync(`${path}.new`, bytes), renameSync(`${path}.new`, path)),
  (path, bytes) => writeFileSync(path, bytes),
  // A copy over a slow network: the file is there before its end is.
  async (path, bytes) => {
    for (let part = 1; part <= 5; part++) {
      writeFileSync(path, bytes.subarray(0, Math.ceil((bytes.length * part) / 5)));
      await delay(150);
    }
  },
];

/** Ways to bring something else into place. */
const BAD: readonly ((path: string, bytes: Buffer) => unknown)[] = [
  (path, bytes) => writeFileSync(path, bytes.subarray(0, bytes.length >> 1)),
  (path, bytes) => writeFileSync(path, bytes.subarray(0, bytes.length - 40)),
  (path) => writeFileSync(path, ''),
  (path) => writeFileSync(path, '<html><body>Too many downloads</body></html>'),
  (path) => rmSync(path, { force: true }),
  (path, bytes) =>
    writeFileSync(path, Buffer.concat([Buffer.alloc(bytes.length >> 1, 0xff), bytes.subarray(bytes.length >> 1)])),
];

describe('F17: two applications whose country database', () => {
  let folder: string;
  let path: string;
  let fleet: Instance[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'guard-countries-'));
    chmodSync(folder, 0o755);
    path = join(folder, 'countries.mmdb');
    writeFileSync(path, DATABASES.FR);
    fleet = await startFleet(2, { geoDatabasePath: path, blockedCountries: ['FR'], whitelistCountries: ['FR', 'DE'] });
  });
  afterAll(async () => {
    expect(await accidentsOf(fleet)).toBe(0);
    await endFleet(fleet);
    rmSync(folder, { recursive: true, force: true });
  });

  it('is replaced again and again, by broken ones in between: no answer is wrong', async () => {
    let traded: Country = 'FR';
    const settled: number[] = [];
    for (let swap = 0; swap < rounds(100, 6); swap++) {
      const next: Country = traded === 'FR' ? 'DE' : 'FR';
      // What was right before and what will be: nothing is wrong about either while they change.
      const ask = (number: number, certain: boolean): Expected => {
        const [from, country] = [[FRENCH, 'FR'] as const, [GERMAN, 'DE'] as const, [TRADED, traded] as const][
          number % (certain ? 3 : 2)
        ]!;
        return ['/wide', from, country === 'FR' ? 403 : 200];
      };
      if (swap % 2 === 1) {
        const traffic = steady(fleet, 500, (number) => ask(number, true));
        await BAD[(swap >> 1) % BAD.length]!(path, DATABASES[next]);
        await delay(1_000);
        expect(await traffic.stop()).toEqual([]);
      }
      const changing = steady(fleet, 500, (number) => ask(number, false));
      await GOOD[swap % GOOD.length]!(path, DATABASES[next]);
      const written = performance.now();
      traded = next;
      await until(async () => {
        const countries = await Promise.all(fleet.map((instance) => instance.ask('countries', [TRADED])));
        return countries.flat().every((country) => country === next);
      }, 1_000);
      settled.push(performance.now() - written);
      expect(await changing.stop()).toEqual([]);
      const after = steady(fleet, 500, (number) => ask(number, true));
      await delay(300);
      expect(await after.stop()).toEqual([]);
    }
    measured('F17', { swaps: settled.length, 'slowest, ms': Math.max(...settled) });
  });
});
