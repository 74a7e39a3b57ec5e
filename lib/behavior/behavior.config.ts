import type { ConfigWarning } from '../config/config-section';
import type { GuardConfig } from '../config/guard-config';
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

  static warnings({ behaviorRules, enableIpBanning }: GuardConfig): ConfigWarning[] {
    if (enableIpBanning || !behaviorRules.some(({ action }) => action === 'ban')) return [];
    const message = 'has rules that ban, and enableIpBanning is false: they are only told of';
    return [{ code: 'GUARD_BANS_OFF', path: 'behaviorRules', message }];
  }
}
