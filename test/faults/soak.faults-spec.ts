import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { GuardConfigInput } from '../../lib';
import { random } from '../support/random';
import { RedisServer } from '../support/redis-server';
import { until } from '../support/until';
import { accidentsOf, endFleet, type Instance, type Sent, startFleet } from './fleet';
import { ATTACKS } from './hostile-texts';
import { asked, measured, rounds } from './profile';
import type { Holdings } from './vitals';

/** `SOAK_MINUTES=30` is a day: windows and bans are 48 times as short as by default. */
const MINUTES = asked('SOAK_MINUTES') ?? rounds(15, 0.3);
const RATE = 300;
const MEGABYTE = 2 ** 20;
/** The contract: megabytes per minute once everything has been seen once. */
const MOST_PER_MINUTE = 0.5;

const CONFIG: GuardConfigInput = {
  rateLimit: 10,
  rateLimitWindow: 2,
  autoBanThreshold: 5,
  autoBanWindow: 75,
  autoBanDuration: 75,
  enableCors: true,
  behaviorRules: [
    { type: 'usage', maxCalls: 200, window: 10, action: 'throttle' },
    { type: 'return', pattern: 'status:404', maxOccurrences: 50, window: 75, action: 'log' },
    { type: 'frequency', maxFrequency: 50, window: 5, action: 'alert' },
  ],
};

const JSON_TYPE = { 'content-type': 'application/json' };
const next = random(14);
const pick = <T>(list: readonly T[]): T => list[next(list.length)]!;
const client = (net: number, clients: number): string => {
  const number = next(clients);
  return `10.${net}.${number >> 8}.${number & 255}`;
};

/** What a day brings: a path, who asks for it, and how. */
const MIXTURE: readonly (readonly [share: number, make: () => readonly [path: string, from: string, sent?: Sent]])[] = [
  [30, () => ['/wide', client(1, 20_000)]],
  [15, () => ['/usual', client(2, 2)]],
  [10, () => ['/echo', client(3, 500), { method: 'POST', body: JSON.stringify({ text: 'a quiet day '.repeat(next(500)) }), headers: JSON_TYPE }]],
  [10, () => [`/nothing/${next(100_000)}`, client(4, 5_000)]],
  [5, () => [`/wide?q=${encodeURIComponent(pick(ATTACKS))}`, client(5, 20)]],
  [5, () => ['/echo', client(6, 500), { method: 'POST', body: JSON.stringify({ a: [pick(ATTACKS)] }), headers: JSON_TYPE }]],
  [5, () => ['/echo', client(7, 500), { method: 'POST', body: '{"a":', headers: JSON_TYPE }]],
  [5, () => ['/usual', client(8, 500), { method: 'OPTIONS', headers: { origin: 'https://shop.example', 'access-control-request-method': 'GET' } }]],
  [5, () => ['/slow/30', client(9, 500)]],
  [5, () => ['/static/free', client(10, 500), { headers: { connection: 'close' } }]],
  [4, () => ['/checked', client(11, 500), { method: 'POST', body: '{}', headers: JSON_TYPE }]],
  [1, () => ['/echo', client(12, 50), { method: 'POST', body: `"${'x'.repeat(1_500_000)}"`, headers: JSON_TYPE }]],
]; // prettier-ignore
const LOT = MIXTURE.flatMap(([share, make]) => Array.from({ length: share }, () => make));

/** Asks, and is gone before the answer. */
function abandon(port: number): void {
  const options = {
    host: '127.0.0.1',
    port,
    path: '/checked',
    method: 'POST',
    headers: { 'x-forwarded-for': client(13, 500) },
  };
  const gone = request({ ...options, agent: false }).on('error', () => undefined);
  gone.end('{}');
  setTimeout(() => gone.destroy(), next(60));
}

/** Megabytes per minute of the straight line through some points. */
function slope(points: readonly (readonly [minute: number, bytes: number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([minute]) => minute), mean(([, bytes]) => bytes)];
  const [up, across] = [mean(([a, b]) => (a - x) * (b - y)), mean(([a]) => (a - x) ** 2)];
  return up / across / MEGABYTE;
}

describe('F14: a day of two applications', () => {
  let folder: string;
  let redis: RedisServer;
  let fleet: Instance[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'guard-soak-'));
    chmodSync(folder, 0o755);
    redis = await RedisServer.start();
    // A machine that is slow for a moment is not what is tested here.
    const config = { ...CONFIG, redisUrl: redis.url, redisCommandTimeout: 5 };
    fleet = await startFleet(2, (index) => ({ ...config, customLogFile: join(folder, `${index}.log`) }));
  });
  afterAll(async () => {
    await endFleet(fleet);
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    'leaves nothing behind',
    async () => {
      const found: Record<number, number> = {};
      const open = new Set<Promise<void>>();
      const handles = async () =>
        (await Promise.all(fleet.map((one) => one.ask('holdings')))).map((one) => one.handles);
      // Two connections to Redis, one for commands and one for messages.
      await until(async () => (await handles()).every(({ TCPSocketWrap }) => TCPSocketWrap === 2), 10_000);
      const atRest = await handles();

      const began = performance.now();
      const minute = (): number => (performance.now() - began) / 60_000;
      let sent = 0;
      const timer = setInterval(() => {
        for (const due = minute() * 60 * RATE; sent < due; sent++) {
          // A machine that cannot keep up gets less to do, and no queue of what it has not done.
          if (open.size > 200) continue;
          const instance = fleet[sent % 2]!;
          if (sent % 50 === 0) abandon(instance.port);
          const ask = instance.status(...pick(LOT)()).then((status) => {
            found[status] = (found[status] ?? 0) + 1;
            open.delete(ask);
          });
          open.add(ask);
        }
      }, 10);

      await Promise.all(fleet.map((instance) => instance.ask('watch')));
      const samples: Holdings[][] = fleet.map(() => []);
      const minutes: number[] = [];
      for (let turn = 1; minute() < MINUTES; turn++) {
        await delay(Math.min(5_000, MINUTES * 6_000));
        // Once in a while Redis is gone, and comes back empty.
        if (turn % 12 === 6) await redis.restart();
        minutes.push(minute());
        for (const [index, instance] of fleet.entries()) samples[index]!.push(await instance.ask('holdings'));
      }
      clearInterval(timer);
      const seen = await Promise.all(fleet.map((instance) => instance.ask('seen')));

      await Promise.all(open);
      for (const instance of fleet) instance.hangUp();
      await until(async () => isDeepStrictEqual(await handles(), atRest), 10_000);
      expect(await accidentsOf(fleet)).toBe(0);
      // Who sends a large body may be cut off before it reads why, and who waits for 10 s gives up: both are no 5xx.
      expect(Object.keys(found).filter((status) => status.startsWith('5'))).toEqual([]);
      // Everything that was meant to happen did: served, refused, banned, unknown, too large, limited.
      expect(Object.keys(found)).toEqual(expect.arrayContaining(['200', '201', '400', '403', '404', '413', '429']));

      // The first third is for compiling, for filling what is bounded, and for the first bans to end.
      const from = Math.floor(minutes.length / 3);
      const slopes = samples.map((own) =>
        (['rss', 'used'] as const).map((what) =>
          slope(own.slice(from).map((holdings, index) => [minutes[from + index]!, holdings[what]] as const)),
        ),
      );
      const answers = Object.values(found).reduce((sum, count) => sum + count, 0);
      measured('F14', { minutes: MINUTES, answers, 'MB a minute': slopes.flat(), cpu: seen.map(({ cpu }) => cpu) });
      // In less than some minutes a line through the sizes of a process says nothing.
      if (MINUTES >= 3) for (const slope of slopes.flat()) expect(slope).toBeLessThan(MOST_PER_MINUTE);
    },
    (MINUTES + 5) * 60_000,
  );
});
