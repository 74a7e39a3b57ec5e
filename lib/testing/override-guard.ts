import type { InjectionToken } from '@nestjs/common';
import { GuardConfig } from '../config/guard-config';
import type { GeoIpHandler } from '../geo/geo.types';
import { GeoService } from '../geo/geo.service';
import { applicationConfig, CONFIG_INPUT } from '../guard.module';
import { RequestIdentity } from '../platform/request-identity';
import { HandlerScan } from '../policy/handler-scan';
import { MONOTONIC_CLOCK } from '../state/monotonic-clock';
import { STATE_STORE } from '../state/state-store.provider';
import { WALL_CLOCK } from '../state/wall-clock';
import { TestStateStore } from './test-state-store';

/** The part of a `TestingModuleBuilder` of `@nestjs/testing` that is needed. */
export interface ProviderOverrides {
  overrideProvider(token: InjectionToken): {
    useValue(value: unknown): unknown;
    useFactory(options: { factory: (...args: never[]) => unknown; inject?: InjectionToken[] }): unknown;
  };
}

export interface GuardOverrides {
  /** Holds all state, and its clock is that of limits, bans, behaviour and time windows. Default: a new one. */
  readonly store?: TestStateStore;
  /** Tells countries instead of what the application configures. Default: what the application configures. */
  readonly geo?: GeoIpHandler;
}

const SILENT = { log() {}, warn() {}, error() {}, changed() {} };

/**
 * Makes a testing module of an application with `GuardModule` independent of time, Redis and country databases. Everything else
 * of the guard is the real thing.
 *
 * @param builder what `Test.createTestingModule()` returns; it is returned for chaining.
 *
 * @example
 * ```ts
 * const store = new TestStateStore();
 * const geo = new FakeGeoHandler({ '203.0.113.0/24': 'FR' });
 * const module = await overrideGuard(Test.createTestingModule({ imports: [AppModule] }), { store, geo }).compile();
 * ```
 */
export function overrideGuard<Builder extends ProviderOverrides>(
  builder: Builder,
  overrides: GuardOverrides = {},
): Builder {
  const { store = new TestStateStore(), geo } = overrides;
  builder.overrideProvider(STATE_STORE).useValue(store);
  builder.overrideProvider(MONOTONIC_CLOCK).useValue(store.clock.elapsed);
  builder.overrideProvider(WALL_CLOCK).useValue(store.clock.wall);
  if (geo !== undefined) {
    // Rules about countries need a source, which the application may have in production only.
    builder.overrideProvider(GuardConfig).useFactory({
      inject: [CONFIG_INPUT, HandlerScan],
      factory: (input: unknown, scan: HandlerScan) => applicationConfig(withCountriesOf(geo, input), scan),
    });
    builder.overrideProvider(GeoService).useFactory({
      inject: [RequestIdentity],
      factory: (identity: RequestIdentity) => {
        const service = new GeoService({ handler: geo }, SILENT);
        identity.countries = (ip) => service.known(ip);
        return service;
      },
    });
  }
  return builder;
}

/** What is no configuration is left for the error that says so. */
function withCountriesOf(geoIpHandler: GeoIpHandler, input: unknown): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  return { ...input, geoIpHandler, geoDatabasePath: undefined, ipinfoToken: undefined };
}
