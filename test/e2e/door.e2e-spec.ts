import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';

@Controller()
class CatsController {
  @Get('cats/:id')
  find(@Param('id') id: string) {
    return { id };
  }

  @Post('cats')
  create(@Body() body: unknown) {
    return body;
  }
}

const EVERYTHING = [
  ['a route', 'GET', '/cats/1'],
  ['HEAD of a route', 'HEAD', '/cats/1'],
  ['an unknown path', 'GET', '/nothing'],
  ['an undecodable path', 'GET', '/cats/%zz'],
  ['an undecodable path outside every route', 'GET', '/%zz'],
  ['OPTIONS of a route', 'OPTIONS', '/cats/1'],
  ['OPTIONS *', 'OPTIONS', '*'],
  ['a malformed body', 'POST', '/cats'],
] as const;

function send(app: RunningApp, method: string, path: string, from?: string) {
  const malformed = method === 'POST' ? { body: '{"a":', headers: { 'content-type': 'application/json' } } : {};
  return app.send(path, { method, from, ...malformed });
}

describe.each(PLATFORMS)('the door on %s', (platform) => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await startApp(platform, {
      controllers: [CatsController],
      config: { trustedProxies: ['loopback'], blacklist: ['203.0.113.0/24'] },
    });
  });
  afterAll(() => app.close());

  it('lets requests through to their handlers', async () => {
    expect((await app.get('/cats/7')).json()).toEqual({ id: '7' });
    expect((await app.post('/cats', { name: 'Tom' })).json()).toEqual({ name: 'Tom' });
  });

  it.each(EVERYTHING)('writes its headers on the answer to %s', async (_, method, path) => {
    const answer = await send(app, method, path);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['x-powered-by']).toBeUndefined();
  });

  it.each(EVERYTHING)('refuses a blacklisted client at %s', async (_, method, path) => {
    const answer = await send(app, method, path, '203.0.113.9');
    expect(answer.status).toBe(403);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    if (method === 'HEAD') return;
    expect(answer.json()).toEqual({ statusCode: 403, message: 'Forbidden', error: 'Forbidden', code: 'GUARD_IP' });
  });
});
