/**
 * The application's own source of countries.
 *
 * @example
 * ```ts
 * class HeaderCountries implements GeoIpHandler {
 *   isInitialized = false;
 *   async initialize() {
 *     this.isInitialized = true;
 *   }
 *   async getCountry(ip: string) {
 *     return ip === '203.0.113.7' ? 'FR' : undefined;
 *   }
 * }
 * ```
 */
export interface GeoIpHandler {
  /** Whether {@link initialize} still has to be called. */
  readonly isInitialized: boolean;
  /** Called once at start-up; when it fails the handler is asked nothing until a later attempt succeeds. */
  initialize(): void | Promise<void>;
  /**
   * The ISO 3166-1 alpha-2 code of an address, in either case, or nothing when it is unknown. Throwing, or taking
   * longer than 500 ms, means unknown.
   */
  getCountry(ip: string): string | null | undefined | Promise<string | null | undefined>;
}

/** What the database knows of an address. */
export interface GeoLookup {
  /** ISO 3166-1 alpha-2, upper case. */
  country?: string;
  /** `AF`, `AN`, `AS`, `EU`, `NA`, `OC` or `SA`. */
  continent?: string;
  /** Number of the autonomous system, without `AS`. */
  asn?: number;
  /** Name of the autonomous system. */
  organization?: string;
}

/** Where countries come from. */
export type GeoSourceKind = 'handler' | 'file' | 'ipinfo' | 'bundled' | 'none';

export interface GeoStatus {
  source: GeoSourceKind;
  /** Whether countries can be told at all. */
  ready: boolean;
  /** The file in use, for sources that have one. */
  path?: string;
  /** The type that the database claims, such as `GeoLite2-Country`. */
  databaseType?: string;
  /** When the publisher built the database. */
  builtAt?: Date;
  loadedAt?: Date;
  /** Seconds since `builtAt`. */
  age?: number;
  /** Older than 30 days: still used, yet addresses move between countries. */
  stale: boolean;
  /** Why the latest load failed; the last good database stays in use. */
  problem?: string;
}
