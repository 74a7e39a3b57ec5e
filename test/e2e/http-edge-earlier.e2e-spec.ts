import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { GuardModule } from 'nestapi-guard';
import { PLATFORMS, RunningApp, startApp } from '../support/platforms';

@Controller('rooms')
class RoomsController {
  @Get('open')
  open() {
    return 'open';
  }
}

const config = { trustedProxies: ['loopback'], blacklist: ['203.0.113.0/24'] };

describe.each(PLATFORMS)('what a framework of %s was given before Nest', (platform) => {
  let app: RunningApp;
  const calls: string[] = [];

  beforeAll(async () => {
    const express = new ExpressAdapter();
    const fastify = new FastifyAdapter();
    if (platform === 'express') {
      express.use((_request: unknown, _response: unknown, next: () => void) => {
        calls.push('middleware');
        next();
      });
      express.get('/earlier', (_request: unknown, response: { end(text: string): void }) => response.end('earlier'));
    } else {
      const instance = fastify.getInstance<FastifyInstance>();
      instance.addHook('preHandler', (_request, _reply, done) => {
        calls.push('middleware');
        done();
      });
      instance.get('/earlier', (_request, reply) => reply.send('earlier'));
    }
    const adapter = platform === 'express' ? express : fastify;
    app = await startApp(platform, { controllers: [RoomsController], config, adapter });
  });
  afterAll(() => app.close());

  it.each(['/earlier', '/rooms/open', '/nowhere'])('is out of reach at %s for a refused client', async (path) => {
    calls.length = 0;
    const refused = await app.get(path, { from: '203.0.113.9' });
    expect([refused.status, refused.json().code]).toEqual([403, 'GUARD_IP']);
    expect(calls).toEqual([]);
  });

  it('serves everybody else', async () => {
    const answer = await app.get('/earlier', { from: '192.0.2.1' });
    expect([answer.status, answer.text, answer.headers['x-content-type-options']]).toEqual([200, 'earlier', 'nosniff']);
    expect((await app.get('/rooms/open', { from: '192.0.2.1' })).text).toBe('open');
    expect(calls).toEqual(['middleware', 'middleware']);
  });
});

// What `NestFactory.create()` mounts before the modules are there stands elsewhere in an application of `@nestjs/testing`.
describe.each(PLATFORMS)('what an application on %s mounts before it listens', (platform) => {
  let app: RunningApp;
  const calls: string[] = [];

  @Module({ imports: [GuardModule.forRoot(config)], controllers: [RoomsController] })
  class AppModule {}

  beforeAll(async () => {
    const fastify = new FastifyAdapter();
    fastify.setOnRequestHook((_request, _reply, done) => {
      calls.push('first hook');
      done();
    });
    const adapter = platform === 'express' ? new ExpressAdapter() : fastify;
    const nest: INestApplication = await NestFactory.create(AppModule, adapter as ExpressAdapter, { logger: false });
    if (platform === 'fastify') {
      fastify.setOnRequestHook(async () => {
        calls.push('hook');
      });
    }
    nest.use((_request: unknown, _response: unknown, next: () => void) => {
      calls.push('middleware');
      next();
    });
    nest.use('/mounted', (_request: unknown, response: { end(text: string): void }) => response.end('mounted'));
    await nest.listen(0, '127.0.0.1');
    app = new RunningApp(nest, Number(new URL(await nest.getUrl()).port));
  });
  beforeEach(() => {
    calls.length = 0;
  });
  afterAll(() => app.close());

  it.each(['/mounted', '/rooms/open', '/nowhere', '/%zz'])(
    'is out of reach at %s for a refused client',
    async (path) => {
      const refused = await app.get(path, { from: '203.0.113.9' });
      expect([refused.status, refused.json().code]).toEqual([403, 'GUARD_IP']);
      expect(calls).toEqual([]);
    },
  );

  it.each([
    ['/mounted', 'mounted'],
    ['/rooms/open', 'open'],
  ])('serves everybody else at %s', async (path, text) => {
    const answer = await app.get(path, { from: '192.0.2.1' });
    expect([answer.status, answer.text, answer.headers['x-content-type-options']]).toEqual([200, text, 'nosniff']);
    expect(calls).toEqual(platform === 'fastify' ? ['hook', 'middleware'] : ['middleware']);
  });
});
