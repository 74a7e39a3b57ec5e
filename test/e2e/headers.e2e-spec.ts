import fastifyHelmet from '@fastify/helmet';
import { Controller, Get, Header, type INestApplication, Req } from '@nestjs/common';
import { cspNonceOf, type GuardConfigInput, OWASP_SECURITY_HEADERS } from 'nestapi-guard';
import helmet from 'helmet';
import { ANSWER_KINDS, EveryAnswerController, REFUSED_CLIENT } from '../support/answer-kinds';
import { type Answer, PLATFORMS, type Platform, type RunningApp, startApp } from '../support/platforms';

const DEFAULTS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
  'x-xss-protection': '0',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'permissions-policy': 'geolocation=(), microphone=(), camera=()',
  'x-permitted-cross-domain-policies': 'none',
  'x-download-options': 'noopen',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

@Controller()
class PageController {
  @Get('page')
  @Header('X-Frame-Options', 'ALLOWALL')
  @Header('Content-Security-Policy', "default-src 'self'")
  page() {
    return 'page';
  }

  @Get('nonce')
  nonce(@Req() request: object) {
    return { nonce: cspNonceOf(request) };
  }
}

const CONFIG: GuardConfigInput = {
  enableRateLimiting: false,
  trustedProxies: ['loopback'],
  trustXForwardedProto: true,
  blacklist: [REFUSED_CLIENT],
};

function start(platform: Platform, config: GuardConfigInput, configure?: (app: INestApplication) => unknown) {
  const controllers = [EveryAnswerController, PageController];
  return startApp(platform, { controllers, config: { ...CONFIG, ...config }, configure });
}

describe.each(PLATFORMS)('security headers on %s', (platform) => {
  let app: RunningApp;
  afterEach(() => app.close());

  it('are on every kind of answer', async () => {
    app = await start(platform, {});
    for (const [kind, status, path, options] of ANSWER_KINDS) {
      const answer = await app.send(path, options);
      expect([kind, answer.status]).toEqual([kind, status]);
      const expected = path === '/own' ? { ...DEFAULTS, 'x-frame-options': 'DENY' } : DEFAULTS;
      expect([kind, answer.headers]).toEqual([kind, expect.objectContaining(expected)]);
      expect([kind, answer.headers['x-powered-by']]).toEqual([kind, undefined]);
      expect([kind, answer.headers['strict-transport-security']]).toEqual([kind, undefined]);
      expect([kind, answer.headers['content-security-policy']]).toEqual([kind, undefined]);
    }
  });

  it('carry HSTS on every kind of answer to a secure request', async () => {
    app = await start(platform, {});
    for (const [kind, , path, options] of ANSWER_KINDS) {
      const headers = { ...options.headers, 'x-forwarded-proto': 'https' };
      const answer = await app.send(path, { ...options, headers });
      expect([kind, answer.headers['strict-transport-security']]).toEqual([
        kind,
        'max-age=31536000; includeSubDomains',
      ]);
    }
  });

  it('are not to be stored with a refusal', async () => {
    app = await start(platform, {});
    for (const [kind, status, path, options] of ANSWER_KINDS) {
      if (!kind.includes('refusal')) continue;
      const answer = await app.send(path, options);
      expect([status, answer.headers['cache-control']]).toEqual([status, 'no-store']);
    }
  });

  it.each<[string, GuardConfigInput['securityHeaders'], Record<string, string | undefined>]>([
    ['null', null, noneOf(DEFAULTS)],
    ['false', false, noneOf(DEFAULTS)],
    ['enabled', { enabled: false }, noneOf(DEFAULTS)],
    ['frameOptions', { frameOptions: 'DENY' }, { ...DEFAULTS, 'x-frame-options': 'DENY' }],
    ['frameOptions off', { frameOptions: false }, { ...DEFAULTS, 'x-frame-options': undefined }],
    ['contentTypeOptions', { contentTypeOptions: false }, { 'x-content-type-options': undefined }],
    ['xssProtection', { xssProtection: '1; mode=block' }, { 'x-xss-protection': '1; mode=block' }],
    ['referrerPolicy', { referrerPolicy: ['no-referrer', 'origin'] }, { 'referrer-policy': 'no-referrer, origin' }],
    ['permissionsPolicy', { permissionsPolicy: { usb: 'self' } }, { 'permissions-policy': 'usb=(self)' }],
    [
      'permittedCrossDomainPolicies',
      { permittedCrossDomainPolicies: 'all' },
      { 'x-permitted-cross-domain-policies': 'all' },
    ],
    ['downloadOptions', { downloadOptions: false }, { 'x-download-options': undefined }],
    [
      'crossOriginOpenerPolicy',
      { crossOriginOpenerPolicy: 'unsafe-none' },
      { 'cross-origin-opener-policy': 'unsafe-none' },
    ],
    [
      'crossOriginResourcePolicy',
      { crossOriginResourcePolicy: 'cross-origin' },
      { 'cross-origin-resource-policy': 'cross-origin' },
    ],
    [
      'crossOriginEmbedderPolicy',
      { crossOriginEmbedderPolicy: 'require-corp' },
      { 'cross-origin-embedder-policy': 'require-corp' },
    ],
    [
      'csp',
      { csp: { defaultSrc: ["'self'"], 'img-src': 'data: https:' } },
      { 'content-security-policy': "default-src 'self'; img-src data: https:" },
    ],
    [
      'csp.reportOnly',
      { csp: { defaultSrc: "'none'", reportOnly: true } },
      { 'content-security-policy-report-only': "default-src 'none'", 'content-security-policy': undefined },
    ],
    ['custom', { custom: { 'X-Team': 'cats' } }, { ...DEFAULTS, 'x-team': 'cats' }],
    [
      "'owasp'",
      'owasp',
      { 'x-frame-options': 'DENY', 'cross-origin-embedder-policy': 'require-corp', 'cache-control': 'no-store' },
    ],
    [
      'the preset, changed',
      { ...OWASP_SECURITY_HEADERS, frameOptions: false },
      { 'x-frame-options': undefined, 'referrer-policy': 'no-referrer' },
    ],
  ])('are configured by %s', async (_, securityHeaders, expected) => {
    app = await start(platform, { securityHeaders });
    for (const path of ['/ok', '/nothing']) {
      const { headers } = await app.get(path);
      expect(Object.fromEntries(Object.keys(expected).map((name) => [name, headers[name]]))).toEqual(expected);
    }
  });

  it.each([
    [{ maxAge: 63_072_000, preload: true }, 'max-age=63072000; includeSubDomains; preload'],
    [{ maxAge: 0, includeSubdomains: false }, 'max-age=0'],
    [false as const, undefined],
  ])('send HSTS as configured by %j', async (hsts, expected) => {
    app = await start(platform, { securityHeaders: { hsts } });
    const { headers } = await app.get('/ok', { headers: { 'x-forwarded-proto': 'https' } });
    expect(headers['strict-transport-security']).toBe(expected);
    expect((await app.get('/ok')).headers['strict-transport-security']).toBeUndefined();
  });

  it('give a fresh nonce to every answer', async () => {
    app = await start(platform, { securityHeaders: { csp: { scriptSrc: ["'self'", "'nonce'"] } } });
    const nonces = new Set<string>();
    for (const path of ['/nonce', '/nonce', '/nothing']) {
      const answer = await app.get(path);
      const [, nonce] = /^script-src 'self' 'nonce-([A-Za-z0-9+/=]{24})'$/.exec(
        String(answer.headers['content-security-policy']),
      )!;
      if (path === '/nonce') expect(answer.json()).toEqual({ nonce });
      nonces.add(nonce!);
    }
    expect(nonces.size).toBe(3);
  });

  it('give way to what a handler sets, without repeating it', async () => {
    app = await start(platform, { securityHeaders: { csp: { defaultSrc: ["'none'"] } } });
    const { headers } = await app.get('/page');
    expect(headers['x-frame-options']).toBe('ALLOWALL');
    expect(headers['content-security-policy']).toBe("default-src 'self'");
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('give way to helmet', async () => {
    app = await start(platform, { securityHeaders: { permissionsPolicy: 'usb=()' } }, async (nest) => {
      const options = { contentSecurityPolicy: false, frameguard: { action: 'deny' as const }, hsts: { maxAge: 1000 } };
      if (platform === 'express') nest.use(helmet(options));
      else await nest.getHttpAdapter().getInstance().register(fastifyHelmet, options);
    });
    const routed = await app.get('/ok');
    expect(single(routed, 'x-frame-options')).toBe('DENY');
    expect(single(routed, 'permissions-policy')).toBe('usb=()');
    expect(single(routed, 'strict-transport-security')).toBe('max-age=1000; includeSubDomains');
    // Answered before helmet runs.
    expect(single(await app.get('/ok', { from: REFUSED_CLIENT }), 'x-frame-options')).toBe('SAMEORIGIN');
  });

  it('give way to app.useSecurityHeaders()', async () => {
    let present = false;
    app = await start(platform, {}, (nest) => {
      const framework = nest as INestApplication & { useSecurityHeaders?(options: object): void };
      present = framework.useSecurityHeaders !== undefined;
      framework.useSecurityHeaders?.({ xFrameOptions: { action: 'deny' }, contentSecurityPolicy: false });
    });
    const { headers } = await app.get('/ok');
    expect(headers['x-frame-options']).toBe(present ? 'DENY' : 'SAMEORIGIN');
    expect(headers['permissions-policy']).toBe(DEFAULTS['permissions-policy']);
  });

  it('follow the configuration at run time', async () => {
    app = await start(platform, {});
    const { GuardControl } = await import('nestapi-guard');
    await app.app.get(GuardControl).updateConfig({ securityHeaders: { frameOptions: 'DENY' } });
    expect((await app.get('/ok')).headers['x-frame-options']).toBe('DENY');
  });
});

function noneOf(headers: object): Record<string, undefined> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, undefined]));
}

function single(answer: Answer, name: string): string {
  const value = answer.headers[name];
  expect(String(value)).not.toContain(', ');
  return String(value);
}
