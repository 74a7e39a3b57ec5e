import type { CheckName } from './check-name';
import type { CompiledRoute } from './compiled-route';
import type { PolicyField, PolicySource } from './route-policy';
import type { RouteKind } from './security-check';

/** What protects one route. */
export interface RoutePolicyReport {
  /** `CatsController.create` */
  readonly handler: string;
  readonly kind: RouteKind;
  /** `POST /cats`, a message pattern, or a GraphQL field. */
  readonly route: string;
  /** The checks that run for the route once its handler is known, in order. */
  readonly checks: readonly CheckName[];
  /** The policy's fields, and which layer each comes from. */
  readonly rules: readonly { readonly field: PolicyField; readonly source: PolicySource; readonly value: unknown }[];
  /** The checks that `@Bypass` switches off. */
  readonly bypassed: readonly CheckName[];
}

export function reportRoute(route: CompiledRoute): RoutePolicyReport {
  const fields = Object.keys(route.policy) as PolicyField[];
  return {
    handler: route.name,
    kind: route.kind,
    route: route.template,
    checks: [...new Set([...route.access.checks, ...route.limits.checks, ...route.detection.checks])],
    rules: fields.map((field) => ({ field, source: route.sources[field]!, value: route.policy[field] })),
    bypassed: [...route.bypassed],
  };
}
