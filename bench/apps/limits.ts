import 'reflect-metadata';
import type { IncomingMessage, Server } from 'node:http';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  HttpException,
  type ModuleMetadata,
  Module,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ThrottlerGuard, ThrottlerModule, type ThrottlerStorage } from '@nestjs/throttler';
import { GuardModule, ResilientStateStore, StateThrottlerStorage } from 'nestapi-guard';
import { serveParent } from '../support/serve';
import { expressLimiter, type FlexibleAnswer, flexibleLimiter, throttlerRedisStorage } from './limit-peers';

interface Args {
  readonly platform: 'express' | 'fastify';
  readonly variant: 'bare' | 'guard' | 'throttler' | 'throttler-guard' | 'flexible' | 'express';
  /** Undefined: in memory. */
  readonly redisUrl?: string;
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
}

const { platform, variant, redisUrl, limit, window } = JSON.parse(process.argv[2]!) as Args;
const windowMs = window * 1000;

@Controller()
class BenchController {
  @Get()
  hello() {
    return { hello: 'world' };
  }
}

interface Answering {
  header(name: string, value: string): unknown;
}

/** The guard that its documentation shows, with the same headers as the others. */
class FlexibleGuard implements CanActivate {
  private readonly limiter = flexibleLimiter({ limit, windowMs, redisUrl });

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const response = http.getResponse<Answering>();
    try {
      this.tell(response, await this.limiter.consume(http.getRequest<{ ip: string }>().ip));
      return true;
    } catch (refusal) {
      if (refusal instanceof Error) throw refusal;
      response.header('Retry-After', String(Math.ceil((refusal as FlexibleAnswer).msBeforeNext / 1000)));
      throw new HttpException('Too Many Requests', 429);
    }
  }

  private tell(response: Answering, { remainingPoints, msBeforeNext }: FlexibleAnswer): void {
    response.header('X-RateLimit-Limit', String(limit));
    response.header('X-RateLimit-Remaining', String(remainingPoints));
    response.header('X-RateLimit-Reset', String(Math.ceil(msBeforeNext / 1000)));
  }
}

async function throttled(storage?: ThrottlerStorage): Promise<ModuleMetadata> {
  return {
    imports: [ThrottlerModule.forRoot({ throttlers: [{ ttl: windowMs, limit }], storage })],
    providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
  };
}

async function additions(): Promise<ModuleMetadata> {
  switch (variant) {
    case 'bare':
    case 'express':
      return {};
    case 'guard': {
      // Limits alone, as the others have nothing else either; the suite `http` measures the rest.
      const limitsOnly = { enablePenetrationDetection: false, enableIpBanning: false, securityHeaders: false } as const;
      const rules = { rateLimit: limit, rateLimitWindow: window, trustedProxies: ['loopback'] };
      return { imports: [GuardModule.forRoot({ redisUrl, redisCommandTimeout: 1, ...rules, ...limitsOnly })] };
    }
    case 'throttler':
      return throttled(redisUrl === undefined ? undefined : throttlerRedisStorage(redisUrl));
    case 'throttler-guard': {
      const store = new ResilientStateStore({ redis: redisUrl!, commandTimeoutMs: 1_000 });
      await store.start();
      return throttled(new StateThrottlerStorage(store));
    }
    case 'flexible':
      return { providers: [{ provide: APP_GUARD, useClass: FlexibleGuard }] };
  }
}

// Below Fastify's routing, where Nest puts middleware, there is no request.ip.
const addressOf = (request: IncomingMessage & { ip?: string }): string =>
  request.ip ?? String(request.headers['x-forwarded-for']);

async function main(): Promise<void> {
  @Module({ controllers: [BenchController], ...(await additions()) })
  class BenchModule {}
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter({ trustProxy: '127.0.0.1' });
  const app = await NestFactory.create(BenchModule, adapter as ExpressAdapter, { logger: false });
  if (platform === 'express') (app.getHttpAdapter() as ExpressAdapter).set('trust proxy', 'loopback');
  if (variant === 'express') app.use(expressLimiter({ limit, windowMs, redisUrl }, addressOf));
  await app.listen(0, '127.0.0.1');
  serveParent(app.getHttpServer() as Server);
}

void main();
