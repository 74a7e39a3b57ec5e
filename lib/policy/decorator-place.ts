import type { PolicyField } from './route-policy';
import type { CompileTarget } from './security-check';

/** Where the decorator stands that a field of a route's policy comes from: `CatsController @RequireAuth`. */
export function decoratorPlace(
  { route, sources }: Pick<CompileTarget, 'route' | 'sources'>,
  field: PolicyField,
): string {
  const where = sources[field] === 'class' ? route?.classRef.name : route?.name;
  return `${where} @${decoratorName(field)}`;
}

/** `RequireIp.whitelist` of the path `requireIp.whitelist`. */
export function decoratorName(path: string): string {
  return path.charAt(0).toUpperCase() + path.slice(1);
}
