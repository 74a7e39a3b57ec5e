import type { StateStore } from '../state/state-store';
import type { CloudProvider } from './cloud-provider';

export interface CloudRangeOptions {
  /** Seconds between refreshes. */
  refreshInterval: number;
  /** The cache on disk. */
  snapshotPath?: string | undefined;
  /** Mirrors of the feeds; https, or http on this machine. */
  feedUrls?: Partial<Record<CloudProvider, string>> | undefined;
  /** The store that the instances of the application share; absent when each is on its own. */
  store?: StateStore | undefined;
  /** The folder of the snapshot that came with the package. */
  packagedSnapshots?: string | undefined;
}

/** What happened to the ranges of a provider. */
export type CloudChange = { readonly provider: CloudProvider } & (
  | { readonly type: 'refreshed'; readonly builtAt: Date; readonly networks: number }
  | { readonly type: 'degraded'; readonly reason: string }
  | { readonly type: 'recovered' }
);

/** Whom the room speaks to: the part of Nest's `Logger` that it needs, and whoever makes events of changes. */
export interface CloudLog {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  changed?(change: CloudChange): void;
}

export interface CloudProviderStatus {
  provider: CloudProvider;
  /** Whether addresses of the provider can be told. */
  ready: boolean;
  /** Networks, merged. */
  networks: number;
  regions: string[];
  updatedAt?: Date;
  /** Seconds since `updatedAt`. */
  age?: number;
  /** Older than a week. */
  stale: boolean;
  /** Why the latest refresh failed; the last good ranges stay in use. */
  problem?: string;
}

export interface CloudStatus {
  /** Whether every provider in use is ready. */
  healthy: boolean;
  providers: CloudProviderStatus[];
}
