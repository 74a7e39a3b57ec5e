import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RedisServer } from '../support/redis-server';
import { until } from '../support/until';
import { accidentsOf, endFleet, flood, freshClient, type Instance, type ProcessOptions, startFleet } from './fleet';
import { rounds } from './profile';

/** libfaketime, where Debian and Homebrew put it. */
const FAKETIME = ['/usr/lib', '/usr/local/lib', '/opt/homebrew/lib']
  .filter(existsSync)
  .flatMap((folder) => [folder, ...readdirSync(folder).map((name) => join(folder, name))])
  .flatMap((folder) => ['libfaketime.so.1', 'libfaketime.1.dylib'].map((name) => join(folder, 'faketime', name)))
  .find(existsSync);

/** A process that takes the time for another one; the clock that never goes back is left alone, as it is by `date -s`. */
function clock(environment: NodeJS.ProcessEnv): ProcessOptions {
  if (FAKETIME === undefined) {
    throw new Error('libfaketime is needed here: apt-get install libfaketime, or brew install libfaketime');
  }
  const preload = process.platform === 'darwin' ? 'DYLD_INSERT_LIBRARIES' : 'LD_PRELOAD';
  return { env: { [preload]: FAKETIME, FAKETIME_DONT_FAKE_MONOTONIC: '1', ...environment } };
}

describe.each(['+61s', '-61s', '+1h', '-1h'])('F10: four applications, two of them at %s', (offset) => {
  let redis: RedisServer;
  let fleet: Instance[];
  beforeAll(async () => {
    redis = await RedisServer.start();
    const config = { redisUrl: redis.url, redisCommandTimeout: 5 };
    fleet = await startFleet(4, config, (index) => (index < 2 ? {} : clock({ FAKETIME: offset })));
  });
  afterAll(async () => {
    expect(await accidentsOf(fleet)).toBe(0);
    await endFleet(fleet);
    await redis.stop();
  });

  it.each([
    [1, 16],
    [10, 16],
    [10, 128],
    [100, 128],
  ])('admit exactly %i, asked by %i at a time, in each round', async (limit, concurrency) => {
    const requests = Math.max(3 * limit, concurrency);
    for (let round = 0; round < rounds(20, 3); round++) {
      const found = await flood(fleet, `/limit/${limit}`, { requests, concurrency });
      expect([round, found]).toEqual([round, { 200: limit, 429: requests - limit }]);
    }
  });

  it('agree on who is banned, and when it ends', async () => {
    const all = (from: string) => Promise.all(fleet.map((instance) => instance.status('/wide', from)));
    for (const instance of fleet) {
      const banned = freshClient();
      await instance.ask('ban', [banned]);
      await until(async () => (await all(banned)).every((status) => status === 403), 1_000);
      await fleet[0]!.ask('unban', [banned]);
      await until(async () => (await all(banned)).every((status) => status === 200), 1_000);
    }
  });
});

describe('F20: an application on Express in Greenwich, one on Fastify in Kathmandu, whose clock', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guard-clock-'));
  const file = join(folder, 'offset');
  let fleet: Instance[];

  /** From now on it is so many seconds later there than here. */
  const shift = (seconds: number): void => writeFileSync(file, `${seconds >= 0 ? '+' : ''}${seconds.toFixed(3)}s\n`);
  /** From now on it is that moment there. */
  const travel = (moment: string): void => shift((Date.parse(moment) - Date.now()) / 1_000);

  beforeAll(async () => {
    shift(0);
    const environment = { FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' };
    const zones = ['UTC', 'Asia/Kathmandu'];
    // A ban that a test can wait for, after one suspicious request.
    const config = { autoBanThreshold: 1, autoBanDuration: 4 };
    fleet = await startFleet(2, config, (index) => clock({ ...environment, TZ: zones[index] }));
  });
  afterAll(async () => {
    expect(await accidentsOf(fleet)).toBe(0);
    await endFleet(fleet);
    rmSync(folder, { recursive: true, force: true });
  });
  const both = (path: string, from: string) => Promise.all(fleet.map((instance) => instance.status(path, from)));

  const STEPS = [3_600, -3_600, 86_400 * 366, 0];

  it('steps while a window runs: it neither ends nor lasts', async () => {
    for (let round = 0; round < rounds(5, 1); round++) {
      const from = freshClient();
      const began = performance.now();
      for (const instance of fleet) {
        expect(await flood([instance], '/brief', { requests: 20, concurrency: 5, from })).toEqual({ 200: 10, 429: 10 });
      }
      for (const step of STEPS) {
        shift(step);
        const found = await both('/brief', from);
        // The window is 4 s; a machine that took them to get here has nothing to say.
        if (performance.now() - began < 4_000) expect([step, found]).toEqual([step, [429, 429]]);
      }
      shift(-86_400);
      await until(async () => (await both('/brief', from)).every((status) => status === 200), 4_000);
      shift(0);
    }
  });

  it('steps while a ban lasts: it ends when it would have', async () => {
    for (let round = 0; round < rounds(5, 1); round++) {
      const from = freshClient();
      const began = performance.now();
      expect(await both('/wide?q=%3Cscript%3Ealert(1)%3C/script%3E', from)).toEqual([403, 403]);
      for (const step of STEPS) {
        shift(step);
        const found = await both('/wide', from);
        if (performance.now() - began < 4_000) expect([step, found]).toEqual([step, [403, 403]]);
      }
      shift(-86_400);
      await until(async () => (await both('/wide', from)).every((status) => status === 200), 4_000);
      shift(0);
    }
  });

  it.each<[what: string, path: string, before: string, statusBefore: number, statusAfter: number]>([
    ['a working day begins in winter', '/office', '2026-11-23T07:59:58.500Z', 403, 200],
    ['a working day ends in winter', '/office', '2026-11-23T15:59:58.500Z', 200, 403],
    ['a working day begins in summer', '/office', '2026-07-13T06:59:58.500Z', 403, 200],
    ['Friday ends', '/office', '2026-11-27T15:59:58.500Z', 200, 403],
    ['the hour from two to three is left out in spring', '/odd-hour', '2026-03-29T00:59:58.500Z', 403, 403],
    ['that hour begins in autumn', '/odd-hour', '2026-10-24T23:59:58.500Z', 403, 200],
    ['that hour is repeated in autumn', '/odd-hour', '2026-10-25T00:59:58.500Z', 200, 200],
    ['that hour ends in autumn, after two', '/odd-hour', '2026-10-25T01:59:58.500Z', 200, 403],
    ['a leap day begins', '/tuesday', '2028-02-28T23:59:58.500Z', 403, 200],
    ['a leap day ends', '/tuesday', '2028-02-29T23:59:58.500Z', 200, 403],
    ['the 28th of February ends in a year without a leap day', '/tuesday', '2027-02-28T23:59:58.500Z', 403, 403],
    ['a year ends', '/tuesday', '2030-12-31T23:59:58.500Z', 200, 403],
  ])('shows that %s', async (_what, path, before, statusBefore, statusAfter) => {
    const from = freshClient();
    // A machine that needs more than a second for a request gets another try.
    for (let attempt = 1; ; attempt++) {
      travel(before);
      const asked = performance.now();
      const found = await both(path, from);
      const late = performance.now() - asked > 1_400;
      if (late && attempt < 5) continue;
      expect(found).toEqual([statusBefore, statusBefore]);
      break;
    }
    await delay(1_600);
    expect(await both(path, from)).toEqual([statusAfter, statusAfter]);
  });
});
