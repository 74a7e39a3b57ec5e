import type { ConfigProblem, FieldProblem } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import { nearestName } from '../config/nearest-name';
import type { ConfigJudge } from '../config/resolve-config';
import { bypassProblems } from './bypass.decorator';
import { decoratorName } from './decorator-place';
import { classPolicy, ownPolicy } from './policy-decorator';
import type { PolicyRules } from './policy-rules';
import type { RoutePolicy } from './route-policy';
import type { RouteInfo } from './security-check';

/** What decorators say at one place. */
interface Decorated {
  /** For messages: `CatsController`, `CatsController.create`. */
  readonly where: string;
  readonly policy: RoutePolicy;
  /** The class or method. */
  readonly subject: object;
}

/** Everything wrong with the decorators of handlers and of their classes, once each. */
export function decoratorProblems(
  routes: readonly RouteInfo[],
  rules: readonly PolicyRules[],
  judge: ConfigJudge,
): ConfigProblem[] {
  return each(routes, ({ policy, subject }) => {
    const found = [...unknownFields(policy, rules), ...undefinedFields(policy), ...bypassProblems(policy)];
    for (const rule of rules) {
      const own = inspect(rule, policy);
      const inContext = (rule.conflicts ?? []).flatMap((conflict) => {
        try {
          return judge((config) => conflict(policy, config, subject));
        } catch (error) {
          if (own.length === 0) throw error;
          return [];
        }
      });
      found.push(...own, ...inContext);
    }
    const named = new Set(found.map(({ path }) => path));
    return [...found, ...emptyFields(policy, rules).filter(({ path }) => !named.has(path))];
  });
}

/** What a configuration makes of decorators that were sound under another. */
export function decoratorConflicts(
  routes: readonly RouteInfo[],
  rules: readonly PolicyRules[],
  config: GuardConfig,
): ConfigProblem[] {
  const conflicts = rules.flatMap((rule) => rule.conflicts ?? []);
  return each(routes, ({ policy, subject }) => conflicts.flatMap((conflict) => conflict(policy, config, subject)));
}

function each(routes: readonly RouteInfo[], look: (decorated: Decorated) => FieldProblem[]): ConfigProblem[] {
  const problems = decoratedBy(routes).flatMap((decorated) => {
    return look(decorated).map((problem) => ({
      ...problem,
      path: `${decorated.where} @${decoratorName(problem.path ?? '')}`,
    }));
  });
  return [...new Map(problems.map((problem) => [problem.path + problem.message, problem])).values()];
}

/** Classes and methods in the order of the controllers. */
function decoratedBy(routes: readonly RouteInfo[]): Decorated[] {
  return routes.flatMap(({ name, classRef, handler }) => [
    { where: classRef.name, policy: classPolicy(classRef), subject: classRef },
    { where: name, policy: ownPolicy(handler), subject: handler },
  ]);
}

/** A rule may rely on the types of the decorators, and JavaScript on none. */
function inspect(rule: PolicyRules, policy: RoutePolicy): FieldProblem[] {
  try {
    return rule.inspect(policy);
  } catch (error) {
    const given = rule.fields.filter((field) => policy[field] !== undefined);
    return given.map((path) => ({ path, message: `is not accepted (${String(error)})` }));
  }
}

function unknownFields(policy: RoutePolicy, rules: readonly PolicyRules[]): FieldProblem[] {
  const known = new Set<string>(['bypass', ...rules.flatMap(({ fields }) => fields)]);
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
function emptyFields(policy: RoutePolicy, rules: readonly PolicyRules[]): FieldProblem[] {
  return Object.entries(policy)
    .filter(([, value]) => Array.isArray(value) && value.length === 0)
    .map(([path, value]: [string, unknown]) => {
      const rule = rules.find(({ fields }) => (fields as readonly string[]).includes(path));
      const fix = rule === undefined ? '' : `; name something, or spare the route with @Bypass(['${rule.check}'])`;
      return { path, value, message: `is empty and would protect nothing${fix}` };
    });
}
