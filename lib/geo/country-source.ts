import type { GeoLookup, GeoSourceKind, GeoStatus } from './geo.types';

/** Where countries come from. Nothing here rejects or throws: trouble is logged and told by `status()`. */
export interface CountrySource {
  readonly kind: GeoSourceKind;
  /** Some rule depends on countries. Called before `start()`. */
  need?(): void;
  start(): Promise<void>;
  reload(): Promise<void>;
  close(): void;
  /** What is known of an address without waiting. */
  country(ip: string): string | undefined;
  /** Asks a source that may have to be waited for; answers synchronously when it can. */
  resolve(ip: string): string | undefined | Promise<string | undefined>;
  lookup(ip: string): GeoLookup | undefined;
  status(): GeoStatus;
}

/** The part of Nest's `Logger` that sources speak to. */
export interface GeoLog {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Stands in when nothing is configured or installed. */
export const NO_SOURCE: CountrySource = {
  kind: 'none',
  start: async () => undefined,
  reload: async () => undefined,
  close: () => undefined,
  country: () => undefined,
  resolve: () => undefined,
  lookup: () => undefined,
  status: () => ({ source: 'none', ready: false, stale: false }),
};
