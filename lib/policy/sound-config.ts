import { GuardConfigError } from '../config/config-problem';
import type { ConfigSection } from '../config/config-section';
import type { GuardConfig } from '../config/guard-config';
import { readConfig } from '../config/resolve-config';
import { decoratorProblems } from './decorator-problems';
import type { PolicyRules } from './policy-rules';
import type { RouteInfo } from './security-check';

/** What a configuration is read with. */
export interface ConfigSurroundings {
  readonly sections: readonly ConfigSection[];
  readonly rules: readonly PolicyRules[];
  readonly routes: readonly RouteInfo[];
}

/**
 * The configuration of an application whose decorators are sound as well. Decided before anything is made of it, so that one
 * start tells everything, and a start that fails has connected to nothing.
 *
 * @throws GuardConfigError listing the problems of the configuration, then those of the decorators.
 */
export function soundConfig(input: unknown, { sections, rules, routes }: ConfigSurroundings): GuardConfig {
  const { config, problems, judge } = readConfig(sections, input);
  const ofDecorators = decoratorProblems(routes, rules, judge);
  if (problems.length > 0) throw new GuardConfigError([...problems, ...ofDecorators]);
  if (ofDecorators.length > 0) throw new GuardConfigError(ofDecorators, 'GUARD_DECORATOR_INVALID');
  return config;
}
