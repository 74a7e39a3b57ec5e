import { setTimeout as delay } from 'node:timers/promises';
import { freePort, RedisServer } from '../support/redis-server';
import { until } from '../support/until';
import { cases, rounds } from './profile';
import { endFleet, flood, type Instance, shares, startFleet } from './fleet';
import { expectUnharmed, Traffic } from './traffic';

const RECOVERY_MS = 3_000;

describe('two applications whose Redis answers with errors', () => {
  let redis: RedisServer;
  let fleet: Instance[];
  beforeEach(async () => {
    // A large file to load takes 2 s; see LOADING below.
    const slowly = { 'key-load-delay': '400', 'loading-process-events-interval-bytes': '1024' };
    redis = await RedisServer.start({ config: slowly });
    fleet = await startFleet(2, { redisUrl: redis.url });
  });
  afterEach(async () => {
    expect(await Promise.all(fleet.map((instance) => instance.ask('accidents')))).toEqual([0, 0]);
    await endFleet(fleet);
    await redis.stop();
  });

  it('F6: NOSCRIPT, as scripts are flushed ten times a second', async () => {
    const admin = redis.admin();
    const flushing = setInterval(() => void admin.script('FLUSH').catch(() => undefined), 100);
    const traffic = new Traffic(fleet);
    for (let round = 0; round < rounds(10, 2); round++) {
      const found = await flood(fleet, '/limit/100', { requests: 300, concurrency: 10 });
      expect(found).toEqual({ 200: 100, 429: 200 });
    }
    clearInterval(flushing);
    const report = await traffic.stop();
    expectUnharmed(report);
    expect(report.greedy.statuses[200] ?? 0).toBeLessThanOrEqual(100);
  });

  type Act = (server: RedisServer) => unknown;
  const REFUSALS: readonly (readonly [string, Act, Act])[] = [
    [
      'READONLY',
      async (server) => server.admin().replicaof('127.0.0.1', String(await freePort())),
      (server) => server.admin().replicaof('NO', 'ONE'),
    ],
    [
      'OOM',
      (server) => server.admin().config('SET', 'maxmemory', '1'),
      (server) => server.admin().config('SET', 'maxmemory', '0'),
    ],
    [
      'NOAUTH',
      async (server) => {
        const admin = server.admin();
        await admin.config('SET', 'requirepass', 'secret');
        await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      },
      (server) => server.admin('secret').config('SET', 'requirepass', ''),
    ],
    [
      'LOADING',
      async (server) => {
        const admin = server.admin();
        await admin.eval("for i = 1, 10000 do redis.call('SET', 'key:' .. i, i) end", 0);
        await admin.call('SAVE');
        await server.reload();
      },
      (server) => until(async () => /^loading:0/m.test(await server.admin().info('persistence')), 15_000),
    ],
  ];

  it.each(cases(REFUSALS, /READONLY|LOADING/))('F7: %s', async (_name, break_, mend) => {
    const traffic = new Traffic(fleet);
    await delay(1_000);
    await break_(redis);
    await delay(2_000);
    expect(await Promise.all(fleet.map((instance) => instance.ask('state')))).toEqual(['degraded', 'degraded']);
    await mend(redis);
    await until(() => shares(fleet), RECOVERY_MS);
    expectUnharmed(await traffic.stop());
  });

  const DISTURBANCES: readonly (readonly [string, (server: RedisServer) => Promise<unknown>])[] = [
    ['clients are killed five times a second', (server) => server.admin().call('CLIENT', 'KILL', 'TYPE', 'normal')],
    ['idle clients are dropped after a second', (server) => server.admin().config('SET', 'timeout', '1')],
  ];

  it.each(cases(DISTURBANCES, /killed/))('F7: %s', async (_name, disturb) => {
    const traffic = new Traffic(fleet);
    for (let turn = 0; turn < rounds(40, 10); turn++) {
      await disturb(redis).catch(() => undefined);
      await delay(200);
    }
    await until(() => shares(fleet), RECOVERY_MS);
    expectUnharmed(await traffic.stop());
  });
});
