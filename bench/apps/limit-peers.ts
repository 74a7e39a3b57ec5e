import { createRequire } from 'node:module';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { Redis } from 'ioredis';

// The peers are installed by `npm run bench` only, so the types that are used of them stand here.
const peer = createRequire(__filename);

export interface FlexibleAnswer {
  readonly remainingPoints: number;
  readonly msBeforeNext: number;
}

export interface FlexibleLimiter {
  /** Rejects with an answer when there is no room. */
  consume(key: string): Promise<FlexibleAnswer>;
}

export interface ExpressStore {
  init(options: { windowMs: number }): unknown;
  increment(key: string): Promise<{ totalHits: number }>;
}

export type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => unknown;

interface Limit {
  readonly limit: number;
  readonly windowMs: number;
  /** Undefined: in memory. */
  readonly redisUrl?: string;
}

export function throttlerRedisStorage(url: string): ThrottlerStorage {
  const { ThrottlerStorageRedisService } = peer('@nest-lab/throttler-storage-redis') as {
    ThrottlerStorageRedisService: new (client: Redis) => ThrottlerStorage;
  };
  return new ThrottlerStorageRedisService(new Redis(url));
}

export function flexibleLimiter({ limit, windowMs, redisUrl }: Limit): FlexibleLimiter {
  const { RateLimiterMemory, RateLimiterRedis } = peer('rate-limiter-flexible') as Record<
    'RateLimiterMemory' | 'RateLimiterRedis',
    new (options: object) => FlexibleLimiter
  >;
  const options = { points: limit, duration: windowMs / 1000 };
  if (redisUrl === undefined) return new RateLimiterMemory(options);
  // As its documentation advises: what is known to be refused is not asked again.
  return new RateLimiterRedis({ ...options, storeClient: new Redis(redisUrl), inMemoryBlockOnConsumed: limit });
}

export function expressStore({ redisUrl }: Pick<Limit, 'redisUrl'>): ExpressStore {
  if (redisUrl === undefined) {
    const { MemoryStore } = peer('express-rate-limit') as { MemoryStore: new () => ExpressStore };
    return new MemoryStore();
  }
  const { RedisStore } = peer('rate-limit-redis') as { RedisStore: new (options: object) => ExpressStore };
  const client = new Redis(redisUrl);
  return new RedisStore({ sendCommand: (command: string, ...args: string[]) => client.call(command, ...args) });
}

export function expressLimiter(limit: Limit, keyGenerator: (request: IncomingMessage) => string): Middleware {
  const { rateLimit } = peer('express-rate-limit') as { rateLimit: (options: object) => Middleware };
  return rateLimit({
    windowMs: limit.windowMs,
    limit: limit.limit,
    store: expressStore(limit),
    keyGenerator,
    validate: false,
    // Its own answer needs Express; this one is the same on both platforms.
    handler: (_request: IncomingMessage, response: ServerResponse) => {
      response.statusCode = 429;
      response.end('Too many requests, please try again later.');
    },
  });
}
