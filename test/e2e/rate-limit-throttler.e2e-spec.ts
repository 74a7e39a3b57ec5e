import { Controller, type ExecutionContext, Get, UseGuards } from '@nestjs/common';
import { SkipThrottle, Throttle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import {
  AccessGuard,
  DetectionGuard,
  GuardModule,
  MemoryStateStore,
  RateLimit,
  RateLimitGuard,
  StateThrottlerStorage,
} from 'nestapi-guard';
import { burst, newClient, startTimedApp, statuses } from '../support/limits';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { TestClock } from '../support/test-clock';

const headerNumber = (name: string) => (context: ExecutionContext) =>
  Number(context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers[name]);

@Controller()
class ThrottledController {
  @Get('throttled')
  @Throttle({ default: { limit: 2, ttl: 10_000 } })
  throttled() {
    return 'ok';
  }

  @Get('named')
  @Throttle({ short: { limit: 2, ttl: 1_000 }, long: { limit: 3, ttl: 10_000 } })
  named() {
    return 'ok';
  }

  @Get('oddly-named')
  @Throttle({ 'the "long" é': { limit: Number.MAX_SAFE_INTEGER, ttl: 1_000 }, 每分: { limit: 1, ttl: () => 10_000 } })
  oddlyNamed() {
    return 'ok';
  }

  @Get('computed')
  @Throttle({ default: { limit: headerNumber('x-plan'), ttl: async () => Promise.resolve(5_000) } })
  computed() {
    return 'ok';
  }

  @Get('blocked')
  @Throttle({ default: { limit: 2, ttl: 1_000, blockDuration: 30_000 } })
  blocked() {
    return 'ok';
  }

  @Get('tracked')
  @Throttle({ default: { limit: 1, ttl: 10_000, getTracker: (request) => String(request.headers['x-tenant']) } })
  tracked() {
    return 'ok';
  }

  @Get('keyed')
  @Throttle({ default: { limit: 1, ttl: 10_000, generateKey: (_context, tracker) => `shared-${tracker.length > 0}` } })
  keyed() {
    return 'ok';
  }

  @Get('skipped')
  @SkipThrottle()
  skipped() {
    return 'ok';
  }

  @Get('both')
  @SkipThrottle()
  @RateLimit({ requests: 1, window: 10 })
  both() {
    return 'ok';
  }

  @Get('skips-long')
  @SkipThrottle({ long: true })
  @Throttle({ short: { limit: 2, ttl: 1_000 }, long: { limit: 1, ttl: 10_000 } })
  skipsLong() {
    return 'ok';
  }
}

@Controller('class')
@SkipThrottle()
@Throttle({ default: { limit: 1, ttl: 10_000 } })
class ThrottledClassController {
  @Get('skipped')
  skipped() {
    return 'ok';
  }

  @Get('limited')
  @SkipThrottle({ default: false })
  limited() {
    return 'ok';
  }

  @Get('own')
  @SkipThrottle({ default: false })
  @Throttle({ default: { limit: 2, ttl: 10_000 } })
  own() {
    return 'ok';
  }
}

describe.each(PLATFORMS)('decorators of @nestjs/throttler on %s', (platform) => {
  let app: RunningApp;
  let clock: TestClock;
  let from: string;

  beforeAll(async () => {
    ({ app, clock } = await startTimedApp(platform, {
      controllers: [ThrottledController, ThrottledClassController],
      config: { rateLimit: 4, rateLimitWindow: 10 },
    }));
  });
  afterAll(() => app.close());
  beforeEach(() => {
    from = newClient();
  });

  it('limit, in milliseconds', async () => {
    expect(await statuses(app, '/throttled', 3, { from })).toEqual([200, 200, 429]);
    clock.advance(10_000);
    expect(await statuses(app, '/throttled', 1, { from })).toEqual([200]);
  });

  it('limit under several names', async () => {
    expect(await statuses(app, '/named', 3, { from })).toEqual([200, 200, 429]);
    clock.advance(1_000);
    expect(await statuses(app, '/named', 2, { from })).toEqual([200, 429]);
    const { headers } = await app.get('/named', { from });
    expect(headers['ratelimit-policy']).toBe('"short";q=2;w=1, "long";q=3;w=10');
  });

  it('are told as structured fields, whatever they are called', async () => {
    const { headers } = await app.get('/oddly-named', { from });
    expect(headers['ratelimit-policy']).toBe(
      '"the%20%22long%22%20%C3%A9";q=999999999999999;w=1, "%E6%AF%8F%E5%88%86";q=1;w=10',
    );
    expect(headers.ratelimit).toContain('"%E6%AF%8F%E5%88%86";r=0;t=10');
    expect(await statuses(app, '/oddly-named', 1, { from })).toEqual([429]);
  });

  it('take functions of the context', async () => {
    const plan = { from, headers: { 'x-plan': '3' } };
    expect(await statuses(app, '/computed', 4, plan)).toEqual([200, 200, 200, 429]);
    clock.advance(5_000);
    expect(await statuses(app, '/computed', 1, plan)).toEqual([200]);
    expect(await statuses(app, '/computed', 1, { from, headers: { 'x-plan': 'none' } })).toEqual([500]);
  });

  it('keep out for the block duration, and count anew after it', async () => {
    expect(await statuses(app, '/blocked', 3, { from })).toEqual([200, 200, 429]);
    clock.advance(29_999);
    const refused = await app.get('/blocked', { from });
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('1');
    clock.advance(1);
    expect(await statuses(app, '/blocked', 3, { from })).toEqual([200, 200, 429]);
  });

  it('count by their own trackers and keys', async () => {
    const acme = { headers: { 'x-tenant': 'acme' } };
    expect(await statuses(app, '/tracked', 1, { ...acme, from })).toEqual([200]);
    expect(await statuses(app, '/tracked', 1, { ...acme, from: newClient() })).toEqual([429]);
    expect(await statuses(app, '/tracked', 1, { from })).toEqual([200]);
    expect(await statuses(app, '/keyed', 1, { from })).toEqual([200]);
    expect(await statuses(app, '/keyed', 1, { from: newClient() })).toEqual([429]);
  });

  it('skip the global limit, and limits of their own', async () => {
    expect(await statuses(app, '/skipped', 6, { from })).toEqual([200, 200, 200, 200, 200, 200]);
    expect(await statuses(app, '/class/skipped', 6, { from })).toEqual([200, 200, 200, 200, 200, 200]);
    expect(await statuses(app, '/class/limited', 2, { from })).toEqual([200, 429]);
    expect(await statuses(app, '/class/own', 3, { from })).toEqual([200, 200, 429]);
    expect(await statuses(app, '/skips-long', 3, { from })).toEqual([200, 200, 429]);
    expect(await statuses(app, '/both', 2, { from })).toEqual([200, 429]);
  });
});

@Controller()
class PlainController {
  @Get('plain')
  plain() {
    return 'ok';
  }
}

describe.each(PLATFORMS)('the storage for ThrottlerModule on %s', (platform) => {
  it('limits by itself', async () => {
    const clock = new TestClock();
    const app = await startApp(platform, {
      controllers: [PlainController],
      imports: [
        ThrottlerModule.forRoot({
          throttlers: [{ limit: 10, ttl: 10_000 }],
          storage: new StateThrottlerStorage(new MemoryStateStore({ clock: clock.read })),
        }),
      ],
      configure: (nest) => nest.useGlobalGuards(nest.get(ThrottlerGuard)),
      providers: [ThrottlerGuard],
    });
    const answers = await burst(app, '/plain', 100);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    const refused = await app.get('/plain');
    expect(refused.headers['retry-after']).toBe('10');
    clock.advance(10_000);
    const admitted = await app.get('/plain');
    expect(admitted.headers['x-ratelimit-remaining']).toBe('9');
    expect(admitted.headers['x-ratelimit-reset']).toBe('10');
    await app.close();
  });
});

@Controller()
@UseGuards(AccessGuard, RateLimitGuard, DetectionGuard)
class GuardedByHandController {
  @Get('by-hand')
  @RateLimit({ requests: 1, window: 10 })
  byHand() {
    return 'ok';
  }
}

class OneLimitGuard extends RateLimitGuard {}

@Controller()
@UseGuards(OneLimitGuard)
class SubclassController {
  @Get('subclass')
  @RateLimit({ requests: 1, window: 10 })
  subclass() {
    return 'ok';
  }
}

describe.each(PLATFORMS)('RateLimitGuard on %s', (platform) => {
  it('is a ThrottlerGuard that can be placed by hand and extended', async () => {
    const app = await startApp(platform, {
      controllers: [GuardedByHandController, SubclassController],
      imports: [GuardModule.forRoot({ registerGuards: false })],
    });
    expect(app.app.get(RateLimitGuard)).toBeInstanceOf(ThrottlerGuard);
    expect(await statuses(app, '/by-hand', 2)).toEqual([200, 429]);
    expect(await statuses(app, '/subclass', 2)).toEqual([200, 429]);
    await app.close();
  });
});
