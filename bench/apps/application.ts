import 'reflect-metadata';
import type { Server } from 'node:http';
import { Body, Controller, Get, type INestApplication, type ModuleMetadata, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { serveParent } from '../support/serve';

export type Platform = 'express' | 'fastify';

@Controller()
class BenchController {
  @Get()
  hello() {
    return { hello: 'world' };
  }

  @Post()
  echo(@Body() body: { id: number }) {
    return { id: body.id };
  }
}

/** Serves the same two routes, whatever protects them. */
export async function serve(
  platform: Platform,
  additions: ModuleMetadata,
  configure: (app: INestApplication) => unknown = () => undefined,
): Promise<void> {
  @Module({ controllers: [BenchController], ...additions })
  class BenchModule {}
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter({ trustProxy: '127.0.0.1' });
  const app = await NestFactory.create(BenchModule, adapter as ExpressAdapter, { logger: false });
  if (platform === 'express') (app.getHttpAdapter() as ExpressAdapter).set('trust proxy', 'loopback');
  await configure(app);
  await app.listen(0, '127.0.0.1');
  serveParent(app.getHttpServer() as Server);
}
