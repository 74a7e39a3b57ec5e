import { policyDecorator } from '../policy/policy-decorator';
import type { FrequencyRule } from './behavior-rule';

declare module '../policy/route-policy' {
  interface RoutePolicy {
    suspiciousFrequency?: readonly FrequencyRule[];
  }
}

/**
 * Watches the rate at which each client calls the route. Stackable.
 *
 * @param rule `maxFrequency` in calls per second, on average over `window` seconds: `{ maxFrequency: 0.1, window: 300 }`
 * is 30 calls within 300 seconds, and the next one crosses. Less than one call per window counts as one.
 *
 * @example
 * ```ts
 * @Get('prices')
 * @SuspiciousFrequency({ maxFrequency: 0.1, window: 300, action: 'log' })
 * prices() {
 *   return [];
 * }
 * ```
 */
export const SuspiciousFrequency = policyDecorator((rule: FrequencyRule) => ({ suspiciousFrequency: [rule] }), {
  stackable: true,
});
