import type { AddressInfo } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { GuardModule, RateLimit } from '../../lib';

// One of several applications that share a Redis: worker.ts <redis url> <platform> <clock offset in ms>
const [redisUrl, platform, offset] = process.argv.slice(2);
const realNow = Date.now;
Date.now = () => realNow() + Number(offset);

@Controller()
class LimitedController {
  @Get('ten')
  @RateLimit({ requests: 10, window: 600 })
  ten() {
    return 'ok';
  }

  @Get('hundred')
  @RateLimit({ requests: 100, window: 600 })
  @RateLimit({ requests: 1000, window: 3600, name: 'hourly' })
  hundred() {
    return 'ok';
  }

  @Get('bucket')
  @RateLimit({ requests: 1, window: 600, burst: 20, algorithm: 'token-bucket' })
  bucket() {
    return 'ok';
  }
}

@Module({
  imports: [
    GuardModule.forRoot({
      redisUrl,
      redisCommandTimeout: 5,
      trustedProxies: ['loopback'],
      rateLimit: 30,
      rateLimitWindow: 600,
    }),
  ],
  controllers: [LimitedController],
})
class LimitedModule {}

async function serve(): Promise<void> {
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const app = await NestFactory.create(LimitedModule, adapter as ExpressAdapter, { logger: false });
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  process.send!(port);
}

void serve();
