import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import Redis from 'ioredis';
import { type GuardConfigInput, GuardControl, GuardEvents, GuardModule, RateLimit } from 'nestapi-guard';
import { burst, newClient, statuses } from '../support/limits';
import { PLATFORMS, startApp } from '../support/platforms';
import { RedisServer } from '../support/redis-server';
import { until } from '../support/until';

const HOUR = 3_600_000;

interface Instance {
  readonly process: ChildProcess;
  readonly port: number;
}

/** An application in a process of its own, every other one on the other platform and with a clock that is an hour fast. */
async function startInstance(redisUrl: string, index: number): Promise<Instance> {
  const odd = index % 2 === 1;
  const worker = join(__dirname, '../support/limited-app.worker.ts');
  const child = fork(worker, [redisUrl, odd ? 'fastify' : 'express', String(odd ? HOUR : 0)], {
    execArgv: ['-r', join(__dirname, '../support/typescript.cjs')],
  });
  const [port] = (await once(child, 'message')) as [number];
  return { process: child, port };
}

function statusOf(port: number, path: string, from: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, headers: { 'x-forwarded-for': from } }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode!));
    });
    request.on('error', reject);
  });
}

describe('limits over several processes', () => {
  let server: RedisServer;
  let instances: Instance[];

  beforeAll(async () => {
    server = await RedisServer.start();
    instances = await Promise.all([0, 1, 2, 3].map((index) => startInstance(server.url, index)));
  }, 60_000);
  afterAll(async () => {
    for (const { process } of instances) process.kill();
    await server.stop();
  });

  describe.each([1, 2, 4])('%i of them', (count) => {
    it.each([
      ['/ten', 10, 100],
      ['/hundred', 100, 300],
      ['/bucket', 20, 100],
      ['/nothing', 30, 100],
    ])('admit at %s exactly %i of %i concurrent requests', async (path, limit, requests) => {
      const from = newClient();
      const found = await Promise.all(
        Array.from({ length: requests }, (_, index) => statusOf(instances[index % count]!.port, path, from)),
      );
      const admitted = path === '/nothing' ? 404 : 200;
      expect(found.filter((status) => status === admitted)).toHaveLength(limit);
      expect(found.filter((status) => status === 429)).toHaveLength(requests - limit);
    });
  });
});

@Controller()
class SharedController {
  @Get('free')
  free() {
    return 'ok';
  }

  @Get('stacked')
  @RateLimit({ requests: 3, window: 600, name: 'a' })
  @RateLimit({ requests: 5, window: 1200, name: 'b' })
  stacked() {
    return 'ok';
  }
}

describe.each(PLATFORMS)('limits in Redis on %s', (platform) => {
  let server: RedisServer;
  beforeEach(async () => {
    server = await RedisServer.start();
  });
  afterEach(() => server.stop());

  const start = (config: GuardConfigInput = {}) =>
    startApp(platform, {
      controllers: [SharedController],
      config: { redisUrl: server.url, trustedProxies: ['loopback'], rateLimit: 3, redisCommandTimeout: 1, ...config },
    });

  it('cost one command per request for all tiers, and none once the client is known to be blocked', async () => {
    const app = await start();
    const admin = server.admin();
    const from = newClient();
    await statuses(app, '/stacked', 1, { from });
    const commands = async () => {
      const stats = await admin.info('commandstats');
      return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
    };
    const before = await commands();
    expect(await statuses(app, '/stacked', 3, { from })).toEqual([200, 200, 429]);
    const after = await commands();
    expect(after - before).toBe(3);
    expect((await burst(app, '/stacked', 20, { from })).every(({ status }) => status === 429)).toBe(true);
    expect(await commands()).toBe(after);
    // Requests without a route: the one that fills the limit, and the first look at the door.
    expect(await statuses(app, '/nothing', 3, { from })).toEqual([404, 404, 404]);
    expect(await statuses(app, '/nothing', 1, { from })).toEqual([429]);
    expect(await commands()).toBe(after + 4);
    expect(await statuses(app, '/stacked', 10, { from })).toEqual(new Array(10).fill(429));
    expect(await commands()).toBe(after + 4);
    await app.close();
  });

  it('hold with a new window at once, also for a client that is known to be blocked', async () => {
    const app = await start();
    const from = newClient();
    expect(await statuses(app, '/free', 4, { from })).toEqual([200, 200, 200, 429]);
    await app.app.get(GuardControl).updateConfig({ rateLimitWindow: 1 });
    await delay(1_000);
    expect(await statuses(app, '/free', 1, { from })).toEqual([200]);
    await app.close();
  });

  it.each<[string, (client: Redis) => GuardConfigInput['redis']]>([
    ['options', ({ options: { host, port } }) => ({ host, port })],
    ['a client', (client) => client],
  ])('are those of the other instances with %s as redis', async (_, sourceOf) => {
    const client = new Redis(server.url, { lazyConnect: true });
    const config = { redisUrl: undefined, redis: sourceOf(client) };
    const [one, other] = [await start(config), await start(config)];
    const from = newClient();
    expect(await statuses(one, '/stacked', 3, { from })).toEqual([200, 200, 200]);
    expect(await statuses(other, '/stacked', 1, { from })).toEqual([429]);
    // It belongs to the application: the guard connects by itself.
    expect(client.status).toBe('wait');
    await Promise.all([one.close(), other.close()]);
  });

  it('are counted by this process while Redis is away, and say so', async () => {
    const app = await start();
    const events: string[] = [];
    for (const type of ['degraded', 'recovered'] as const) {
      app.app.get(GuardEvents).on(type, (event) => events.push(`${event.type} ${event.subject}`));
    }
    const from = newClient();
    expect(await statuses(app, '/stacked', 3, { from })).toEqual([200, 200, 200]);
    await server.kill();
    expect(await statuses(app, '/stacked', 4, { from: newClient() })).toEqual([200, 200, 200, 429]);
    await until(() => events.length === 1);
    await server.restart();
    await until(() => events.length === 2);
    expect(events).toEqual(['degraded state', 'recovered state']);
    await app.close();
  });

  it.each([
    ['allow', 200],
    ['deny', 503],
  ] as const)('obey onStoreError %s', async (onStoreError, status) => {
    const app = await start({ onStoreError });
    await server.kill();
    const found = await statuses(app, '/stacked', 6, { from: newClient() });
    expect(new Set(found)).toEqual(new Set([status]));
    if (status === 503) expect((await app.get('/stacked')).json()).toMatchObject({ code: 'GUARD_STATE_UNAVAILABLE' });
    await app.close();
  });

  it('start without Redis, unless it is required', async () => {
    await server.kill();
    const app = await start();
    expect(await statuses(app, '/stacked', 4, { from: newClient() })).toEqual([200, 200, 200, 429]);
    await app.close();
    await expect(start({ redisRequired: true })).rejects.toThrow(/Redis is required/);
  });

  it('use the prefix and stay in memory when Redis is switched off', async () => {
    const admin = server.admin();
    const off = await start({ enableRedis: 'false' });
    await statuses(off, '/stacked', 1);
    await off.close();
    expect(await admin.dbsize()).toBe(0);
    const app = await start({ redisPrefix: 'mine:' });
    await statuses(app, '/stacked', 1);
    const keys = await admin.keys('*');
    expect(keys.some((key) => /^mine:\{.+\}:w0:/.test(key))).toBe(true);
    expect(keys.every((key) => key.startsWith('mine:'))).toBe(true);
    await app.close();
  });
});

describe('the state of the configuration', () => {
  it.each<[string, object, string]>([
    ['two Redis servers', { redisUrl: 'redis://127.0.0.1', redis: { host: '127.0.0.1' } }, 'redisUrl'],
    ['a URL of something else', { redisUrl: 'http://127.0.0.1' }, 'redisUrl'],
    ['no Redis that could be enabled', { enableRedis: true }, 'enableRedis'],
    ['no Redis that could be required', { redisRequired: true }, 'redisRequired'],
    ['a prefix with a hash tag', { redisPrefix: 'a{b}' }, 'redisPrefix'],
    ['no patience', { redisCommandTimeout: 0 }, 'redisCommandTimeout'],
    ['an unknown answer', { onStoreError: 'panic' }, 'onStoreError'],
  ])('refuses %s', async (_, config, path) => {
    const module = Test.createTestingModule({ imports: [GuardModule.forRoot(config)] });
    await expect(module.compile()).rejects.toMatchObject({ problems: [{ path }] });
  });
});
