import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  BanService,
  BlockCountries,
  ClientAddressService,
  DetectionService,
  GeoService,
  GuardModule,
  RateLimit,
  STATE_STORE,
  TimeWindow,
} from 'nestapi-guard';
import {
  FakeGeoHandler,
  guardedRequest,
  inspectedRequest,
  overrideGuard,
  TestClock,
  TestStateStore,
} from 'nestapi-guard/testing';
import request from 'supertest';

@Controller()
class ShopController {
  @Get('limited')
  @RateLimit({ requests: 1, window: 60 })
  limited() {
    return 'ok';
  }

  @Get('office')
  @TimeWindow('09:00', '17:00', 'UTC')
  office() {
    return 'ok';
  }

  @Get('domestic')
  @BlockCountries(['FR'])
  domestic() {
    return 'ok';
  }
}

// As it would be in production: Redis that is not there, and countries from somewhere else.
@Module({
  imports: [
    GuardModule.forRoot({
      trustedProxies: ['loopback'],
      redisUrl: 'redis://192.0.2.1:6379',
      redisRequired: true,
      geoIpHandler: { isInitialized: true, initialize() {}, getCountry: () => 'US' },
    }),
  ],
  controllers: [ShopController],
})
class AppModule {}

describe('overrideGuard()', () => {
  const store = new TestStateStore(new TestClock('2026-03-02T08:00:00Z'));
  const geo = new FakeGeoHandler({ '198.51.100.0/24': 'FR' });
  let app: INestApplication;

  beforeAll(async () => {
    const builder = overrideGuard(Test.createTestingModule({ imports: [AppModule] }), { store, geo });
    app = (await builder.compile()).createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());

  const statusOf = async (path: string, from = '203.0.113.1') =>
    (await request(app.getHttpServer()).get(path).set('x-forwarded-for', from)).status;

  it('puts the store in the place of the application’s own', () => {
    expect(app.get(STATE_STORE)).toBe(store);
  });

  it('lets the test move limits', async () => {
    expect([await statusOf('/limited'), await statusOf('/limited')]).toEqual([200, 429]);
    store.advance(59.9);
    expect(await statusOf('/limited')).toBe(429);
    store.advance(0.2);
    expect(await statusOf('/limited')).toBe(200);
  });

  it('lets the test move bans', async () => {
    await app.get(BanService).ban('203.0.113.9', { duration: 600 });
    expect(await statusOf('/domestic', '203.0.113.9')).toBe(403);
    store.advance(601);
    expect(await statusOf('/domestic', '203.0.113.9')).toBe(200);
  });

  it('lets the test move the time of day', async () => {
    expect(await statusOf('/office')).toBe(403);
    store.clock.advanceTo('2026-03-02T09:00:00Z');
    expect(await statusOf('/office')).toBe(200);
  });

  it('lets the test say countries', async () => {
    expect([await statusOf('/domestic', '198.51.100.7'), await statusOf('/domestic')]).toEqual([403, 200]);
    geo.put('198.51.100.7', 'BE');
    expect(await statusOf('/domestic', '198.51.100.7')).toBe(200);
    expect(app.get(GeoService).country('198.51.100.8')).toBe('FR');
  });
});

describe('TestClock', () => {
  it('goes on, and never back', () => {
    const clock = new TestClock('2026-01-01T00:00:00Z');
    clock.advance(1.5);
    expect(clock.now.toISOString()).toBe('2026-01-01T00:00:01.500Z');
    expect(() => clock.advance(-1)).toThrow(RangeError);
    expect(() => clock.advance(Number.NaN)).toThrow(RangeError);
    expect(() => clock.advanceTo('2025-12-31')).toThrow(RangeError);
    expect(() => new TestClock('soon')).toThrow(RangeError);
  });
});

describe('guardedRequest()', () => {
  it('has what the guard would find out', () => {
    const built = guardedRequest({
      path: '/orders/7?page=2',
      headers: { 'X-Partner': 'acme', Accept: ['text/html', 'text/plain'] },
      cookies: { theme: 'dark blue' },
      body: { name: 'x' },
      params: { id: '7' },
      country: 'FR',
      secure: true,
      user: { id: 1 },
    });
    expect(built).toMatchObject({
      kind: 'http',
      method: 'POST',
      path: '/orders/7',
      rawQuery: 'page=2',
      query: { page: '2' },
      params: { id: '7' },
      body: { name: 'x' },
      user: { id: 1 },
      ip: '203.0.113.1',
      country: 'FR',
      protocol: 'https',
      trusted: false,
    });
    expect(built.headers).toMatchObject({ 'x-partner': 'acme', accept: 'text/html, text/plain' });
    expect(built.headers['content-type']).toBe('application/json');
    expect(built.cookies.theme).toBe('dark%20blue');
  });

  it('tells clients by the configuration', () => {
    const headers = { 'x-forwarded-for': '198.51.100.7' };
    const config = { trustedProxies: ['10.0.0.0/8'], exemptIps: ['198.51.100.7'] };
    expect(guardedRequest({ headers, ip: '10.0.0.1' }, config)).toMatchObject({ ip: '198.51.100.7', trusted: true });
    expect(guardedRequest({ headers, ip: '203.0.113.5' }, config)).toMatchObject({ ip: '203.0.113.5', trusted: false });
    expect(() => guardedRequest({}, { trustedProxies: ['nonsense'] })).toThrow('trustedProxies[0]');
  });
});

describe('inspectedRequest()', () => {
  it.each<[where: string, options: Parameters<typeof inspectedRequest>[0], path: string]>([
    ['the query', { path: '/search?q=%3Cscript%3Ealert(1)%3C/script%3E' }, 'query.q'],
    ['the body', { body: { bio: '<script>alert(1)</script>' } }, 'body.bio'],
    ['a header', { headers: { Referer: '<script>alert(1)</script>' } }, 'headers.referer'],
    ['a cookie', { cookies: { theme: '<script>alert(1)</script>' } }, 'cookies.theme'],
  ])('is what detection reads: %s', async (_, options, path) => {
    const module = await Test.createTestingModule({ imports: [GuardModule.forRoot()] }).compile();
    const { threats } = await module.get(DetectionService).inspect(inspectedRequest(options));
    expect(threats.map((threat) => threat.path)).toContain(path);
    await module.close();
  });

  it('is also what tells where a raw request comes from', async () => {
    const module = await Test.createTestingModule({ imports: [GuardModule.forRoot()] }).compile();
    expect(module.get(ClientAddressService).of(guardedRequest({ ip: '::ffff:203.0.113.5' }).raw!).ip).toBe(
      '203.0.113.5',
    );
    await module.close();
  });
});
