import { Body, Controller, Get, Post } from '@nestjs/common';
import {
  BanService,
  BlockClouds,
  CloudRangeService,
  type GuardConfigInput,
  GuardControl,
  type GuardEvent,
  type GuardEventMap,
  GuardEvents,
  type GuardEventType,
  GeoService,
  RateLimit,
  UsageMonitor,
} from 'nestapi-guard';
import { WRITE_FEED } from '../support/cloud-feeds';
import { type LocalServer, startLocalServer } from '../support/local-server';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { RedisServer } from '../support/redis-server';
import { until } from '../support/until';

const XSS = '<script>alert(1)</script>';
const CLIENT = '175.45.176.1';
const BEHIND_PROXY: GuardConfigInput = { trustedProxies: ['loopback'] };

@Controller()
class NotesController {
  @Post('notes/:id')
  create(@Body() body: unknown) {
    return body;
  }

  @Get('limited/:id')
  @RateLimit({ requests: 1, window: 60, name: 'once' })
  limited() {
    return 'ok';
  }

  @Get('watched/:id')
  @UsageMonitor({ maxCalls: 1, window: 60, action: 'alert' })
  watched() {
    return 'ok';
  }
}

@Controller('no-clouds')
@BlockClouds(['AWS'])
class CloudlessController {
  @Get()
  get() {
    return 'ok';
  }
}

describe.each(PLATFORMS)('events on %s', (platform) => {
  let app: RunningApp | undefined;
  let feeds: LocalServer | undefined;
  let redis: RedisServer | undefined;
  let events: GuardEvent[];

  const start = async (config: GuardConfigInput = {}, controllers: (new () => unknown)[] = []) => {
    events = [];
    app = await startApp(platform, {
      config: { ...BEHIND_PROXY, ...config },
      controllers: [NotesController, ...controllers],
      providers: [
        {
          provide: 'subscriber',
          inject: [GuardEvents],
          useFactory: ({ stream }: GuardEvents) => stream.subscribe((event) => events.push(event)),
        },
      ],
    });
    return app;
  };
  afterEach(async () => {
    await app?.close();
    await feeds?.close();
    await redis?.stop();
    app = feeds = redis = undefined;
  });

  /** The first event of a type, once it is there. */
  const first = async <Type extends GuardEventType>(type: Type): Promise<GuardEventMap[Type]> => {
    const found = () => events.find((event) => event.type === type);
    await until(() => found() !== undefined);
    return found() as GuardEventMap[Type];
  };

  const request = {
    kind: 'http',
    ip: CLIENT,
    method: 'GET',
    path: '/limited/7',
    route: 'GET /limited/:id',
    handler: 'NotesController.limited',
    requestId: 'req-1',
  };
  const callTwice = async (running: RunningApp, path: string) => {
    const options = { from: CLIENT, headers: { 'x-request-id': 'req-1' } };
    await running.get(path, options);
    await running.get(path, options);
  };

  it.each([
    ['enforce', {}, 'refused'],
    ['passive', { passiveMode: true }, 'would_refuse'],
    ['dry-run', { checkModes: { rate_limit: 'dry-run' } }, 'would_refuse'],
  ] as const)('a limit that is reached, mode %s', async (mode, config, type) => {
    await callTwice(await start(config), '/limited/7?token=s3cr3t');
    const evidence = { limit: 'once', requests: 1, window: 60, retryAfter: 60 };
    const common = { at: expect.any(Date), check: 'rate_limit', reason: 'limit reached', mode, request, evidence };
    expect(await first(type)).toEqual({ type, status: 429, ...common });
    expect(await first('limited')).toEqual({ type: 'limited', ...common });
    expect(JSON.stringify(events)).not.toContain('s3cr3t');
  });

  it.each([
    ['enforce', {}, 'refused'],
    ['passive', { passiveMode: true }, 'would_refuse'],
  ] as const)('an attack, mode %s', async (mode, config, type) => {
    const running = await start(config);
    await running.post('/notes/7', { items: [{ html: XSS }] }, { from: CLIENT });
    expect(await first(type)).toMatchObject({ check: 'penetration', reason: 'xss', mode });
    expect(await first('threat')).toMatchObject({
      check: 'penetration',
      reason: 'xss',
      mode,
      request: { route: 'POST /notes/:id', handler: 'NotesController.create', ip: CLIENT },
      evidence: { score: expect.any(Number), threats: [{ category: 'xss', path: 'body.items[0].html', decoded: [] }] },
    });
  });

  it('an attack does not tell secrets', async () => {
    const running = await start();
    const headers = { cookie: `theme=${encodeURIComponent(`s3cr3t-cookie${XSS}`)}`, 'x-api-key': `s3cr3t-key${XSS}` };
    const path = `/notes/7?token=${encodeURIComponent(`s3cr3t-token${XSS}`)}`;
    await running.post(path, { password: `s3cr3t-password${XSS}` }, { from: CLIENT, headers });
    await first('threat');
    expect(JSON.stringify(events)).not.toContain('s3cr3t');
  });

  it('bans, by the guard and by hand, and their end', async () => {
    const running = await start({ autoBanThreshold: 1 });
    const bans = running.app.get(BanService);
    await running.post('/notes/7', { html: XSS }, { from: CLIENT });
    expect(await first('banned')).toMatchObject({
      target: CLIENT,
      automatic: true,
      seconds: 3600,
      reason: expect.stringContaining('xss'),
      request: { path: '/notes/7', route: 'POST /notes/:id' },
    });
    await bans.unban(CLIENT);
    expect(await first('unbanned')).toMatchObject({ target: CLIENT });
    events.length = 0;
    await bans.ban('203.0.113.9', { duration: 60, reason: 'by hand' });
    const byHand = { target: '203.0.113.9', automatic: false, seconds: 60, reason: 'by hand' };
    expect(await first('banned')).toMatchObject(byHand);
  });

  it('bans that would have been', async () => {
    const running = await start({ autoBanThreshold: 1, passiveMode: true });
    await running.post('/notes/7', { html: XSS }, { from: CLIENT });
    expect(await first('would_ban')).toMatchObject({ target: CLIENT, automatic: true });
  });

  it('behaviour', async () => {
    await callTwice(await start(), '/watched/7');
    expect(await first('behavior')).toMatchObject({
      severity: 'critical',
      action: 'alert',
      monitor: 'usage',
      count: 2,
      limit: 1,
      client: CLIENT,
      request: { route: 'GET /watched/:id', requestId: 'req-1' },
    });
  });

  it('a check that throws', async () => {
    const running = await start({
      customRequestCheck: () => {
        throw new Error('out of order');
      },
    });
    await running.get('/limited/7', { from: CLIENT });
    expect(await first('check_failed')).toMatchObject({
      check: 'custom_request',
      error: 'Error: out of order',
      refused: true,
      request: { route: 'GET /limited/:id' },
    });
  });

  it('a change of the configuration', async () => {
    const running = await start();
    await running.app.get(GuardControl).updateConfig({ rateLimit: 7 });
    expect(await first('config_changed')).toMatchObject({ fields: ['rateLimit'] });
  });

  it('the loss and the return of Redis', async () => {
    redis = await RedisServer.start();
    await start({ redisUrl: redis.url });
    await redis.kill();
    expect(await first('degraded')).toMatchObject({ subject: 'state', reason: expect.stringMatching(/./) });
    await redis.restart();
    expect(await first('recovered')).toMatchObject({ subject: 'state' });
  });

  it('Redis that was never there', async () => {
    await start({ redisUrl: 'redis://127.0.0.1:1' });
    expect(await first('degraded')).toMatchObject({ subject: 'state' });
  });

  it('countries that cannot be read, and those that can', async () => {
    await start({ geoDatabasePath: '/nowhere/countries.mmdb', blockedCountries: ['KP'] });
    expect(await first('degraded')).toMatchObject({ subject: 'geo', reason: expect.stringContaining('ENOENT') });
    await app!.close();
    await start({ blockedCountries: ['KP'] });
    expect(await first('refreshed')).toMatchObject({ subject: 'geo', builtAt: expect.any(Date) });
    await app!.get('/limited/7', { from: CLIENT });
    expect((await first('refused')).request).toMatchObject({ ip: CLIENT, country: 'KP' });
  });

  it('load no countries by themselves', async () => {
    const running = await start({ passiveMode: true });
    await callTwice(running, '/limited/7');
    expect((await first('limited')).request.country).toBeUndefined();
    const geo = running.app.get(GeoService);
    expect(geo.status().loadedAt).toBeUndefined();
    expect(geo.country(CLIENT)).toBe('KP');
    await callTwice(running, '/limited/8');
    await until(() =>
      events.some(({ type, ...event }) => type === 'limited' && 'request' in event && event.request?.country === 'KP'),
    );
  });

  it('ranges of cloud providers that come, fail and come again', async () => {
    const good: LocalServer['answer'] = (_, response) =>
      response.end(WRITE_FEED.AWS({ 'eu-west-1': ['3.248.0.0/13'] }));
    feeds = await startLocalServer(good);
    const running = await start({ cloudFeedUrls: { AWS: `${feeds.url}/aws.json` } }, [CloudlessController]);
    const clouds = running.app.get(CloudRangeService);
    await clouds.refresh();
    expect(await first('refreshed')).toMatchObject({ subject: 'cloud', provider: 'AWS', networks: expect.any(Number) });
    feeds.answer = (_, response) => response.writeHead(503).end();
    await clouds.refresh();
    await clouds.refresh();
    expect(await first('degraded')).toMatchObject({
      subject: 'cloud',
      provider: 'AWS',
      reason: expect.stringContaining('503'),
    });
    feeds.answer = good;
    await clouds.refresh();
    expect(await first('recovered')).toMatchObject({ subject: 'cloud', provider: 'AWS' });
    expect(events.filter(({ type }) => type === 'degraded')).toHaveLength(1);
  });
});
