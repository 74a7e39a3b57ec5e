import { type FactoryProvider, Logger } from '@nestjs/common';
import { GuardConfig } from '../config/guard-config';
import { GuardEvents } from '../observability/guard-events.service';
import type { StateStore } from '../state/state-store';
import { usesRedis } from '../state/state.config';
import { STATE_STORE } from '../state/state-store.provider';
import type { CloudLog } from './cloud.types';
import { CloudRangeService } from './cloud-range.service';

export const cloudRangeServiceProvider: FactoryProvider<CloudRangeService> = {
  provide: CloudRangeService,
  inject: [GuardConfig, STATE_STORE, GuardEvents],
  useFactory: (config: GuardConfig, store: StateStore, events: GuardEvents) =>
    new CloudRangeService(
      {
        // The configuration is live, and so are these.
        get refreshInterval() {
          return config.cloudIpRefreshInterval;
        },
        get snapshotPath() {
          return config.cloudSnapshotPath;
        },
        get feedUrls() {
          return config.cloudFeedUrls;
        },
        store: usesRedis(config) ? store : undefined,
      },
      logTo(events),
    ),
};

function logTo(events: GuardEvents): CloudLog {
  const logger = new Logger('NestapiGuard');
  return {
    log: (message) => logger.log(message),
    warn: (message) => logger.warn(message),
    error: (message) => logger.error(message),
    changed: (change) => events.emit({ ...change, at: new Date(), subject: 'cloud' }),
  };
}
