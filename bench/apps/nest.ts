import 'reflect-metadata';
import type { Server } from 'node:http';
import { Body, Controller, Get, type ModuleMetadata, Module, Post } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { type GuardConfigInput, GuardModule } from 'nestapi-guard';
import { serveParent } from '../support/serve';

interface Args {
  readonly platform: 'express' | 'fastify';
  readonly variant: 'bare' | 'throttler' | 'guarded';
  readonly config?: GuardConfigInput;
}

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

// High enough that nobody is refused while the rounds last, low enough to be somebody's limit.
const LIMIT = 1000;

const { platform, variant, config } = JSON.parse(process.argv[2]!) as Args;

const additions: Record<Args['variant'], () => ModuleMetadata> = {
  bare: () => ({}),
  throttler: () => ({
    imports: [ThrottlerModule.forRoot([{ ttl: 60_000, limit: LIMIT }])],
    providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
  }),
  guarded: () => ({ imports: [GuardModule.forRoot({ trustedProxies: ['loopback'], rateLimit: LIMIT, ...config })] }),
};

@Module({ controllers: [BenchController], ...additions[variant]() })
class BenchModule {}

async function main() {
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter({ trustProxy: '127.0.0.1' });
  const app = await NestFactory.create(BenchModule, adapter as ExpressAdapter, { logger: false });
  if (platform === 'express') (app.getHttpAdapter() as ExpressAdapter).set('trust proxy', 'loopback');
  await app.listen(0, '127.0.0.1');
  serveParent(app.getHttpServer() as Server);
}

void main();
