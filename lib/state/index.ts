export * from './state-store';
export { MemoryStateStore, type MemoryStateStoreOptions } from './memory-state-store';
