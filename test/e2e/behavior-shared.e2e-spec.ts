import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, NotFoundException } from '@nestjs/common';
import { BanService, type GuardEventMap, GuardEvents, ReturnMonitor, UsageMonitor } from 'nestapi-guard';
import { type RunningApp, startApp } from '../support/platforms';
import { RedisServer } from '../support/redis-server';
import { until } from '../support/until';

@Controller()
class ShopController {
  @Get('ban')
  @UsageMonitor({ maxCalls: 10, window: 60, action: 'ban' })
  ban() {
    return 'ok';
  }

  @Get('throttle')
  @UsageMonitor({ maxCalls: 10, window: 60, action: 'throttle' })
  throttle() {
    return 'ok';
  }

  @Get('missing')
  @ReturnMonitor('status:404', { maxOccurrences: 1, window: 60, action: 'throttle' })
  missing() {
    throw new NotFoundException();
  }
}

describe('behaviour over several instances', () => {
  let redis: RedisServer;
  let apps: readonly [RunningApp, RunningApp];

  beforeAll(async () => {
    redis = await RedisServer.start();
    const start = () =>
      startApp('fastify', {
        controllers: [ShopController],
        config: { trustedProxies: ['loopback'], redisUrl: redis.url },
      });
    apps = [await start(), await start()];
  });
  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await redis.stop();
  });

  /** So many calls at once, on the instances in turn. */
  const calls = (path: string, times: number, from: string) =>
    Promise.all(
      Array.from({ length: times }, async (_, n) => (await apps[n % 2 === 0 ? 0 : 1].get(path, { from })).status),
    );
  const record = <Type extends keyof GuardEventMap>(type: Type) => {
    const events: GuardEventMap[Type][] = [];
    for (const { app } of apps) app.get(GuardEvents).on(type, (event) => events.push(event));
    return events;
  };

  it('counts calls together, and bans once and everywhere', async () => {
    const from = '198.51.100.1';
    const banned = record('banned');
    const crossings = record('behavior');
    const answers = await calls('/ban', 40, from);
    expect(answers.filter((status) => status === 200)).toHaveLength(10);
    expect(answers.filter((status) => status === 403)).toHaveLength(30);
    expect([banned.length, crossings.length]).toEqual([1, 1]);
    await until(() => apps.every(({ app }) => app.get(BanService).isBanned(from)), 1_000);
    expect(await calls('/ban', 4, from)).toEqual([403, 403, 403, 403]);
  });

  it('admits exactly what is in order', async () => {
    const answers = await calls('/throttle', 60, '198.51.100.2');
    expect(answers.filter((status) => status === 200)).toHaveLength(10);
    expect(answers.filter((status) => status === 429)).toHaveLength(50);
  });

  it('throttles everywhere who got too many answers of a kind', async () => {
    const from = '198.51.100.3';
    const [a, b] = apps;
    expect((await a.get('/missing', { from })).status).toBe(404);
    expect((await a.get('/missing', { from })).status).toBe(404);
    // An answer of the other instance would make it find out by itself.
    await delay(500);
    expect((await b.get('/missing', { from })).status).toBe(429);
    expect((await a.get('/missing', { from })).status).toBe(429);
  });
});
