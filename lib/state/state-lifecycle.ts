import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type ConfigProblem, GuardConfigError } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { GuardEvents } from '../observability/guard-events.service';
import type { StateStore, StoreStatus, Unsubscribe } from './state-store';
import { STATE_STORE } from './state-store.provider';

/** What the store was opened with: changing it takes a restart. */
const FIXED = [
  'redis',
  'redisUrl',
  'enableRedis',
  'redisPrefix',
  'redisCommandTimeout',
  'redisRequired',
  'onStoreError',
] as const satisfies readonly (keyof GuardConfig)[];

/** Tells by events how the store is, and closes it once the last request is answered. */
@Injectable()
export class StateLifecycle implements OnModuleInit, OnApplicationShutdown {
  private unsubscribe: Unsubscribe | undefined;

  constructor(
    @Inject(STATE_STORE) private readonly store: StateStore,
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(GuardEvents) private readonly events: GuardEvents,
  ) {
    live.onPrepare((next) => rejectChanges(live.current, next));
  }

  /** Whoever subscribes in a constructor gets to know how the store was found. */
  onModuleInit(): void {
    const status = this.store.status();
    if (status.state === 'degraded') this.report(status);
    this.unsubscribe = this.store.onStatus((changed) => this.report(changed));
  }

  async onApplicationShutdown(): Promise<void> {
    this.unsubscribe?.();
    await this.store.close();
  }

  private report({ state, reason, since }: StoreStatus): void {
    const at = new Date(since);
    if (state === 'healthy') this.events.emit({ type: 'recovered', at, subject: 'state' });
    else this.events.emit({ type: 'degraded', at, subject: 'state', reason });
  }
}

function rejectChanges(current: GuardConfig, next: GuardConfig): void {
  const problems = FIXED.filter((field) => current[field] !== next[field]).map((field): ConfigProblem => ({
    path: field,
    message: 'cannot change while the application runs; restart it',
  }));
  if (problems.length > 0) throw new GuardConfigError(problems);
}
