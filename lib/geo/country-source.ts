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
  /** What has been loaded or answered already: neither loads a file nor asks a handler. */
  known(ip: string): string | undefined;
  lookup(ip: string): GeoLookup | undefined;
  status(): GeoStatus;
}

/** What happened to a source. */
export type GeoChange =
  | { readonly type: 'refreshed'; readonly builtAt: Date }
  | { readonly type: 'degraded'; readonly reason: string }
  | { readonly type: 'recovered' };

/** Whom sources speak to: the part of Nest's `Logger` that they need, and whoever makes events of changes. */
export interface GeoLog {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  changed?(change: GeoChange): void;
}

/** Stands in when nothing is configured or installed. */
export const NO_SOURCE: CountrySource = {
  kind: 'none',
  start: async () => undefined,
  reload: async () => undefined,
  close: () => undefined,
  country: () => undefined,
  resolve: () => undefined,
  known: () => undefined,
  lookup: () => undefined,
  status: () => ({ source: 'none', ready: false, stale: false }),
};
