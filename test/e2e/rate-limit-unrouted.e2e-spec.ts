import { Body, type CanActivate, Controller, type ExecutionContext, Get, Post } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Bypass, GuardControl, GuardEvents, GuardModule, STATE_STORE, type StateStore } from 'nestapi-guard';
import { newClient, startTimedApp, statuses } from '../support/limits';
import { PLATFORMS, type RequestOptions, type RunningApp, startApp } from '../support/platforms';
import type { TestClock } from '../support/test-clock';
import { until } from '../support/until';

@Controller()
class CatsController {
  @Get('cats/:id')
  find() {
    return 'cat';
  }

  @Post('cats')
  create(@Body() body: unknown) {
    return body;
  }

  @Get('health/:part')
  @Bypass(['rate_limit'])
  health() {
    return 'up';
  }
}

class DoorKeeper implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['x-keep-out'] === undefined;
  }
}

const json = { 'content-type': 'application/json' };
const keepOut = { headers: { 'x-keep-out': 'yes' } };

const UNROUTED: [what: string, path: string, options: RequestOptions, status: number][] = [
  ['unknown paths', '/nothing', {}, 404],
  ['unknown paths with HEAD', '/nothing', { method: 'HEAD' }, 404],
  ['undecodable paths', '/cats/%zz', {}, 400],
  ['OPTIONS of routes', '/cats/1', { method: 'OPTIONS' }, 404],
  ['OPTIONS *', '*', { method: 'OPTIONS' }, 404],
  ['malformed bodies', '/cats', { method: 'POST', body: '{"a":', headers: json }, 400],
  ['oversized bodies', '/cats', { method: 'POST', body: JSON.stringify('x'.repeat(2_000_000)), headers: json }, 413],
  ['requests that a guard of the application refuses', '/cats/1', keepOut, 403],
];

const LIMIT = 3;
const ADMITTED = 'https://app.example';
const preflightFrom = (origin: string): RequestOptions => ({
  method: 'OPTIONS',
  headers: { origin, 'access-control-request-method': 'GET' },
});

describe.each(PLATFORMS)('requests that reach no route on %s', (platform) => {
  let app: RunningApp;
  let clock: TestClock;
  let from: string;

  const start = async (config: object = {}) => {
    ({ app, clock } = await startTimedApp(platform, {
      controllers: [CatsController],
      // Guards of the root module run before those of imported modules.
      providers: [{ provide: APP_GUARD, useClass: DoorKeeper }],
      config: { rateLimit: LIMIT, rateLimitWindow: 10, enableCors: true, exemptIps: ['192.0.2.77'], ...config },
    }));
  };

  /** How many requests of the client were counted. */
  const counted = async (client = from): Promise<number> => {
    const tier = { key: 'unrouted', limit: LIMIT, windowMs: 10_000, algorithm: 'sliding-window' } as const;
    const { tiers } = await app.app.get<StateStore>(STATE_STORE).peek([{ ...tier, client }]);
    return LIMIT - tiers[0]!.remaining;
  };

  /** Fills the limit; what no guard sees is counted once the answer has been sent. */
  const fill = async (path: string, options: RequestOptions, status: number): Promise<void> => {
    for (let hit = 1; hit <= LIMIT; hit++) {
      expect(await statuses(app, path, 1, { from, ...options })).toEqual([status]);
      await until(async () => (await counted()) === hit);
    }
  };

  beforeEach(() => {
    from = newClient();
  });
  afterEach(() => app.close());

  it.each(UNROUTED)(
    'counts %s once each, and refuses a client at the door that sends too many',
    async (_, path, options, status) => {
      await start();
      await fill(path, options, status);
      expect(await statuses(app, path, 2, { from, ...options })).toEqual([429, 429]);
      const refused = await app.get('/cats/1', { from });
      expect(refused.status).toBe(429);
      expect(refused.headers['retry-after']).toBe('10');
      expect(refused.headers.ratelimit).toBe('"unrouted";r=0;t=10');
      expect(await counted()).toBe(LIMIT);
      expect(await statuses(app, '/cats/1', 1, { from: newClient() })).toEqual([200]);
      clock.advance(10_000);
      expect(await statuses(app, '/cats/1', 1, { from })).toEqual([200]);
      expect(await statuses(app, path, 1, { from, ...options })).toEqual([status]);
    },
  );

  it('counts no preflight of an admitted origin, and refuses none', async () => {
    await start({ corsAllowOrigins: [ADMITTED] });
    await fill('/cats/1', preflightFrom('https://elsewhere.example'), 204);
    const filler = from;
    for (const origin of [ADMITTED, 'https://elsewhere.example']) {
      expect(await statuses(app, '/cats/1', 1, { from: filler, ...preflightFrom(origin) })).toEqual([204]);
    }
    expect(await statuses(app, '/cats/1', 1, { from: filler })).toEqual([429]);
    from = newClient();
    const many = await statuses(app, '/cats/1', LIMIT + 2, { from, ...preflightFrom(ADMITTED) });
    expect(many).toEqual(many.map(() => 204));
    await fill('/nothing', {}, 404);
  });

  it('admits exactly the limit of concurrent unknown paths', async () => {
    await start();
    const answers = await Promise.all(Array.from({ length: 100 }, () => app.get('/nothing', { from })));
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(LIMIT);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(100 - LIMIT);
  });

  it('counts requests of routes against their limits only', async () => {
    await start();
    expect(await statuses(app, '/cats/1', LIMIT + 1, { from })).toEqual([200, 200, 200, 429]);
    expect(await counted()).toBe(0);
    expect(await statuses(app, '/nothing', 1, { from })).toEqual([404]);
    expect(await counted()).toBe(1);
  });

  it('leaves the paths of bypassing routes open, in their canonical spelling', async () => {
    await start();
    await fill('/nothing', {}, 404);
    expect(await statuses(app, '/health/live', 3, { from })).toEqual([200, 200, 200]);
    expect(await statuses(app, '/health/live', 1, { from, method: 'HEAD' })).toEqual([200]);
    expect(await statuses(app, '/health/%6cive', 1, { from })).toEqual([429]);
    expect(await statuses(app, '/health/live/more', 1, { from })).toEqual([429]);
    expect(await statuses(app, '/health/live', 1, { from, method: 'POST' })).toEqual([429]);
    const other = newClient();
    await statuses(app, '/health/live', 2, { from: other, ...keepOut });
    expect(await counted(other)).toBe(0);
  });

  it('leaves trusted clients and excluded paths alone', async () => {
    await start();
    expect(await statuses(app, '/nothing', 5, { from: '192.0.2.77' })).toEqual([404, 404, 404, 404, 404]);
    await statuses(app, '/cats', 5, { from: '192.0.2.77', method: 'POST', body: '{"a":', headers: json });
    expect(await counted('192.0.2.77')).toBe(0);
    expect(await statuses(app, '/static/picture', 5, { from })).toEqual([404, 404, 404, 404, 404]);
    expect(await counted()).toBe(0);
  });

  it.each([
    ['off', { enableRateLimiting: false }],
    ['a check that is off', { checkModes: { rate_limit: 'off' } }],
  ])('counts nothing with limits %s', async (_, config) => {
    await start(config);
    expect(await statuses(app, '/nothing', 5, { from })).toEqual([404, 404, 404, 404, 404]);
    await statuses(app, '/cats', 5, { from, method: 'POST', body: '{"a":', headers: json });
    expect(await counted()).toBe(0);
  });

  it('opens the door again when limits are switched off', async () => {
    await start();
    await fill('/nothing', {}, 404);
    await app.app.get(GuardControl).updateConfig({ enableRateLimiting: false });
    expect(await statuses(app, '/nothing', 2, { from })).toEqual([404, 404]);
  });

  it('tells once in passive mode what would have been refused', async () => {
    await start({ passiveMode: true });
    const events: string[] = [];
    app.app.get(GuardEvents).on('would_refuse', ({ check }) => events.push(check));
    expect(await statuses(app, '/nothing', LIMIT + 2, { from })).toEqual([404, 404, 404, 404, 404]);
    await until(() => events.length >= 2);
    expect(events).toEqual(['rate_limit', 'rate_limit']);
  });
});

describe.each(PLATFORMS)('where the application places the guards itself, on %s', (platform) => {
  it('counts what fails, and not what a route without them serves', async () => {
    const guard = GuardModule.forRoot({ registerGuards: false, rateLimit: LIMIT, trustedProxies: ['loopback'] });
    const app = await startApp(platform, { imports: [guard], controllers: [CatsController] });
    try {
      const from = newClient();
      expect(await statuses(app, '/cats/1', LIMIT * 3, { from })).toEqual(Array(LIMIT * 3).fill(200));
      expect(await statuses(app, '/nothing', LIMIT + 1, { from })).toEqual([...Array<number>(LIMIT).fill(404), 429]);
      expect(
        await statuses(app, '/cats', LIMIT + 1, { from: newClient(), method: 'POST', body: '{', headers: json }),
      ).toEqual([...Array<number>(LIMIT).fill(400), 429]);
    } finally {
      await app.close();
    }
  });
});
