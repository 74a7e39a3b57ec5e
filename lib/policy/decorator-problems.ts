import type { ConfigProblem, FieldProblem } from '../config/config-problem';
import { nearestName } from '../config/nearest-name';
import { bypassProblems } from './bypass.decorator';
import { classPolicy, ownPolicy } from './policy-decorator';
import type { RoutePolicy } from './route-policy';
import type { RouteInfo, SecurityCheck } from './security-check';

/** Everything wrong with the decorators of handlers and of their classes, once each. */
export function decoratorProblems(routes: readonly RouteInfo[], checks: readonly SecurityCheck[]): ConfigProblem[] {
  const problems = routes.flatMap(({ name, classRef, handler }) => [
    ...policyProblems(classRef.name, classPolicy(classRef), checks),
    ...policyProblems(name, ownPolicy(handler), checks),
  ]);
  return [...new Map(problems.map((problem) => [problem.path + problem.message, problem])).values()];
}

function policyProblems(where: string, policy: RoutePolicy, checks: readonly SecurityCheck[]): ConfigProblem[] {
  const found = [...unknownFields(policy, checks), ...undefinedFields(policy), ...bypassProblems(policy)];
  for (const check of checks) found.push(...(check.inspect?.(policy) ?? []));
  const named = new Set(found.map(({ path }) => path));
  found.push(...emptyFields(policy, checks).filter(({ path }) => !named.has(path)));
  return found.map((problem) => ({ ...problem, path: `${where} @${decoratorName(problem.path ?? '')}` }));
}

function unknownFields(policy: RoutePolicy, checks: readonly SecurityCheck[]): FieldProblem[] {
  const known = new Set<string>(['bypass', ...checks.flatMap((check) => check.fields ?? [])]);
  return Object.keys(policy)
    .filter((field) => !known.has(field))
    .map((field) => ({ path: field, message: 'is not a known policy field', suggestion: nearestName(field, known) }));
}

/** A decorator whose argument is undefined, such as a missing environment variable, would protect nothing without a word. */
function undefinedFields(policy: RoutePolicy): FieldProblem[] {
  return Object.entries(policy)
    .filter(([, value]) => value === undefined)
    .map(([path]) => ({ path, message: 'has no argument, and would protect nothing' }));
}

/** So would one whose list is empty, and take the place of what the class or the configuration says at that. */
function emptyFields(policy: RoutePolicy, checks: readonly SecurityCheck[]): FieldProblem[] {
  return Object.entries(policy)
    .filter(([, value]) => Array.isArray(value) && value.length === 0)
    .map(([path, value]: [string, unknown]) => {
      const check = checks.find(({ fields = [] }) => (fields as readonly string[]).includes(path));
      const fix = check === undefined ? '' : `; name something, or spare the route with @Bypass(['${check.name}'])`;
      return { path, value, message: `is empty and would protect nothing${fix}` };
    });
}

function decoratorName(path: string): string {
  return path.charAt(0).toUpperCase() + path.slice(1);
}
