import 'reflect-metadata';
import { ThrottlerStorageService } from '@nestjs/throttler';
import { MemoryStateStore, RedisStateStore, type StateStore } from 'nestapi-guard';
import { expressStore, flexibleLimiter, throttlerRedisStorage } from './limit-peers';

interface Args {
  readonly variant: 'guard' | 'throttler' | 'flexible' | 'express';
  /** Undefined: in memory. */
  readonly redisUrl?: string;
  readonly clients: number;
}

const { variant, redisUrl, clients } = JSON.parse(process.argv[2]!) as Args;
const [limit, windowMs] = [100, 600_000];
/** Requests on their way at once. */
const BATCH = 500;

type Hit = (client: string) => unknown;

async function prepare(): Promise<Hit> {
  switch (variant) {
    case 'guard': {
      const store = await openStore();
      return (client) => store.consume([{ client, key: 'global', limit, windowMs, algorithm: 'sliding-window' }]);
    }
    case 'throttler': {
      const storage = redisUrl === undefined ? new ThrottlerStorageService() : throttlerRedisStorage(redisUrl);
      return (client) => storage.increment(client, windowMs, limit, windowMs, 'default');
    }
    case 'flexible': {
      const limiter = flexibleLimiter({ limit, windowMs, redisUrl });
      return (client) => limiter.consume(client);
    }
    case 'express': {
      const store = expressStore({ redisUrl });
      await store.init({ windowMs });
      return (client) => store.increment(client);
    }
  }
}

async function openStore(): Promise<StateStore> {
  if (redisUrl === undefined) return new MemoryStateStore();
  const store = new RedisStateStore({ redis: redisUrl, commandTimeoutMs: 5_000 });
  await store.start();
  return store;
}

/** Bytes in use after a collection, on the heap and outside of it. */
function inUse(): number {
  globalThis.gc!();
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function main(): Promise<void> {
  const hit = await prepare();
  await hit('192.0.2.1');
  const address = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
  const before = inUse();
  for (let round = 0; round < 2; round++) {
    for (let first = 0; first < clients; first += BATCH) {
      const batch = Math.min(BATCH, clients - first);
      await Promise.all(Array.from({ length: batch }, (_, index) => hit(address(first + index))));
    }
  }
  const bytes = (inUse() - before) / clients;
  process.send!({ bytes }, () => process.exit(0));
}

void main();
