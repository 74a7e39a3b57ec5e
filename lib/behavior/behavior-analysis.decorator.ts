import { policyDecorator } from '../policy/policy-decorator';
import type { BehaviorRule } from './behavior-rule';

declare module '../policy/route-policy' {
  interface RoutePolicy {
    behaviorAnalysis?: readonly BehaviorRule[];
  }
}

/**
 * Watches a route by several rules at once. Replaces `behaviorRules` of the configuration there;
 * `@Bypass(['behavior'])` turns them off. The rules of `@UsageMonitor`, `@ReturnMonitor` and `@SuspiciousFrequency` apply in addition.
 *
 * @param rules durations in seconds; a value that can mean nothing stops the boot.
 *
 * @example
 * ```ts
 * @Post('login')
 * @BehaviorAnalysis([
 *   { type: 'frequency', maxFrequency: 0.2, window: 60, action: 'throttle' },
 *   { type: 'return', pattern: 'status:401', maxOccurrences: 10, window: 600, action: 'ban', duration: 3600 },
 * ])
 * login() {
 *   return { token: 'secret' };
 * }
 * ```
 */
export const BehaviorAnalysis = policyDecorator((rules: readonly BehaviorRule[]) => ({ behaviorAnalysis: rules }));
