export * from './state-store';
export { MemoryStateStore, type MemoryStateStoreOptions } from './memory-state-store';
export { RedisStateStore, type RedisStateStoreOptions } from './redis-state-store';
export { type RedisClientSource, type RedisClusterSource, type RedisSource } from './redis-source';
export { StoreFailure } from './store-failure';
export { type OnStoreError, ResilientStateStore, type ResilientStateStoreOptions } from './resilient-state-store';
