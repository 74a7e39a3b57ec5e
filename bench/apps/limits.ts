import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, HttpException, type ModuleMetadata } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { GuardModule, ResilientStateStore, StateThrottlerStorage } from '../../lib';
import { type Platform, serve } from './application';
import { throttled } from './assembled';
import { expressLimiter, type FlexibleAnswer, flexibleLimiter, throttlerRedisStorage } from './limit-peers';

interface Args {
  readonly platform: Platform;
  readonly variant: 'bare' | 'guard' | 'throttler' | 'throttler-guard' | 'flexible' | 'express';
  /** Undefined: in memory. */
  readonly redisUrl?: string;
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
}

const { platform, variant, redisUrl, limit, window } = JSON.parse(process.argv[2]!) as Args;
const windowMs = window * 1000;

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
      return throttled(limit, windowMs, redisUrl === undefined ? undefined : throttlerRedisStorage(redisUrl));
    case 'throttler-guard': {
      const store = new ResilientStateStore({ redis: redisUrl!, commandTimeoutMs: 1_000 });
      await store.start();
      return throttled(limit, windowMs, new StateThrottlerStorage(store));
    }
    case 'flexible':
      return { providers: [{ provide: APP_GUARD, useClass: FlexibleGuard }] };
  }
}

// Below Fastify's routing, where Nest puts middleware, there is no request.ip.
const addressOf = (request: IncomingMessage & { ip?: string }): string =>
  request.ip ?? String(request.headers['x-forwarded-for']);

async function main(): Promise<void> {
  await serve(platform, await additions(), (app) => {
    if (variant === 'express') app.use(expressLimiter({ limit, windowMs, redisUrl }, addressOf));
  });
}

void main();
