import { type FactoryProvider, Logger, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type ConfigProblem, GuardConfigError } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { GuardEvents } from '../observability/guard-events.service';
import { RequestIdentity } from '../platform/request-identity';
import type { GeoLog } from './country-source';
import type { GeoIpHandler } from './geo.types';
import { GeoService } from './geo.service';

/** What the source was opened with: changing it takes a restart. */
const FIXED = [
  'geoIpHandler',
  'geoDatabasePath',
  'ipinfoToken',
  'ipinfoUrl',
  'ipinfoCachePath',
] as const satisfies readonly (keyof GuardConfig)[];

export const geoServiceProvider: FactoryProvider<GeoService> = {
  provide: GeoService,
  inject: [LiveConfig, ModuleRef, GuardEvents, RequestIdentity],
  useFactory: (live: LiveConfig, modules: ModuleRef, events: GuardEvents, identity: RequestIdentity) => {
    live.onPrepare((next) => rejectChanges(live.current, next));
    const { geoIpHandler: handler, geoDatabasePath: databasePath, ...config } = live.current;
    const { ipinfoToken, ipinfoUrl, ipinfoCachePath } = config;
    const geo = new GeoService(
      {
        handler: typeof handler === 'function' ? () => instanceOf(modules, handler) : handler,
        databasePath,
        ipinfoToken,
        ipinfoUrl,
        ipinfoCachePath,
      },
      logTo(events),
    );
    identity.countries = (ip) => geo.known(ip);
    return geo;
  },
};

function logTo(events: GuardEvents): GeoLog {
  const logger = new Logger('NestapiGuard');
  return {
    log: (message) => logger.log(message),
    warn: (message) => logger.warn(message),
    error: (message) => logger.error(message),
    changed: (change) => events.emit({ ...change, at: new Date(), subject: 'geo' }),
  };
}

/** The application's own instance of the handler where it has one, else an instance made with what the module sees. */
async function instanceOf(modules: ModuleRef, handler: Type<GeoIpHandler>): Promise<GeoIpHandler> {
  try {
    return modules.get(handler, { strict: false });
  } catch {
    return modules.create(handler);
  }
}

function rejectChanges(current: GuardConfig, next: GuardConfig): void {
  const problems = FIXED.filter((field) => current[field] !== next[field]).map((field): ConfigProblem => ({
    path: field,
    message: 'cannot change while the application runs; restart it',
  }));
  if (problems.length > 0) throw new GuardConfigError(problems);
}
