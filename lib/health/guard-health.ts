import type { CloudProviderStatus, CloudStatus } from '../cloud/cloud.types';
import type { GeoStatus } from '../geo/geo.types';
import type { OnStoreError } from '../state/resilient-state-store';
import type { StoreStatus } from '../state/state-store';

/**
 * - `up`: as it should be;
 * - `degraded`: works with less than it should have, such as counts of one process or ranges of last week;
 * - `down`: does not work; the rules that depend on it refuse everybody or nobody;
 * - `unused`: nothing depends on it.
 */
export type HealthStatus = 'up' | 'degraded' | 'down' | 'unused';

/** How one thing is that the module depends on. */
export type PartHealth = {
  readonly status: HealthStatus;
  /** Seconds: of the state store since it is as it is, of countries and ranges since they were built or downloaded. */
  readonly age?: number;
  /** One line without secrets; absent while it is up. */
  readonly reason?: string;
};

/** The worst of the providers in use, and each of them. */
export type CloudHealth = PartHealth & { readonly providers: Readonly<Record<string, PartHealth>> };

/** How the module is. */
export type GuardHealth = {
  /** The worst of the parts. */
  readonly status: Exclude<HealthStatus, 'unused'>;
  readonly state: PartHealth;
  readonly geo: PartHealth;
  readonly cloud: CloudHealth;
};

const SEVERITY: Readonly<Record<HealthStatus, number>> = { unused: 0, up: 1, degraded: 2, down: 3 };

/** @param now Unix time in milliseconds. */
export function stateHealth(
  { state, reason, since }: StoreStatus,
  onStoreError: OnStoreError,
  now: number,
): PartHealth {
  const age = Math.max(0, Math.round((now - since) / 1000));
  if (state === 'healthy') return { status: 'up', age };
  return { status: onStoreError === 'deny' ? 'down' : 'degraded', age, reason };
}

export function geoHealth({ source, ready, loadedAt, age, stale, problem }: GeoStatus): PartHealth {
  if (source === 'none') return { status: 'unused' };
  // The packaged database is read by the first who asks.
  if (loadedAt === undefined && ready) return { status: 'unused' };
  if (!ready) return { status: 'down', age, reason: problem ?? 'not loaded yet' };
  if (problem !== undefined) return { status: 'degraded', age, reason: problem };
  return stale ? { status: 'degraded', age, reason: 'the database is older than 30 days' } : { status: 'up', age };
}

export function cloudHealth({ providers }: CloudStatus): CloudHealth {
  const each = providers.map((status) => [status.provider, providerHealth(status)] as const);
  const { status, reason } = worst(each.map(([, health]) => health));
  const ages = each.flatMap(([, { age }]) => age ?? []);
  return {
    status,
    ...(ages.length > 0 && { age: Math.max(...ages) }),
    ...(reason !== undefined && { reason }),
    providers: Object.fromEntries(each),
  };
}

function providerHealth({ provider, ready, age, stale, problem }: CloudProviderStatus): PartHealth {
  if (!ready) return { status: 'down', reason: `${provider}: ${problem ?? 'not downloaded yet'}` };
  if (problem !== undefined) return { status: 'degraded', age, reason: `${provider}: ${problem}` };
  return stale ? { status: 'degraded', age, reason: `${provider}: older than a week` } : { status: 'up', age };
}

/** The part to worry about most. */
export function worst(parts: readonly PartHealth[]): PartHealth {
  const nothing: PartHealth = { status: 'unused' };
  return parts.reduce((found, part) => (SEVERITY[part.status] > SEVERITY[found.status] ? part : found), nothing);
}
