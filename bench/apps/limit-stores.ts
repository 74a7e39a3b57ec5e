import { ThrottlerStorageService } from '@nestjs/throttler';
import { MemoryStateStore, RedisStateStore, type StateStore } from '../../lib';
import { expressStore, flexibleLimiter, throttlerRedisStorage } from './limit-peers';

export interface StoreArgs {
  readonly variant: 'guard' | 'throttler' | 'flexible' | 'express';
  /** Undefined: in memory. */
  readonly redisUrl?: string;
  readonly clients: number;
}

const LIMIT = 100;

/** Counts one request of a client. */
export type Hit = (client: string) => unknown;

/** What limiters count in, without Nest around it. */
export async function openStore({ variant, redisUrl }: StoreArgs, windowMs: number): Promise<Hit> {
  switch (variant) {
    case 'guard': {
      const store = await openGuardStore(redisUrl);
      return (client) =>
        store.consume([{ client, key: 'global', limit: LIMIT, windowMs, algorithm: 'sliding-window' }]);
    }
    case 'throttler': {
      const storage = redisUrl === undefined ? new ThrottlerStorageService() : throttlerRedisStorage(redisUrl);
      return (client) => storage.increment(client, windowMs, LIMIT, windowMs, 'default');
    }
    case 'flexible': {
      const limiter = flexibleLimiter({ limit: LIMIT, windowMs, redisUrl });
      return (client) => limiter.consume(client);
    }
    case 'express': {
      const store = expressStore({ redisUrl });
      await store.init({ windowMs });
      return (client) => store.increment(client);
    }
  }
}

async function openGuardStore(redisUrl?: string): Promise<StateStore> {
  if (redisUrl === undefined) return new MemoryStateStore();
  const store = new RedisStateStore({ redis: redisUrl, commandTimeoutMs: 5_000 });
  await store.start();
  return store;
}

/** Lets each of the clients `10.0.0.0`, `10.0.0.1` … send one request, `batch` of them at once. */
export async function hitOnce(hit: Hit, clients: number, batch: number, pause: () => unknown): Promise<void> {
  for (let first = 0; first < clients; first += batch) {
    const size = Math.min(batch, clients - first);
    await Promise.all(Array.from({ length: size }, (_, index) => hit(addressOf(first + index))));
    await pause();
  }
}

const addressOf = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
