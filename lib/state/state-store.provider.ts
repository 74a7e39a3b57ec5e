import type { FactoryProvider } from '@nestjs/common';
import { GuardConfig } from '../config/guard-config';
import { MemoryStateStore } from './memory-state-store';
import type { StateStore } from './state-store';

/** The token of the one `StateStore` of the module. */
export const STATE_STORE = Symbol('nestapi-guard:state-store');

export const stateStoreProvider: FactoryProvider<StateStore> = {
  provide: STATE_STORE,
  inject: [GuardConfig],
  useFactory: (_config: GuardConfig) => new MemoryStateStore(),
};
