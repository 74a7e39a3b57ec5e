import { Setting } from '../config/setting';
import type { BehaviorRule } from './behavior-rule';
import { ruleListProblems } from './rule-problems';

declare module '../config/guard-config' {
  interface GuardConfig extends BehaviorConfig {}
}

/** What clients are watched for on every route. */
export class BehaviorConfig {
  /**
   * Rules for every route, each counted per client and route; requests that match no route count as one. A route's
   * `@BehaviorAnalysis` replaces them there. Default: none.
   */
  @Setting((value) => ruleListProblems(value, ''))
  behaviorRules: BehaviorRule[] = [];
}
