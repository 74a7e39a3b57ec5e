import { type FactoryProvider, Logger } from '@nestjs/common';
import { GuardConfig } from '../config/guard-config';
import { MemoryStateStore } from './memory-state-store';
import { MONOTONIC_CLOCK, type MonotonicClock } from './monotonic-clock';
import { ResilientStateStore } from './resilient-state-store';
import { usesRedis } from './state.config';
import type { StateStore } from './state-store';

/** The token of the one `StateStore` of the module. */
export const STATE_STORE = Symbol('nestapi-guard:state-store');

export const stateStoreProvider: FactoryProvider<StateStore> = {
  provide: STATE_STORE,
  inject: [GuardConfig, MONOTONIC_CLOCK],
  useFactory: openStateStore,
};

async function openStateStore(config: GuardConfig, clock: MonotonicClock): Promise<StateStore> {
  const redis = config.redis ?? config.redisUrl;
  if (redis === undefined || !usesRedis(config)) return new MemoryStateStore({ clock });
  const logger = new Logger('NestapiGuard');
  const store = new ResilientStateStore({
    redis,
    prefix: config.redisPrefix,
    commandTimeoutMs: config.redisCommandTimeout * 1000,
    onStoreError: config.onStoreError,
    required: config.redisRequired,
    memory: { clock },
    log: (level, message) => logger[level](message),
  });
  await store.start();
  return store;
}
