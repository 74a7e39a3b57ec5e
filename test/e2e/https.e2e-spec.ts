import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { All, Controller, Get, Post } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Bypass, ContentTypeFilter, GuardModule, MaxRequestSize, RequireHttps } from 'nestapi-guard';
import { selfSigned } from '../support/certificate';
import { type Answer, PLATFORMS, type Platform, type RunningApp, startApp } from '../support/platforms';
import { answersOf, exchange } from '../support/raw-http';

@Controller()
class PagesController {
  @Get('open')
  open() {
    return 'open';
  }

  @All('secure')
  @RequireHttps()
  secure() {
    return 'secure';
  }

  @Get('health')
  @Bypass(['https'])
  health() {
    return 'up';
  }
}

@Controller('vault')
@RequireHttps()
class VaultController {
  @Post('gold')
  gold() {
    return 'gold';
  }

  @Post('small')
  @MaxRequestSize(10)
  @ContentTypeFilter(['application/json'])
  small() {
    return 'small';
  }
}

const CONTROLLERS = [PagesController, VaultController];
const HOST = { host: 'shop.example' };

describe.each(PLATFORMS)('https on %s', (platform) => {
  let app: RunningApp;
  afterEach(() => app.close());

  describe('enforceHttps', () => {
    beforeEach(async () => {
      const config = {
        enforceHttps: true,
        excludePaths: ['/static'],
        trustedProxies: ['loopback'],
        trustXForwardedProto: true,
      };
      app = await startApp(platform, { controllers: CONTROLLERS, config });
    });

    it.each([
      ['GET', '/open', 301, 'https://shop.example/open'],
      ['HEAD', '/open', 301, 'https://shop.example/open'],
      ['POST', '/vault/gold', 308, 'https://shop.example/vault/gold'],
      ['DELETE', '/open', 308, 'https://shop.example/open'],
      ['GET', '/open?a=%2F%0d&b=//x', 301, 'https://shop.example/open?a=%2F%0d&b=//x'],
      ['GET', '/nothing/here', 301, 'https://shop.example/nothing/here'],
      ['GET', '//evil.example/%2e%2e', 301, 'https://shop.example//evil.example/%2e%2e'],
      ['GET', '/\\evil.example', 301, 'https://shop.example/\\evil.example'],
      ['GET', '/%zz', 301, 'https://shop.example/%zz'],
      ['GET', 'http://other.example/open?x', 301, 'https://shop.example/open?x'],
      ['OPTIONS', '*', 308, 'https://shop.example/'],
    ])('redirects %s %s', async (method, path, status, location) => {
      const answer = await app.send(path, { method, headers: HOST });
      expect(answer.status).toBe(status);
      expect(answer.headers.location).toBe(location);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['strict-transport-security']).toBeUndefined();
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      if (method !== 'HEAD') expect(answer.json().code).toBe('GUARD_HTTPS');
    });

    it.each([
      ['SHOP.example:80', 'https://shop.example/open'],
      ['shop.example:8080', 'https://shop.example:8080/open'],
      ['[2001:db8::1]:3000', 'https://[2001:db8::1]:3000/open'],
      ['xn--mnchen-3ya.example', 'https://xn--mnchen-3ya.example/open'],
    ])('names the Host %s', async (host, location) => {
      expect((await app.get('/open', { headers: { host } })).headers.location).toBe(location);
    });

    it.each(['a@evil.example', 'evil.example#', 'evil.example\\x', 'x:99999', 'a b', 'a,b', 'a/b', '', '[::1'])(
      'answers 400 to the Host %j',
      async (host) => {
        const stream = await exchange(app.port, 'GET /open HTTP/1.1', `Host: ${host}`, 'Connection: close');
        const [answer] = answersOf(stream);
        expect(answer!.status).toBe(400);
        expect(answer!.headers.location).toBeUndefined();
      },
    );

    it('answers 400 to two Hosts', async () => {
      const stream = await exchange(
        app.port,
        'GET /open HTTP/1.1',
        'Host: a.example',
        'Host: b.example',
        'Connection: close',
      );
      expect(stream).toMatch(/^HTTP\/1.1 400 /);
    });

    it('answers 400 when there is no Host', async () => {
      const [answer] = answersOf(await exchange(app.port, 'GET /open HTTP/1.0'));
      expect(answer!.status).toBe(400);
      expect(JSON.parse(answer!.text)).toMatchObject({ code: 'GUARD_HOST' });
    });

    it.each([
      ['https', 200],
      ['HTTPS', 200],
      ['https, http', 200],
      ['http', 301],
      ['http, https', 301],
      ['wss', 200],
      ['ws', 301],
      ['', 301],
    ])('believes X-Forwarded-Proto %j of a trusted proxy', async (proto, status) => {
      const answer = await app.get('/open', { headers: { ...HOST, 'x-forwarded-proto': proto } });
      expect(answer.status).toBe(status);
      expect(answer.headers['strict-transport-security']).toBe(
        status === 200 ? 'max-age=31536000; includeSubDomains' : undefined,
      );
    });

    it('leaves excluded paths and bypassing routes alone', async () => {
      expect((await app.get('/static/logo.png')).status).toBe(404);
      expect((await app.get('/health')).text).toBe('up');
      expect((await app.get('/nothing', { headers: HOST })).status).toBe(301);
    });
  });

  it.each([
    ['trustXForwardedProto is false', { trustedProxies: ['loopback'] }],
    ['the peer is no trusted proxy', { trustedProxies: ['192.0.2.1'], trustXForwardedProto: true }],
  ])('does not believe X-Forwarded-Proto when %s', async (_, config) => {
    app = await startApp(platform, { controllers: CONTROLLERS, config: { enforceHttps: true, ...config } });
    const answer = await app.get('/open', { headers: { ...HOST, 'x-forwarded-proto': 'https' } });
    expect(answer.status).toBe(301);
    expect(answer.headers['strict-transport-security']).toBeUndefined();
  });

  it('refuses with httpsMode reject', async () => {
    app = await startApp(platform, {
      controllers: CONTROLLERS,
      config: { enforceHttps: true, httpsMode: 'reject' },
    });
    const answer = await app.post('/vault/gold', { secret: 1 });
    expect(answer.status).toBe(403);
    expect(answer.headers.location).toBeUndefined();
    expect(answer.json()).toMatchObject({ code: 'GUARD_HTTPS', message: 'HTTPS is required' });
  });

  it('redirects to allowedHosts only, as they are written', async () => {
    const allowedHosts = ['Shop.example:8443', 'www.shop.example'];
    app = await startApp(platform, { controllers: CONTROLLERS, config: { enforceHttps: true, allowedHosts } });
    const redirected = async (host: string) => {
      const { status, headers } = await app.get('/open', { headers: { host } });
      return headers.location ?? status;
    };
    expect(await redirected('shop.example')).toBe('https://shop.example:8443/open');
    expect(await redirected('www.SHOP.example:3000')).toBe('https://www.shop.example/open');
    expect(await redirected('evil.example')).toBe(400);
    expect(await redirected('a.shop.example')).toBe(400);
  });

  it('asks before it looks at what a request carries', async () => {
    app = await startApp(platform, { controllers: CONTROLLERS, config: {} });
    const answer = await app.post('/vault/small', 'x'.repeat(11), {
      headers: { ...HOST, 'content-type': 'text/plain' },
    });
    expect([answer.status, answer.headers.location]).toEqual([308, 'https://shop.example/vault/small']);
  });

  it('holds for decorated routes alone', async () => {
    app = await startApp(platform, { controllers: CONTROLLERS, config: {} });
    expect((await app.get('/open')).status).toBe(200);
    expect((await app.get('/secure', { headers: HOST })).headers.location).toBe('https://shop.example/secure');
    expect((await app.send('/secure', { method: 'PUT', headers: HOST })).status).toBe(308);
    expect((await app.post('/vault/gold', {}, { headers: HOST })).status).toBe(308);
  });

  it.each([
    ['httpsMode', { httpsMode: 'maybe' }, /httpsMode: "maybe"/],
    ['allowedHosts', { allowedHosts: ['https://x.example'] }, /allowedHosts\[0\]: "https:\/\/x.example"/],
  ])('does not start with an impossible %s', async (_, config, message) => {
    app = await startApp(platform, { config: {} });
    await expect(startApp(platform, { config: config as never })).rejects.toThrow(message);
  });
});

describe.each(PLATFORMS)('TLS on %s', (platform) => {
  it('is secure by itself, and carries HSTS', async () => {
    const { key, cert } = selfSigned();
    const app = await startTls(platform, { key, cert });
    try {
      const { port } = (app.getHttpServer() as https.Server).address() as AddressInfo;
      const get = (path: string) => getSecurely(port, path, cert);
      for (const path of ['/open', '/secure', '/nothing']) {
        expect((await get(path)).headers['strict-transport-security']).toBe('max-age=63072000');
      }
      expect((await get('/secure')).status).toBe(200);
    } finally {
      await app.close();
    }
  });
});

async function startTls(platform: Platform, httpsOptions: https.ServerOptions) {
  const module = await Test.createTestingModule({
    controllers: CONTROLLERS,
    imports: [
      GuardModule.forRoot({
        enforceHttps: true,
        securityHeaders: { hsts: { maxAge: 63_072_000, includeSubdomains: false } },
      }),
    ],
  }).compile();
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter({ https: httpsOptions } as never);
  const app = module.createNestApplication(adapter as ExpressAdapter, { logger: false, httpsOptions } as never);
  await app.listen(0, '127.0.0.1');
  return app;
}

function getSecurely(port: number, path: string, ca: string): Promise<Pick<Answer, 'status' | 'headers'>> {
  return new Promise((resolve, reject) => {
    https
      .get({ host: '127.0.0.1', port, path, ca, agent: false }, (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, headers: response.headers });
      })
      .on('error', reject);
  });
}
