import type { GuardConfig } from '../config/guard-config';
import { PathPrefixes } from '../network/canonical-path';
import type { CheckName } from './check-name';
import type { CompiledRoute } from './compiled-route';
import type { PolicyField, PolicySource, RoutePolicy } from './route-policy';
import type { RouteKind, Stage } from './security-check';

/**
 * Whether anything decides about the requests of a route:
 * - `protected`: at least one check of the route's own is enforced;
 * - `rehearsed`: some would be, were it not for `passiveMode` or a mode of `dry-run`;
 * - `unprotected`: none is.
 *
 * Emergency mode, bans, https, global address rules and behaviour rules hold for every client alike, or act only after
 * something has happened: alone they protect no route. `@RequireIp` does.
 */
export type RouteProtection = 'protected' | 'rehearsed' | 'unprotected';

/** What protects one route. */
export interface RoutePolicyReport {
  /** `CatsController.create` */
  readonly handler: string;
  readonly kind: RouteKind;
  /** `POST /api/v1/cats`, with all paths and versions of the handler; a message pattern, or a GraphQL field. */
  readonly route: string;
  readonly protection: RouteProtection;
  /** The checks that run for the route once its handler is known, in order. */
  readonly checks: readonly CheckName[];
  /** The policy's fields, and which layer each comes from. */
  readonly rules: readonly { readonly field: PolicyField; readonly source: PolicySource; readonly value: unknown }[];
  /** The checks that `@Bypass` switches off. */
  readonly bypassed: readonly CheckName[];
  /** Whether `excludePaths` covers the route: nothing but emergency mode is asked then. */
  readonly excluded: boolean;
}

/** The stages that guards walk once the handler of a request is known. */
export type GuardStage = Exclude<Stage, 'door' | 'arrival'>;

export const GUARD_STAGES: readonly GuardStage[] = ['access', 'limits', 'detection'];

const HASHED_KEY = /^sha256:[0-9a-f]{64}$/i;

const GENERAL: ReadonlySet<CheckName> = new Set(['emergency', 'ip_ban', 'https', 'behavior']);

/** @param stages those whose guards stand before the route */
export function reportRoute(
  route: CompiledRoute,
  config: GuardConfig,
  stages: readonly GuardStage[] = GUARD_STAGES,
): RoutePolicyReport {
  const fields = Object.keys(route.policy) as PolicyField[];
  const checks = [...new Set(stages.flatMap((stage) => route[stage].checks))];
  const excluded = isExcluded(route, config);
  return {
    handler: route.name,
    kind: route.kind,
    route: route.ways.label,
    protection: excluded ? 'unprotected' : protectionBy(checks, route, config),
    checks,
    rules: fields.map((field) => ({ field, source: sourceOf(field, route), value: told(route.policy[field]) })),
    bypassed: [...route.bypassed],
    excluded,
  };
}

function sourceOf(field: PolicyField, { sources, untouched }: CompiledRoute): PolicySource {
  return untouched.has(field) ? 'default' : sources[field]!;
}

/** A rule as reports may show it: the hash of a short key gives the key away to whoever tries them all. */
function told(value: unknown): unknown {
  if (typeof value === 'string') return HASHED_KEY.test(value) ? 'sha256:…' : value;
  if (Array.isArray(value)) return value.map(told);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, told(member)]));
}

/** Empty lists restrict nobody. */
function namesAddresses({ requireIp }: RoutePolicy): boolean {
  return [requireIp?.whitelist, requireIp?.blacklist].some((list) => list !== undefined && list.length > 0);
}

function protectionBy(checks: readonly CheckName[], route: CompiledRoute, config: GuardConfig): RouteProtection {
  const own = checks.filter((check) => {
    return check === 'ip' ? namesAddresses(route.policy) : !GENERAL.has(check);
  });
  if (own.length === 0) return 'unprotected';
  const enforced = !config.passiveMode && own.some((check) => config.checkModes[check] !== 'dry-run');
  return enforced ? 'protected' : 'rehearsed';
}

/** Whether every path of an HTTP route is excluded, whatever its parameters are. */
function isExcluded({ ways: { paths } }: CompiledRoute, config: GuardConfig): boolean {
  const excluded = new PathPrefixes(config.excludePaths);
  return paths.length > 0 && paths.every((path) => excluded.matches(path.replaceAll(/[{}]/g, '')));
}
