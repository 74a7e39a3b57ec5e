import { policyDecorator } from '../policy/policy-decorator';
import type { UsageRule } from './behavior-rule';

declare module '../policy/route-policy' {
  interface RoutePolicy {
    usageMonitor?: readonly UsageRule[];
  }
}

/**
 * Watches how often each client calls the route. Stackable: each decorator is a rule of its own.
 *
 * A call beyond `maxCalls` within `window` crosses the rule. With `throttle` it is refused with 429 until the window has
 * room, with `ban` it is refused with 403 and its client banned.
 *
 * @param rule durations in seconds; a value that can mean nothing stops the boot.
 *
 * @example
 * ```ts
 * @Post('vouchers/redeem')
 * @UsageMonitor({ maxCalls: 20, window: 3600, action: 'alert' })
 * @UsageMonitor({ maxCalls: 50, window: 3600, action: 'ban', duration: 86_400 })
 * redeem() {
 *   return { redeemed: true };
 * }
 * ```
 */
export const UsageMonitor = policyDecorator((rule: UsageRule) => ({ usageMonitor: [rule] }), { stackable: true });
