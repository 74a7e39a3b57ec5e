import type { FieldProblem } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import type { CheckName } from './check-name';
import type { PolicyField, RoutePolicy } from './route-policy';

/**
 * What the arguments of decorators have to be: static members of a check's class, because they are judged before anything of
 * the module is made, together with the configuration that everything is made from.
 */
export interface PolicyRules {
  readonly check: CheckName;
  /** The fields of a policy that belong to the check. */
  readonly fields: readonly PolicyField[];
  /** Everything wrong with the fields of one class or method by themselves. */
  inspect(policy: RoutePolicy): FieldProblem[];
  /** What the configuration has a say in: each is asked by itself, and again whenever the configuration changes. */
  readonly conflicts?: readonly PolicyConflict[];
}

/**
 * What a configuration makes of the fields of one class or method. The fields may be what `inspect` objects to: an error is
 * no answer then.
 *
 * @param subject the class or method that the policy is written on
 */
export type PolicyConflict = (policy: RoutePolicy, config: GuardConfig, subject: object) => FieldProblem[];

export const POLICY_RULES = Symbol('nestapi-guard:policy-rules');
