import type { Type } from '@nestjs/common';
import type { ConfigProblem } from '../config/config-problem';
import type { ConfigWarning } from '../config/config-section';
import type { GuardConfig } from '../config/guard-config';
import { Accepts, ListOf, Text } from '../config/setting';
import { countryProblem } from '../network/country-code';
import { isDownloadable } from '../network/download';
import type { PolicyConflict } from '../policy/policy-rules';
import type { PolicyField } from '../policy/route-policy';
import { bundledDatabase } from './bundled-source';
import type { GeoIpHandler } from './geo.types';

declare module '../config/guard-config' {
  interface GuardConfig extends GeoConfig {}
}

export const COUNTRY_LIST = 'a list of ISO 3166-1 alpha-2 codes, such as ["FR", "DE"]';

/** In the order in which they are looked at: the first that is given is the one in use. */
const SOURCES = ['geoIpHandler', 'geoDatabasePath', 'ipinfoToken'] as const satisfies readonly (keyof GuardConfig)[];

/** Rules about countries, and where countries come from. */
export class GeoConfig {
  /**
   * The only countries that are admitted; an address whose country is unknown is refused, a private one is not. ISO 3166-1
   * alpha-2 in either case. Default: all. Needs a source of countries.
   */
  @ListOf(countryProblem, COUNTRY_LIST)
  whitelistCountries: string[] = [];

  /** Countries that are refused with 403; an address whose country is unknown is not. Default: none. Needs a source. */
  @ListOf(countryProblem, COUNTRY_LIST)
  blockedCountries: string[] = [];

  /** The application's own source of countries: an object, or a class that is resolved by injection. Default: none. */
  @Accepts(isHandler, 'an object or a class with isInitialized, initialize() and getCountry()')
  geoIpHandler?: GeoIpHandler | Type<GeoIpHandler>;

  /**
   * A country database in MaxMind's format (MaxMind, IPinfo, ip-location-db), read again whenever the file changes.
   * Default: none.
   */
  @Text('the path of a .mmdb file')
  geoDatabasePath?: string;

  /**
   * Token for IPinfo's database, which is then downloaded at most once a day. Default: none. Without any source the CC0
   * database of the package `@ip-location-db/geo-whois-asn-country-mmdb` is used when it is installed.
   */
  @Text('the token of an IPinfo account')
  ipinfoToken?: string;

  /** Where IPinfo's database is downloaded from: https, or http on this machine. Default: IPinfo Lite. */
  @Accepts((value) => typeof value === 'string' && isDownloadable(value), 'an https address')
  ipinfoUrl?: string;

  /** Where the downloaded database is kept. Default: `nestapi-guard/ipinfo.mmdb` in the user's cache folder. */
  @Text('the path of a file')
  ipinfoCachePath?: string;

  static problems(config: GuardConfig): ConfigProblem[] {
    if (hasCountrySource(config)) return [];
    return (['whitelistCountries', 'blockedCountries'] as const)
      .filter((field) => config[field].length > 0)
      .map((path) => ({ path, value: config[path], message: NO_COUNTRY_SOURCE }));
  }

  static warnings(config: GuardConfig): ConfigWarning[] {
    const [used, ...ignored] = SOURCES.filter((source) => config[source] !== undefined);
    return ignored.map((path) => ({
      code: 'GUARD_GEO_SOURCE_IGNORED',
      path,
      message: `is not used: countries come from ${used}`,
    }));
  }
}

const NO_COUNTRY_SOURCE =
  'needs a source of countries (GUARD_COUNTRY_SOURCE_MISSING); set geoDatabasePath, ipinfoToken or geoIpHandler, ' +
  'or install @ip-location-db/geo-whois-asn-country-mmdb';

function hasCountrySource(config: GuardConfig): boolean {
  return SOURCES.some((source) => config[source] !== undefined) || bundledDatabase() !== undefined;
}

/** A field of policies that takes a source of countries. */
export function needsCountries(field: PolicyField): PolicyConflict {
  return (policy, config) => {
    if (policy[field] === undefined || hasCountrySource(config)) return [];
    return [{ path: field, message: NO_COUNTRY_SOURCE }];
  };
}

function isHandler(value: unknown): boolean {
  const members = typeof value === 'function' ? (value.prototype as unknown) : value;
  if (typeof members !== 'object' || members === null) return false;
  const { initialize, getCountry } = members as Partial<GeoIpHandler>;
  return typeof initialize === 'function' && typeof getCountry === 'function';
}
