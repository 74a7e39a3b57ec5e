import { Controller, Get } from '@nestjs/common';
import { RateLimit } from 'nestapi-guard';
import { burst, newClient, startTimedApp } from '../support/limits';
import { type Answer, PLATFORMS, type RunningApp } from '../support/platforms';
import type { TestClock } from '../support/test-clock';

@Controller()
class HeadersController {
  @Get('global')
  global() {
    return 'ok';
  }

  @Get('stacked')
  @RateLimit({ requests: 3, window: 60, name: 'burst' })
  @RateLimit({ requests: 4, window: 3600 })
  stacked() {
    return 'ok';
  }

  @Get('plans')
  @RateLimit({ requests: (request) => Number(request.headers['x-plan']), window: 60 })
  plans() {
    return 'ok';
  }

  @Get('own-header')
  ownHeader() {
    return 'ok';
  }
}

const limitHeaders = ({ headers }: Answer) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => /^(x-)?ratelimit|^retry-after/.test(name)));

describe.each(PLATFORMS)('headers of limits on %s', (platform) => {
  let app: RunningApp;
  let clock: TestClock;
  let from: string;
  const start = async (config: object = {}) => {
    ({ app, clock } = await startTimedApp(platform, {
      controllers: [HeadersController],
      config: { rateLimit: 2, rateLimitWindow: 10, ...config },
    }));
  };
  const get = async (path: string, headers = {}) => limitHeaders(await app.get(path, { from, headers }));
  beforeEach(() => {
    from = newClient();
  });
  afterEach(() => app.close());

  it('are structured fields by default', async () => {
    await start();
    const policy = { 'ratelimit-policy': '"default";q=2;w=10' };
    expect(await get('/global')).toEqual({ ...policy, ratelimit: '"default";r=1;t=10' });
    clock.advance(3_500);
    expect(await get('/global')).toEqual({ ...policy, ratelimit: '"default";r=0;t=10' });
    expect(await get('/global')).toEqual({ ...policy, ratelimit: '"default";r=0;t=7', 'retry-after': '7' });
    clock.advance(6_499);
    expect(await get('/global')).toEqual({ ...policy, ratelimit: '"default";r=0;t=1', 'retry-after': '1' });
    clock.advance(1);
    expect(await get('/global')).toEqual({ ...policy, ratelimit: '"default";r=0;t=10' });
  });

  it('name every limit, and of a refusal those that refuse', async () => {
    await start();
    const policy = { 'ratelimit-policy': '"burst";q=3;w=60, "default-2";q=4;w=3600' };
    expect(await get('/stacked')).toEqual({ ...policy, ratelimit: '"burst";r=2;t=60, "default-2";r=3;t=3600' });
    await burst(app, '/stacked', 2, { from });
    clock.advance(1);
    expect(await get('/stacked')).toEqual({ ...policy, ratelimit: '"burst";r=0;t=60', 'retry-after': '60' });
    clock.advance(60_000);
    expect(await get('/stacked')).toEqual({ ...policy, ratelimit: '"burst";r=2;t=60, "default-2";r=0;t=3600' });
    expect(await get('/stacked')).toEqual({ ...policy, ratelimit: '"default-2";r=0;t=3540', 'retry-after': '3540' });
  });

  it('tell the quota that a function answered', async () => {
    await start();
    expect(await get('/plans', { 'x-plan': '7' })).toEqual({
      'ratelimit-policy': '"default";q=7;w=60',
      ratelimit: '"default";r=6;t=60',
    });
  });

  it('are there for paths without a route', async () => {
    await start();
    expect(await get('/nothing')).toEqual({
      'ratelimit-policy': '"unrouted";q=2;w=10',
      ratelimit: '"unrouted";r=1;t=10',
    });
  });

  it('are the legacy ones on request, of the limit that is nearest to its end', async () => {
    await start({ rateLimitHeaders: 'legacy' });
    const legacy = (limit: number, remaining: number, reset: number) => ({
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': String(reset),
    });
    expect(await get('/global')).toEqual(legacy(2, 1, 10));
    expect(await get('/stacked')).toEqual(legacy(3, 2, 60));
    await burst(app, '/stacked', 2, { from });
    clock.advance(60_000);
    expect(await get('/stacked')).toEqual(legacy(4, 0, 3600));
    expect(await get('/stacked')).toEqual({ ...legacy(4, 0, 3540), 'retry-after': '3540' });
  });

  it('are only Retry-After when switched off, as an environment variable may do', async () => {
    await start({ rateLimitHeaders: 'false' });
    expect(await get('/global')).toEqual({});
    await get('/global');
    expect(await get('/global')).toEqual({ 'retry-after': '10' });
  });

  it('come with a body that says what happened, and is not stored', async () => {
    await start();
    await burst(app, '/global', 2, { from });
    const answer = await app.get('/global', { from });
    expect(answer.status).toBe(429);
    expect(answer.json()).toEqual({
      statusCode: 429,
      message: 'Too many requests',
      error: 'Too Many Requests',
      code: 'GUARD_RATE_LIMIT',
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });
});
