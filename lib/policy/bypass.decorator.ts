import type { FieldProblem } from '../config/config-problem';
import { inspectList } from '../config/setting';
import { CHECK_NAMES, type CheckName } from './check-name';
import { unknownCheck } from './mode.config';
import { policyDecorator } from './policy-decorator';
import type { RoutePolicy } from './route-policy';

declare module './route-policy' {
  interface RoutePolicy {
    bypass?: readonly (CheckName | 'all')[];
  }
}

/**
 * Switches checks off for a class or a method: the only way to relax a global address rule, a ban, emergency mode or
 * `enforceHttps` for a route. `'all'` means every check but `emergency` and `ip_ban`, which have to be named.
 * Each use is listed in the policy report and logged once at start-up.
 *
 * @param checks names of checks; an unknown one stops the boot.
 *
 * @example
 * ```ts
 * @Controller('health')
 * @Bypass(['rate_limit', 'user_agent'])
 * class HealthController {}
 * ```
 */
export const Bypass = policyDecorator((checks: readonly (CheckName | 'all')[]) => ({ bypass: checks }));

export function bypassProblems(policy: RoutePolicy): FieldProblem[] {
  if (policy.bypass === undefined) return [];
  const shape = inspectList(policy.bypass, () => undefined, 'a list of check names');
  if (shape.length > 0) return shape.map((problem) => ({ ...problem, path: 'bypass' }));
  if (policy.bypass.length === 0) {
    return [{ path: 'bypass', value: [], message: 'is empty and switches nothing off; name a check' }];
  }
  return policy.bypass.flatMap((name, index) => (name === 'all' ? [] : unknownCheck(name, `bypass[${index}]`)));
}

const NEVER_IMPLIED: readonly CheckName[] = ['emergency', 'ip_ban'];

export function bypassedChecks(policy: RoutePolicy): ReadonlySet<CheckName> {
  const names = policy.bypass ?? [];
  const implied = names.includes('all') ? CHECK_NAMES.filter((name) => !NEVER_IMPLIED.includes(name)) : [];
  return new Set([...implied, ...names.filter((name): name is CheckName => name !== 'all')]);
}
