import { type FactoryProvider, Logger } from '@nestjs/common';
import { GuardConfig } from '../config/guard-config';
import type { StateStore } from '../state/state-store';
import { usesRedis } from '../state/state.config';
import { STATE_STORE } from '../state/state-store.provider';
import { CloudRangeService } from './cloud-range.service';

export const cloudRangeServiceProvider: FactoryProvider<CloudRangeService> = {
  provide: CloudRangeService,
  inject: [GuardConfig, STATE_STORE],
  useFactory: (config: GuardConfig, store: StateStore) =>
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
      new Logger('NestapiGuard'),
    ),
};
