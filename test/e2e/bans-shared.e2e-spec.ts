import { Controller, Get } from '@nestjs/common';
import {
  BanService,
  type GuardConfigInput,
  GuardControl,
  GuardConfigError,
  STATE_STORE,
  type StateStore,
} from 'nestapi-guard';
import { setTimeout as delay } from 'node:timers/promises';
import { FaultProxy } from '../support/fault-proxy';
import { type Platform, PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { RedisServer } from '../support/redis-server';
import { until } from '../support/until';

@Controller()
class PlainController {
  @Get()
  get() {
    return 'ok';
  }
}

const WITHIN_MS = 1_000;

describe('bans and run-time changes of several instances', () => {
  let redis: RedisServer;
  const running = new Set<RunningApp>();

  const start = async (config: GuardConfigInput = {}, platform: Platform = 'express'): Promise<RunningApp> => {
    const app = await startApp(platform, {
      controllers: [PlainController],
      config: { trustedProxies: ['loopback'], redisUrl: redis.url, ...config },
    });
    running.add(app);
    return app;
  };
  const stop = async (app: RunningApp): Promise<void> => {
    running.delete(app);
    await app.close();
  };
  const bans = ({ app }: RunningApp): BanService => app.get(BanService);
  const control = ({ app }: RunningApp): GuardControl => app.get(GuardControl);
  const status = async (app: RunningApp, from: string): Promise<number> => (await app.get('/', { from })).status;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    await Promise.all([...running].map(stop));
    await redis.restart();
  });
  afterAll(() => redis.stop());

  it.each(PLATFORMS)('tells the others of a ban and of its end within a second, on %s', async (platform) => {
    const [a, b, c] = [await start({}, platform), await start({}, platform), await start({}, platform)];
    expect(await bans(a).ban('203.0.113.9', { duration: 600, reason: 'test', evidence: { hits: 3 } })).toBe(true);
    await until(() => bans(b).isBanned('203.0.113.9') && bans(c).isBanned('203.0.113.9'), WITHIN_MS);
    expect([await status(a, '203.0.113.9'), await status(b, '203.0.113.9'), await status(c, '203.0.113.9')]).toEqual([
      403, 403, 403,
    ]);
    const found = bans(c).find('203.0.113.9')!;
    expect(found).toMatchObject({ reason: 'test', automatic: false, evidence: { hits: 3 } });
    expect(Math.abs(found.expiresAt.getTime() - Date.now() - 600_000)).toBeLessThan(2_000);

    expect(await bans(c).unban('203.0.113.9')).toBe(true);
    await until(() => !bans(a).isBanned('203.0.113.9') && !bans(b).isBanned('203.0.113.9'), WITHIN_MS);
    expect(await status(a, '203.0.113.9')).toBe(200);
    expect(await bans(b).unban('203.0.113.9')).toBe(false);
    expect(await bans(b).ban('203.0.113.9', { duration: 600 })).toBe(true);
    await until(() => bans(a).isBanned('203.0.113.9') && bans(c).isBanned('203.0.113.9'), WITHIN_MS);
  });

  it.each([
    ['of another database', { redisUrl: '/1' }, { redisUrl: '/2' }],
    ['with another prefix', { redisPrefix: 'one:' }, { redisPrefix: 'two:' }],
  ])('tells no application %s', async (_name, first, second) => {
    const apart = ({ redisUrl = '', ...config }: GuardConfigInput) => ({ ...config, redisUrl: redis.url + redisUrl });
    const [a, mate, other] = [await start(apart(first)), await start(apart(first)), await start(apart(second))];
    await bans(a).ban('203.0.113.9');
    await control(a).setEmergencyMode(true);
    await until(() => bans(mate).isBanned('203.0.113.9'), WITHIN_MS);
    await until(async () => (await status(mate, '203.0.113.8')) === 503, WITHIN_MS);
    expect([bans(other).isBanned('203.0.113.9'), await status(other, '203.0.113.8')]).toEqual([false, 200]);
  });

  it('asks Redis nothing for a banned client, nor for one that is not', async () => {
    const app = await start({ enableRateLimiting: false });
    await bans(app).ban('203.0.113.9');
    const admin = redis.admin();
    const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await admin.info('stats'))![1]);
    // The instance's own housekeeping goes on, a few commands a second.
    const [before, began] = [await commands(), performance.now()];
    for (let time = 0; time < 200; time++) await status(app, time % 2 === 0 ? '203.0.113.9' : '203.0.113.10');
    const seconds = (performance.now() - began) / 1000;
    expect((await commands()) - before).toBeLessThan(40 + 6 * seconds);
  });

  it('has the bans before it serves, after a restart and on an instance that starts later', async () => {
    const first = await start();
    await bans(first).ban('203.0.113.0/24', { duration: 600, reason: 'network' });
    await bans(first).ban('2001:db8:1:2::1', { duration: 30 * 86_400 });
    await stop(first);
    const second = await start();
    expect(await status(second, '203.0.113.77')).toBe(403);
    expect(await status(second, '2001:db8:1:2::ffff')).toBe(403);
    expect(
      bans(second)
        .list()
        .map(({ target }) => target)
        .sort(),
    ).toEqual(['2001:db8:1:2::/64', '203.0.113.0/24']);
    await bans(second).clear();
    expect(bans(await start()).list()).toEqual([]);
  });

  it('writes the bans again after Redis was flushed, also those of an instance that is gone', async () => {
    const [a, b] = [await start(), await start()];
    const gone = await start();
    await bans(gone).ban('203.0.113.1', { duration: 600 });
    await bans(a).ban('203.0.113.2', { duration: 600 });
    await until(() => bans(a).list().length === 2 && bans(b).list().length === 2);
    await stop(gone);
    await bans(a).ban('203.0.113.3', { duration: 600 });
    expect(await bans(b).unban('203.0.113.3')).toBe(true);
    await until(() => !bans(a).isBanned('203.0.113.3'));
    await redis.admin().flushall();
    expect(await status(a, '203.0.113.1')).toBe(403);
    await until(async () => {
      const late = await start();
      const targets = bans(late)
        .list()
        .map(({ target }) => target);
      await stop(late);
      return targets.sort().join() === '203.0.113.1,203.0.113.2';
    });
    for (const app of [a, b]) {
      expect(
        bans(app)
          .list()
          .map(({ target }) => target)
          .sort(),
      ).toEqual(['203.0.113.1', '203.0.113.2']);
    }
  });

  it('keeps its bans while Redis is away, and shares what was decided meanwhile', async () => {
    const [a, b] = [await start(), await start()];
    await bans(a).ban('203.0.113.1', { duration: 600 });
    await until(() => bans(b).isBanned('203.0.113.1'), WITHIN_MS);
    await redis.kill();
    expect(await status(b, '203.0.113.1')).toBe(403);
    expect(await bans(a).ban('203.0.113.2', { duration: 600 })).toBe(true);
    expect(await bans(b).unban('203.0.113.1')).toBe(true);
    expect([await status(a, '203.0.113.2'), await status(b, '203.0.113.1')]).toEqual([403, 200]);
    await redis.restart();
    await until(() => bans(b).isBanned('203.0.113.2') && !bans(a).isBanned('203.0.113.1'), 6_000);
    expect([await status(a, '203.0.113.1'), await status(b, '203.0.113.2')]).toEqual([200, 403]);
  });

  it('counts a client anew whose ban ended while Redis could not be told', async () => {
    const proxy = await FaultProxy.start(redis.port);
    try {
      const app = await start({ redisUrl: `redis://127.0.0.1:${proxy.port}`, autoBanThreshold: 2 });
      const healthy = () => app.app.get<StateStore>(STATE_STORE).status().state === 'healthy';
      const attack = async () => (await app.get('/?q=<script>alert(1)</script>', { from: '203.0.113.1' })).status;
      expect([await attack(), await attack()]).toEqual([400, 403]);
      proxy.set({ kind: 'blackhole' });
      await until(() => !healthy());
      expect(await bans(app).unban('203.0.113.1')).toBe(true);
      await delay(2_000);
      proxy.set({ kind: 'none' });
      await until(healthy);
      expect([await attack(), await attack()]).toEqual([400, 403]);
    } finally {
      await proxy.stop();
    }
  });

  it('agrees again after one instance was cut off, and ends no ban by mistake', async () => {
    const proxy = await FaultProxy.start(redis.port);
    try {
      const connected = await start();
      const cutOff = await start({ redisUrl: `redis://127.0.0.1:${proxy.port}` });
      await bans(connected).ban('203.0.113.1', { duration: 600 });
      await bans(connected).ban('203.0.113.2', { duration: 600 });
      await until(() => bans(cutOff).list().length === 2, WITHIN_MS);
      proxy.set({ kind: 'blackhole' });
      await delay(1_500);
      await bans(connected).unban('203.0.113.1');
      await bans(connected).ban('203.0.113.3', { duration: 600 });
      await bans(cutOff).ban('203.0.113.4', { duration: 600 });
      expect(await status(cutOff, '203.0.113.2')).toBe(403);
      proxy.set({ kind: 'none' });
      const targets = (app: RunningApp) =>
        bans(app)
          .list()
          .map(({ target }) => target)
          .sort()
          .join();
      const agreed = '203.0.113.2,203.0.113.3,203.0.113.4';
      await until(() => targets(connected) === agreed && targets(cutOff) === agreed, 6_000);
    } finally {
      await proxy.stop();
    }
  });

  it.each(PLATFORMS)('turns emergency mode on and off everywhere, on %s', async (platform) => {
    const [a, b] = [await start({}, platform), await start({}, platform)];
    await control(a).setEmergencyMode(true, ['192.0.2.0/24']);
    expect(await status(a, '203.0.113.1')).toBe(503);
    await until(async () => (await status(b, '203.0.113.1')) === 503, 1_500);
    expect(await status(b, '192.0.2.7')).toBe(200);
    const late = await start({}, platform);
    expect(await status(late, '203.0.113.1')).toBe(503);
    await control(late).setEmergencyMode(false);
    await until(
      async () => (await status(a, '203.0.113.1')) === 200 && (await status(b, '203.0.113.1')) === 200,
      1_500,
    );
  });

  it('turns emergency mode on without Redis, and everywhere when it is back', async () => {
    const [a, b] = [await start(), await start()];
    await redis.kill();
    await control(a).setEmergencyMode(true);
    expect([await status(a, '203.0.113.1'), await status(b, '203.0.113.1')]).toEqual([503, 200]);
    await redis.restart();
    await until(async () => (await status(b, '203.0.113.1')) === 503, 6_000);
  });

  it('changes the configuration everywhere, and nothing anywhere when that is invalid', async () => {
    const [a, b] = [await start(), await start({ blacklist: ['198.51.100.1'] })];
    await expect(control(a).updateConfig({ blacklist: ['203.0.113.5'], whitelist: ['nonsense'] })).rejects.toThrow(
      GuardConfigError,
    );
    await control(a).updateConfig({ trustedProxies: ['loopback'], blacklist: ['203.0.113.6'] });
    await until(async () => (await status(b, '203.0.113.6')) === 403, 1_500);
    expect([await status(a, '203.0.113.5'), await status(b, '203.0.113.5'), await status(b, '198.51.100.1')]).toEqual([
      200, 200, 200,
    ]);
    const late = await start();
    expect(await status(late, '203.0.113.6')).toBe(403);
    await control(late).resetConfig();
    await until(
      async () => (await status(a, '203.0.113.6')) === 200 && (await status(b, '198.51.100.1')) === 403,
      1_500,
    );
  });

  it('keeps what cannot travel to itself', async () => {
    const [a, b] = [await start(), await start()];
    await control(a).updateConfig({ blockedUserAgents: [/evil/], blacklist: ['203.0.113.6'] });
    await until(async () => (await status(b, '203.0.113.6')) === 403, 1_500);
    const agent = { headers: { 'user-agent': 'evil' }, from: '203.0.113.7' };
    expect([(await a.get('/', agent)).status, (await b.get('/', agent)).status]).toEqual([403, 200]);
  });

  it('shares many bans made at once', async () => {
    const [a, b] = [await start(), await start()];
    const addresses = Array.from({ length: 10_000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    const banned = await Promise.all(addresses.map((address) => bans(a).ban(address, { duration: 600 })));
    expect(banned.every(Boolean)).toBe(true);
    await until(() => addresses.every((address) => bans(b).isBanned(address)), 6_000);
    expect(bans(await start()).list()).toHaveLength(addresses.length);
    await bans(b).clear();
    await until(() => !addresses.some((address) => bans(a).isBanned(address)), 6_000);
  }, 120_000);

  it('is not impressed by junk in Redis', async () => {
    const app = await start();
    await bans(app).ban('203.0.113.1');
    const admin = redis.admin();
    const far = String(Date.now() + 600_000);
    for (const [key, value] of [
      ['203.0.113.2', 'junk'],
      ['nonsense', 'id:{"reason":"x","automatic":false,"at":1}'],
      ['203.0.113.3', 'id:{"reason":7}'],
      ['203.0.113.4', 'id:{"reason":"x","automatic":false,"at":1}'],
    ] as const) {
      await admin.zadd('nestapi_guard:{collection:bans}:expiries', far, key);
      await admin.hset('nestapi_guard:{collection:bans}:values', key, value);
      await admin.publish('nestapi_guard:channel:bans', JSON.stringify(['other', [[key, value, 600_000]]]));
    }
    for (const message of [
      '',
      '{',
      '[]',
      '["other"]',
      '["other",[1,2,3]]',
      '["other",[[],7,["203.0.113.5","x:y",-1],["203.0.113.5"]]]',
    ]) {
      await admin.publish('nestapi_guard:channel:bans', message);
    }
    await until(() => bans(app).isBanned('203.0.113.4'));
    const late = await start();
    const targets = (of: RunningApp) =>
      bans(of)
        .list()
        .map(({ target }) => target)
        .sort();
    expect([targets(app), targets(late)]).toEqual([
      ['203.0.113.1', '203.0.113.4'],
      ['203.0.113.1', '203.0.113.4'],
    ]);
  });
});
