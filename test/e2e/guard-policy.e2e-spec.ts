import { applyDecorators, Body, Controller, Get, Post } from '@nestjs/common';
import {
  BlockUserAgents,
  GuardConfigError,
  GuardControl,
  GuardPolicy,
  type GuardPolicyOptions,
  policyDecorator,
  RateLimit,
  RequireHeaders,
  RequireIp,
} from 'nestapi-guard';
import { WALL_CLOCK } from '../../lib/state/wall-clock';
import { PLATFORMS, type RequestOptions, type RunningApp, startApp } from '../support/platforms';

const Partners = policyDecorator((...networks: string[]) => ({ requireIp: { whitelist: networks } }));
const Strict = () =>
  applyDecorators(BlockUserAgents(['curl']), GuardPolicy({ requireHeaders: { 'X-Tenant': 'required' } }));

@Controller('class')
@GuardPolicy({ requireIp: { whitelist: ['192.0.2.0/24'] }, blockUserAgents: ['curl'] })
class PolicyController {
  @Get()
  inherited() {
    return 'served';
  }

  @Get('method')
  @GuardPolicy({ requireIp: { whitelist: ['198.51.100.0/24'] } })
  method() {
    return 'served';
  }
}

@Controller()
class RoutesController {
  @Get('agents')
  @GuardPolicy({ blockUserAgents: ['curl'] })
  agents() {
    return 'served';
  }

  @Get('auth')
  @GuardPolicy({ requireAuth: 'basic' })
  auth() {
    return 'served';
  }

  @Get('verified')
  @GuardPolicy({ requireAuth: { scheme: 'bearer', verify: (token: string) => token === 'right' } })
  verified() {
    return 'served';
  }

  @Get('key')
  @GuardPolicy({ apiKeyAuth: { headerName: 'X-API-Key', keys: ['planted-api-key'] } })
  key() {
    return 'served';
  }

  @Get('headers')
  @GuardPolicy({ requireHeaders: { 'X-Tenant': 'required' } })
  headers() {
    return 'served';
  }

  @Get('referrer')
  @GuardPolicy({ requireReferrer: ['myapp.com'] })
  referrer() {
    return 'served';
  }

  @Post('type')
  @GuardPolicy({ contentTypeFilter: ['text/plain'] })
  type() {
    return 'served';
  }

  @Post('size')
  @GuardPolicy({ maxRequestSize: 16 })
  size() {
    return 'served';
  }

  @Post('honeypot')
  @GuardPolicy({ honeypotDetection: ['website'] })
  honeypot(@Body() body: unknown) {
    return body;
  }

  @Get('time')
  @GuardPolicy({ timeWindow: { start: '09:00', end: '17:00' } })
  time() {
    return 'served';
  }

  @Get('custom')
  @GuardPolicy({ customValidation: ({ headers }) => headers['x-tenant'] === 'acme' })
  custom() {
    return 'served';
  }

  @Get('https')
  @GuardPolicy({ requireHttps: true })
  https() {
    return 'served';
  }

  @Get('no-https')
  @GuardPolicy({ requireHttps: false, blockClouds: false })
  noHttps() {
    return 'served';
  }

  @Get('limit')
  @GuardPolicy({ rateLimit: { requests: 1, window: 60 } })
  limit() {
    return 'served';
  }

  @Get('limits')
  @GuardPolicy({
    rateLimit: [
      { requests: 2, window: 60 },
      { requests: 20, window: 3600 },
    ],
  })
  @RateLimit({ requests: 1, window: 60, name: 'own' })
  limits() {
    return 'served';
  }

  @Get('bypass')
  @GuardPolicy({ bypass: ['ip'] })
  bypass() {
    return 'served';
  }

  @Get('composed')
  @Strict()
  @RequireIp({ whitelist: ['192.0.2.0/24'] })
  composed() {
    return 'served';
  }

  @Get('own')
  @Partners('192.0.2.0/24')
  @RequireHeaders({ 'X-Tenant': 'required' })
  own() {
    return 'served';
  }
}

const from = (address: string, headers: Record<string, string> = {}): RequestOptions => ({ from: address, headers });
const having = (headers: Record<string, string>): RequestOptions => ({ headers });
const posting = (body: RequestOptions['body'], type = 'application/json'): RequestOptions => ({
  method: 'POST',
  body,
  headers: { 'content-type': type },
});
const basic = `Basic ${Buffer.from('ada:secret').toString('base64')}`;

const CASES: [what: string, path: string, request: RequestOptions, status: number][] = [
  ['a rule of the class', '/class', from('203.0.113.1'), 403],
  ['a client that meets it', '/class', from('192.0.2.1'), 200],
  ['the rule of the method, which replaces it', '/class/method', from('198.51.100.1'), 200],
  ['a client of the class only', '/class/method', from('192.0.2.1'), 403],
  ['the other rule of the class, which stays', '/class/method', from('198.51.100.1', { 'user-agent': 'curl/8' }), 403],
  ['blockUserAgents', '/agents', having({ 'user-agent': 'curl/8' }), 403],
  ['requireAuth without credentials', '/auth', {}, 401],
  ['requireAuth', '/auth', having({ authorization: basic }), 200],
  ['requireAuth with a wrong credential', '/verified', having({ authorization: 'Bearer wrong' }), 401],
  ['requireAuth with the right one', '/verified', having({ authorization: 'Bearer right' }), 200],
  ['apiKeyAuth with a wrong key', '/key', having({ 'x-api-key': 'wrong' }), 401],
  ['apiKeyAuth', '/key', having({ 'x-api-key': 'planted-api-key' }), 200],
  ['requireHeaders', '/headers', {}, 400],
  ['requireReferrer', '/referrer', having({ referer: 'https://evil.example/' }), 403],
  ['contentTypeFilter', '/type', posting({ a: 1 }), 415],
  ['maxRequestSize', '/size', posting({ much: 'more than that' }), 413],
  ['honeypotDetection', '/honeypot', posting({ website: 'http://spam.example' }), 403],
  ['timeWindow', '/time', {}, 403],
  ['customValidation', '/custom', {}, 403],
  ['requireHttps', '/https', {}, 301],
  ['requireHttps: false', '/no-https', {}, 200],
  ['bypass', '/bypass', from('198.51.100.66'), 200],
  ['a blacklisted client elsewhere', '/no-https', from('198.51.100.66'), 403],
  ['a composed decorator', '/composed', from('192.0.2.1'), 400],
  ['another part of it', '/composed', from('192.0.2.1', { 'user-agent': 'curl/8', 'x-tenant': 'acme' }), 403],
  ['what is beside it', '/composed', from('203.0.113.1', { 'x-tenant': 'acme' }), 403],
  ['all of them', '/composed', from('192.0.2.1', { 'x-tenant': 'acme' }), 200],
  ["a decorator of the application's own", '/own', from('203.0.113.1', { 'x-tenant': 'acme' }), 403],
  ['a client that meets it', '/own', from('192.0.2.1', { 'x-tenant': 'acme' }), 200],
];

describe.each(PLATFORMS)('@GuardPolicy on %s', (platform) => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await startApp(platform, {
      controllers: [PolicyController, RoutesController],
      config: { trustedProxies: ['loopback'], blacklist: ['198.51.100.66'], rateLimit: 10_000 },
      override: (module) => module.overrideProvider(WALL_CLOCK).useValue(() => Date.parse('2026-11-22T20:00:00Z')),
    });
  });
  afterAll(() => app.close());

  it.each(CASES)('%s', async (_, path, request, status) => {
    expect((await app.send(path, request)).status).toBe(status);
  });

  it('takes one limit, or a list, beside those of @RateLimit', async () => {
    const statuses = async (path: string) => [(await app.get(path)).status, (await app.get(path)).status];
    expect(await statuses('/limit')).toEqual([200, 429]);
    expect(await statuses('/limits')).toEqual([200, 429]);
    const limits = app.app
      .get(GuardControl)
      .policies()
      .find(({ route }) => route === 'GET /limits');
    expect(limits?.rules.find(({ field }) => field === 'rateLimit')?.value).toHaveLength(3);
  });

  it('hides API keys from the policy report', () => {
    expect(JSON.stringify(app.app.get(GuardControl).policies())).not.toContain('planted-api-key');
  });

  it.each<[string, unknown, RegExp]>([
    ['an unknown field', { rateLimt: { requests: 1 } }, /RouteController\.route @RateLimt: .*did you mean "rateLimit"/],
    [
      'an argument that its decorator rejects',
      { requireIp: { whitelist: ['nowhere'] } },
      /RouteController\.route @RequireIp/,
    ],
    ['a limit that is none', { rateLimit: { requests: 0, window: 60 } }, /RouteController\.route @RateLimit/],
    ['a scheme that is none', { requireAuth: '' }, /RouteController\.route @RequireAuth/],
    ['a window that is none', { timeWindow: '09:00' }, /RouteController\.route @TimeWindow/],
    ['an unknown check', { bypass: ['rate_limits'] }, /RouteController\.route @Bypass.*did you mean "rate_limit"/],
    ['no object', 'everything', /RouteController\.route @GuardPolicy/],
    ['nothing', undefined, /RouteController\.route @GuardPolicy/],
  ])('stops the start for %s', async (_, policy, message) => {
    @Controller()
    class RouteController {
      @Get()
      @GuardPolicy(policy as GuardPolicyOptions)
      route() {
        return 'served';
      }
    }
    const starting = startApp(platform, { controllers: [RouteController], config: {} });
    await expect(starting).rejects.toThrow(GuardConfigError);
    await expect(starting).rejects.toThrow(message);
  });
});
