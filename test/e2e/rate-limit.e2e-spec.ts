import {
  All,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Post,
  UseGuards,
  Version,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  Bypass,
  GeoRateLimit,
  GuardControl,
  type GuardedRequest,
  type GuardEventMap,
  GuardEvents,
  RateLimit,
  RateLimitService,
} from 'nestapi-guard';
import { burst, newClient, startTimedApp, statuses } from '../support/limits';
import { PLATFORMS, type RunningApp, type StartOptions } from '../support/platforms';
import type { TestClock } from '../support/test-clock';
import { until } from '../support/until';

const COUNTRIES: Readonly<Record<string, string>> = { '203.0.113.1': 'US', '203.0.113.2': 'FR', '203.0.113.3': 'IT' };
const GEO = { isInitialized: true, initialize: () => undefined, getCountry: (ip: string) => COUNTRIES[ip] };

class HeaderUser implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: unknown }>();
    if (request.headers['x-user'] !== undefined) request.user = { id: request.headers['x-user'] };
    return true;
  }
}

const user = ({ user }: GuardedRequest): string | undefined => (user as { id: string } | undefined)?.id;
const header = (name: string) => (request: GuardedRequest) => Number(request.headers[name]);

@Controller()
class LimitedController {
  @Get('global-a')
  globalA() {
    return 'a';
  }

  @Get('global-b')
  globalB() {
    return 'b';
  }

  @Get('three/:id')
  @RateLimit({ requests: 3, window: 10 })
  three() {
    return 'ok';
  }

  @Get('ten')
  @RateLimit({ requests: 10, window: 60 })
  ten() {
    return 'ok';
  }

  @Get('stacked')
  @RateLimit({ requests: 2, window: 10, name: 'short' })
  @RateLimit({ requests: 3, window: 100, name: 'long' })
  stacked() {
    return 'ok';
  }

  @Get('bucket')
  @RateLimit({ requests: 2, window: 10, burst: 4, algorithm: 'token-bucket' })
  bucket() {
    return 'ok';
  }

  @Get('costly')
  @RateLimit({ requests: 10, window: 10, cost: 4 })
  costly() {
    return 'ok';
  }

  @Get('priced')
  @RateLimit({ requests: 10, window: 10, cost: header('x-cost') })
  priced() {
    return 'ok';
  }

  @Get('plans')
  @RateLimit({ requests: async (request) => Promise.resolve(header('x-plan')(request)), window: 10 })
  plans() {
    return 'ok';
  }

  @Get('failing')
  @RateLimit({ requests: 1, window: 10, name: 'late', key: () => Promise.reject(new Error('no directory')) })
  @RateLimit({ requests: () => Number.NaN, window: 10, key: () => 'a', name: 'nonsense' })
  failing() {
    return 'ok';
  }

  @Get('users')
  @RateLimit({ requests: 2, window: 10, key: user })
  users() {
    return 'ok';
  }

  @Get('handlers')
  @RateLimit({ requests: 1, window: 10, key: (_request, context) => context.getHandler().name })
  handlers() {
    return 'ok';
  }

  @Get('geo')
  @GeoRateLimit({ us: 3, FR: { requests: 2, window: 100 }, default: 1 }, { window: 10 })
  geo() {
    return 'ok';
  }

  @Get('geo-without-default')
  @GeoRateLimit({ US: 1 })
  geoWithoutDefault() {
    return 'ok';
  }

  @Get('bypassed')
  @Bypass(['rate_limit'])
  bypassed() {
    return 'ok';
  }

  @Get('search/:topic')
  search() {
    return 'ok';
  }

  @Post('search/:topic')
  postSearch() {
    return 'ok';
  }

  @Get('files/deep/file')
  files() {
    return 'ok';
  }

  @Get('decorated-endpoint')
  @RateLimit({ requests: 1, window: 10 })
  decoratedEndpoint() {
    return 'ok';
  }
}

@Controller('class-limit')
@RateLimit({ requests: 1, window: 10 })
class ClassLimitController {
  @Get('one')
  one() {
    return 'ok';
  }

  @Get('two')
  two() {
    return 'ok';
  }

  @Get('own')
  @RateLimit({ requests: 2, window: 10 })
  own() {
    return 'ok';
  }
}

@Controller('guarded')
@UseGuards(HeaderUser)
class LateUserController {
  @Get()
  @RateLimit({ requests: 1, window: 10, key: user })
  find() {
    return 'ok';
  }
}

describe.each(PLATFORMS)('limits of routes on %s', (platform) => {
  let app: RunningApp;
  let clock: TestClock;
  let from: string;

  beforeAll(async () => {
    ({ app, clock } = await startTimedApp(platform, {
      controllers: [LimitedController, ClassLimitController, LateUserController],
      providers: [{ provide: APP_GUARD, useClass: HeaderUser }],
      config: {
        rateLimit: 5,
        rateLimitWindow: 10,
        exemptIps: ['192.0.2.77'],
        geoIpHandler: GEO,
        endpointRateLimits: {
          '/search/:anything': [2, 10],
          'POST /search/:topic': [1, 10],
          '/search/*': [9, 10],
          '/files/*': [1, 10],
          '/decorated-endpoint': [3, 10],
        },
      },
    }));
  });
  afterAll(() => app.close());
  beforeEach(() => {
    from = newClient();
  });

  it('admits exactly the limit of 500 concurrent requests', async () => {
    const answers = await burst(app, '/ten', 500, { from });
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(490);
  });

  it('counts all routes without limits of their own together, and each client by itself', async () => {
    expect(await statuses(app, '/global-a', 3, { from })).toEqual([200, 200, 200]);
    expect(await statuses(app, '/global-b', 3, { from })).toEqual([200, 200, 429]);
    expect(await statuses(app, '/global-a', 1, { from: newClient() })).toEqual([200]);
  });

  it('counts the addresses of one IPv6 subnet as one client', async () => {
    expect(await statuses(app, '/three/1', 2, { from: '2001:db8:1::1' })).toEqual([200, 200]);
    expect(await statuses(app, '/three/1', 2, { from: '2001:db8:1::2' })).toEqual([200, 429]);
    expect(await statuses(app, '/three/1', 1, { from: '2001:db8:2::1' })).toEqual([200]);
  });

  it('replaces the global limit by that of the route, one bucket per template', async () => {
    expect(await statuses(app, '/global-a', 6, { from })).toEqual([200, 200, 200, 200, 200, 429]);
    expect(await statuses(app, '/three/1', 2, { from })).toEqual([200, 200]);
    expect(await statuses(app, '/three/2', 2, { from })).toEqual([200, 429]);
  });

  it('counts HEAD as GET', async () => {
    expect(await statuses(app, '/three/1', 2, { from, method: 'HEAD' })).toEqual([200, 200]);
    expect(await statuses(app, '/three/1', 2, { from })).toEqual([200, 429]);
  });

  it('rolls its window, and does not count what it refuses', async () => {
    expect(await statuses(app, '/three/1', 1, { from })).toEqual([200]);
    clock.advance(4_000);
    expect(await statuses(app, '/three/1', 3, { from })).toEqual([200, 200, 429]);
    clock.advance(5_999);
    expect(await statuses(app, '/three/1', 1, { from })).toEqual([429]);
    clock.advance(1);
    expect(await statuses(app, '/three/1', 2, { from })).toEqual([200, 429]);
    clock.advance(4_000);
    expect(await statuses(app, '/three/1', 3, { from })).toEqual([200, 200, 429]);
  });

  it('demands all of stacked limits, and takes a request out of none when one refuses', async () => {
    expect(await statuses(app, '/stacked', 4, { from })).toEqual([200, 200, 429, 429]);
    clock.advance(10_000);
    expect(await statuses(app, '/stacked', 2, { from })).toEqual([200, 429]);
    clock.advance(10_000);
    expect(await statuses(app, '/stacked', 1, { from })).toEqual([429]);
    clock.advance(80_000);
    expect(await statuses(app, '/stacked', 3, { from })).toEqual([200, 200, 429]);
  });

  it('lets a token bucket burst and refills it steadily', async () => {
    expect(await statuses(app, '/bucket', 5, { from })).toEqual([200, 200, 200, 200, 429]);
    clock.advance(5_000);
    expect(await statuses(app, '/bucket', 2, { from })).toEqual([200, 429]);
  });

  it('charges what a request costs', async () => {
    expect(await statuses(app, '/costly', 3, { from })).toEqual([200, 200, 429]);
    expect(await statuses(app, '/priced', 1, { from, headers: { 'x-cost': '7' } })).toEqual([200]);
    expect(await statuses(app, '/priced', 1, { from, headers: { 'x-cost': '4' } })).toEqual([429]);
    expect(await statuses(app, '/priced', 1, { from, headers: { 'x-cost': '3' } })).toEqual([200]);
  });

  it('asks functions for the limit, and refuses as a failed check when they answer nonsense', async () => {
    expect(await statuses(app, '/plans', 2, { from, headers: { 'x-plan': '1' } })).toEqual([200, 429]);
    expect(await statuses(app, '/plans', 3, { from, headers: { 'x-plan': '3' } })).toEqual([200, 200, 429]);
    expect(await statuses(app, '/plans', 1, { from, headers: { 'x-plan': 'none' } })).toEqual([500]);
  });

  it('never leaves a failure of several functions to the process', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    expect(await statuses(app, '/failing', 2, { from })).toEqual([500, 500]);
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('counts by key, and by address where there is none', async () => {
    const alice = { headers: { 'x-user': 'alice' } };
    expect(await statuses(app, '/users', 1, { ...alice, from })).toEqual([200]);
    expect(await statuses(app, '/users', 2, { ...alice, from: newClient() })).toEqual([200, 429]);
    expect(await statuses(app, '/users', 1, { from, headers: { 'x-user': 'bob' } })).toEqual([200]);
    expect(await statuses(app, '/users', 3, { from })).toEqual([200, 200, 429]);
    expect(await statuses(app, '/users', 1, { from: newClient(), headers: { 'x-user': from } })).toEqual([200]);
    expect(await statuses(app, '/handlers', 2, { from })).toEqual([200, 429]);
    // A guard of the route itself runs after the limits.
    expect(await statuses(app, '/guarded', 2, { from: '198.51.100.250', headers: { 'x-user': 'c' } })).toEqual([
      200, 429,
    ]);
  });

  it('limits by country', async () => {
    expect(await statuses(app, '/geo', 4, { from: '203.0.113.1' })).toEqual([200, 200, 200, 429]);
    expect(await statuses(app, '/geo', 3, { from: '203.0.113.2' })).toEqual([200, 200, 429]);
    expect(await statuses(app, '/geo', 2, { from: '203.0.113.3' })).toEqual([200, 429]);
    expect(await statuses(app, '/geo', 2, { from })).toEqual([200, 429]);
    clock.advance(10_000);
    expect(await statuses(app, '/geo', 1, { from: '203.0.113.1' })).toEqual([200]);
    expect(await statuses(app, '/geo', 1, { from: '203.0.113.2' })).toEqual([429]);
    expect(await statuses(app, '/geo-without-default', 2, { from: '203.0.113.1' })).toEqual([200, 429]);
    expect(await statuses(app, '/geo-without-default', 6, { from })).toEqual([200, 200, 200, 200, 200, 429]);
  });

  it('limits each route of a class by itself, unless the method says otherwise', async () => {
    expect(await statuses(app, '/class-limit/one', 2, { from })).toEqual([200, 429]);
    expect(await statuses(app, '/class-limit/two', 2, { from })).toEqual([200, 429]);
    expect(await statuses(app, '/class-limit/own', 3, { from })).toEqual([200, 200, 429]);
  });

  it('limits endpoints by the look of their path', async () => {
    expect(await statuses(app, '/search/cats', 1, { from })).toEqual([200]);
    expect(await statuses(app, '/search/dogs', 2, { from })).toEqual([200, 429]);
    expect(await statuses(app, '/search/dogs', 2, { from, method: 'POST' })).toEqual([201, 429]);
    expect(await statuses(app, '/files/deep/file', 2, { from })).toEqual([200, 429]);
    expect(await statuses(app, '/decorated-endpoint', 2, { from })).toEqual([200, 429]);
  });

  it('never limits a trusted client nor a bypassing route', async () => {
    expect(await statuses(app, '/three/1', 5, { from: '192.0.2.77' })).toEqual([200, 200, 200, 200, 200]);
    expect(await statuses(app, '/bypassed', 7, { from })).toEqual(new Array(7).fill(200));
  });

  it('keeps the limits of custom code apart, and resets them', async () => {
    const limits = app.app.get(RateLimitService);
    const rule = { requests: 2, window: 10 };
    expect(await limits.consume(from, rule)).toEqual({
      allowed: true,
      limit: 2,
      remaining: 1,
      resetAfter: 10,
      retryAfter: 0,
    });
    clock.advance(500);
    await limits.consume(from, rule);
    expect(await limits.peek(from, rule)).toMatchObject({ allowed: false, remaining: 0, retryAfter: 10 });
    expect(await limits.consume(from, rule)).toMatchObject({ allowed: false, resetAfter: 10, retryAfter: 10 });
    expect(await limits.consume(from, { ...rule, name: 'other' })).toMatchObject({ allowed: true });
    await limits.reset(from, rule);
    expect(await limits.consume(from, rule)).toMatchObject({ allowed: true, remaining: 1 });
    await expect(limits.consume(from, { requests: 0, window: 10 })).rejects.toThrow(RangeError);
    await expect(limits.consume(from, { ...rule, burst: 5 })).rejects.toThrow(
      /burst: 5 has no effect on a sliding window/,
    );
    expect(await statuses(app, '/three/1', 1, { from })).toEqual([200]);
  });

  it('follows a change of the configuration', async () => {
    const control = app.app.get(GuardControl);
    await control.updateConfig({ rateLimit: 2 });
    expect(await statuses(app, '/global-a', 3, { from })).toEqual([200, 200, 429]);
    await control.updateConfig({ enableRateLimiting: false });
    expect(await statuses(app, '/global-a', 2, { from })).toEqual([200, 200]);
    expect(await statuses(app, '/class-limit/one', 2, { from })).toEqual([200, 200]);
    await control.updateConfig({ enableRateLimiting: true, rateLimit: 5 });
    expect(await statuses(app, '/class-limit/one', 2, { from })).toEqual([200, 429]);
  });
});

describe.each(PLATFORMS)('configured limits on %s', (platform) => {
  const running: RunningApp[] = [];
  const start = async (options: StartOptions) => {
    const started = await startTimedApp(platform, options);
    running.push(started.app);
    return started;
  };
  afterEach(() => Promise.all(running.splice(0).map((app) => app.close())));

  it('counts by rateLimitKey, with the algorithm of the configuration', async () => {
    const { app, clock } = await start({
      controllers: [LimitedController],
      config: {
        rateLimit: 2,
        rateLimitWindow: 10,
        rateLimitAlgorithm: 'token-bucket',
        rateLimitKey: (request) => request.headers['x-tenant'] as string | undefined,
        geoIpHandler: GEO,
      },
    });
    const tenant = { headers: { 'x-tenant': 'acme' } };
    expect(await statuses(app, '/global-a', 1, { ...tenant, from: newClient() })).toEqual([200]);
    expect(await statuses(app, '/global-a', 2, { ...tenant, from: newClient() })).toEqual([200, 429]);
    expect(await statuses(app, '/global-a', 3, { from: newClient() })).toEqual([200, 200, 429]);
    clock.advance(5_000);
    expect(await statuses(app, '/global-a', 2, { ...tenant, from: newClient() })).toEqual([200, 429]);
    // A tenant that moves has a bucket in each country: their windows differ.
    expect(await statuses(app, '/geo', 4, { ...tenant, from: '203.0.113.1' })).toEqual([200, 200, 200, 429]);
    expect(await statuses(app, '/geo', 3, { ...tenant, from: '203.0.113.2' })).toEqual([200, 200, 429]);
  });

  it('tells which limit was reached', async () => {
    const { app } = await start({ controllers: [LimitedController], config: { geoIpHandler: GEO } });
    const events: GuardEventMap['limited'][] = [];
    app.app.get(GuardEvents).on('limited', (event) => events.push(event));
    const from = newClient();
    await statuses(app, '/stacked', 3, { from });
    await until(() => events.length > 0);
    expect(events).toMatchObject([
      {
        check: 'rate_limit',
        reason: 'limit reached',
        mode: 'enforce',
        request: { ip: from, route: 'GET /stacked' },
        evidence: { limit: 'short', requests: 2, window: 10, retryAfter: 10 },
      },
    ]);
  });

  it('reports in dry-run and passive mode, and refuses nothing', async () => {
    for (const mode of [{ passiveMode: true }, { checkModes: { rate_limit: 'dry-run' } }] as const) {
      const { app } = await start({
        controllers: [LimitedController],
        config: { rateLimit: 1, ...mode },
      });
      expect(await statuses(app, '/global-a', 3, { from: newClient() })).toEqual([200, 200, 200]);
      expect(await statuses(app, '/nothing', 3, { from: newClient() })).toEqual([404, 404, 404]);
    }
  });

  it('finds endpoints under a global prefix and a version, named with or without them', async () => {
    const { app } = await start({
      controllers: [LimitedController],
      config: {
        endpointRateLimits: { '/api/v1/search/:topic': [1, 10], '/global-a': [2, 10], '/v1/global-b': [3, 10] },
      },
      configure: (nest) => nest.setGlobalPrefix('api').enableVersioning({ type: 0, defaultVersion: '1' }),
    });
    const from = newClient();
    expect(await statuses(app, '/api/v1/search/a', 2, { from })).toEqual([200, 429]);
    expect(await statuses(app, '/api/v1/global-a', 3, { from })).toEqual([200, 200, 429]);
    expect(await statuses(app, '/api/v1/global-b', 4, { from })).toEqual([200, 200, 200, 429]);
  });

  it('limits only the methods that a pattern names, of a handler that takes all', async () => {
    @Controller('any')
    class AnyController {
      @All(['one', 'two'])
      any() {
        return 'any';
      }
    }
    const { app } = await start({
      controllers: [AnyController],
      config: {
        rateLimit: 6,
        endpointRateLimits: { 'GET /any/one': [2, 10], 'POST /any/*': [1, 10], '/any/two': [3, 10] },
      },
    });
    const from = newClient();
    const admitted = async (method: string, path: string) =>
      (await statuses(app, path, 8, { from, method })).filter((status) => status === 200).length;
    expect(await admitted('GET', '/any/one')).toBe(2);
    expect(await admitted('HEAD', '/any/one')).toBe(0);
    expect(await admitted('POST', '/any/one')).toBe(1);
    expect(await admitted('POST', '/any/two')).toBe(3);
    expect(await admitted('GET', '/any/two')).toBe(0);
    expect(await admitted('PUT', '/any/two')).toBe(0);
    expect(await admitted('DELETE', '/any/one')).toBe(6);
    expect(await admitted('PATCH', '/any/one')).toBe(0);
  });

  it('gives each path and each version of one handler the limit of its own', async () => {
    @Controller(['shop', 'store'])
    class ShopController {
      @Get(['free', 'paid'])
      @Version(['1', '2'])
      sell() {
        return 'sold';
      }
    }
    const { app } = await start({
      controllers: [ShopController],
      config: { rateLimit: 5, endpointRateLimits: { '/shop/free': [2, 10], '/v2/shop/paid': [3, 10] } },
      configure: (nest) => nest.setGlobalPrefix('api').enableVersioning({ type: 0 }),
    });
    const from = newClient();
    const admitted = async (path: string) =>
      (await statuses(app, path, 7, { from })).filter((status) => status === 200).length;
    expect(await admitted('/api/v1/shop/free')).toBe(2);
    expect(await admitted('/api/v2/shop/free')).toBe(0);
    expect(await admitted('/api/v2/shop/paid')).toBe(3);
    expect(await admitted('/api/v1/shop/paid')).toBe(5);
    expect(await admitted('/api/v1/store/free')).toBe(0);
    // Another spelling is admitted by all of them, or by none.
    for (const spelling of ['/api/v2/shop/p%61id', ...(platform === 'express' ? ['/API/v2/shop/PAID'] : [])])
      expect(await admitted(spelling)).toBe(0);
  });
});
