import { Body, Controller, Get, Post } from '@nestjs/common';
import { Bypass, RequireIp, BlockUserAgents } from 'nestapi-guard';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';

@Controller()
class CatsController {
  @Get('cats/:id')
  find() {
    return { name: 'Tom' };
  }

  @Post('cats')
  create(@Body() body: unknown) {
    return body;
  }

  @Get('internal')
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  internal() {
    return 'secret';
  }

  @Get('no-curl')
  @BlockUserAgents(['curl'])
  noCurl() {
    return 'ok';
  }
}

describe.each(PLATFORMS)('spine on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, {
      controllers: [CatsController],
      config: { trustedProxies: ['loopback'], blacklist: ['203.0.113.0/24'] },
    });
  });
  afterAll(() => app.close());

  it.each([
    ['a route', '/cats/1', 200],
    ['an unknown path', '/nothing', 404],
    ['an undecodable path', '/%zz', 400],
  ])('serves %s with security headers', async (_, path, status) => {
    const answer = await app.get(path);
    expect(answer.status).toBe(status);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['x-powered-by']).toBeUndefined();
  });

  it.each(['/cats/1', '/nothing', '/%zz', '*'])('refuses a blacklisted client at %s', async (path) => {
    const answer = await app.send(path, { from: '203.0.113.9', method: path === '*' ? 'OPTIONS' : 'GET' });
    expect(answer.status).toBe(403);
    expect(answer.json()).toEqual({ statusCode: 403, message: 'Forbidden', error: 'Forbidden', code: 'GUARD_IP' });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it('applies route rules', async () => {
    expect((await app.get('/internal', { from: '192.0.2.1' })).status).toBe(403);
    expect((await app.get('/internal', { from: '10.1.2.3' })).status).toBe(200);
    expect((await app.get('/no-curl', { headers: { 'user-agent': 'curl/8' } })).status).toBe(403);
    expect((await app.get('/no-curl')).status).toBe(200);
    expect((await app.post('/cats', { a: 1 })).json()).toEqual({ a: 1 });
  });
});
void Bypass;
