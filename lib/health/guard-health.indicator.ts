import { Inject, Injectable } from '@nestjs/common';
import { CloudRangeService } from '../cloud/cloud-range.service';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { GeoService } from '../geo/geo.service';
import type { StateStore } from '../state/state-store';
import { STATE_STORE } from '../state/state-store.provider';
import { cloudHealth, geoHealth, type GuardHealth, stateHealth, worst } from './guard-health';

/** A result as `HealthCheckService.check()` of `@nestjs/terminus` expects it. */
export type GuardHealthResult<Key extends string, Status extends string> = Record<
  Key,
  { readonly status: Status } & Omit<GuardHealth, 'status'>
>;

export interface GuardHealthOptions<Degraded extends string> {
  /**
   * What a degraded module is reported as: `'up'` (the default: it protects, and taking every instance out because Redis is
   * away would make an outage of it), `'down'`, or with `@nestjs/terminus` 12 `'degraded'`.
   */
  readonly whenDegraded?: Degraded;
}

/**
 * Tells how the module is: the state store, the countries, and the ranges of cloud providers. Works with `@nestjs/terminus`
 * 11 and 12, and without.
 *
 * @example
 * ```ts
 * @Controller('health')
 * class HealthController {
 *   constructor(
 *     private readonly health: HealthCheckService,
 *     private readonly guard: GuardHealthIndicator,
 *   ) {}
 *
 *   @Get()
 *   @HealthCheck()
 *   check() {
 *     return this.health.check([() => this.guard.isHealthy('guard')]);
 *   }
 * }
 * ```
 */
@Injectable()
export class GuardHealthIndicator {
  private readonly config: GuardConfig;

  constructor(
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(STATE_STORE) private readonly store: StateStore,
    @Inject(GeoService) private readonly geo: GeoService,
    @Inject(CloudRangeService) private readonly clouds: CloudRangeService,
  ) {
    this.config = live.current;
  }

  /** How the module and each of its parts is. Asks nobody: it is what is known by now. */
  report(): GuardHealth {
    const state = stateHealth(this.store.status(), this.config.onStoreError, Date.now());
    const geo = geoHealth(this.geo.status());
    const cloud = cloudHealth(this.clouds.status());
    // The state store is always in use.
    const status = worst([state, geo, cloud]).status as GuardHealth['status'];
    return { status, state, geo, cloud };
  }

  /** The same as an indicator of `@nestjs/terminus`. Never rejects. */
  async isHealthy<const Key extends string, const Degraded extends 'up' | 'down' | 'degraded' = 'up'>(
    key: Key,
    { whenDegraded = 'up' as Degraded }: GuardHealthOptions<Degraded> = {},
  ): Promise<GuardHealthResult<Key, 'up' | 'down' | Degraded>> {
    const { status, ...parts } = this.report();
    const told = status === 'degraded' ? whenDegraded : status;
    return { [key]: { status: told, ...parts } } as GuardHealthResult<Key, 'up' | 'down' | Degraded>;
  }
}
