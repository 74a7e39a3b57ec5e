import { policyDecorator } from '../policy/policy-decorator';
import type { ReturnRule } from './behavior-rule';

declare module '../policy/route-policy' {
  interface RoutePolicy {
    returnMonitor?: readonly ({ readonly pattern: string } & ReturnRule)[];
  }
}

/**
 * Watches how often each client gets a certain answer from the route, whoever writes it: the handler's return value,
 * `res.send()`, a stream, or an exception filter. Stackable.
 *
 * The answer beyond `maxOccurrences` within `window` crosses the rule; it is on its way already, so `throttle` and `ban`
 * refuse the client's next requests. Answers to HEAD, and 304 unless the pattern asks for it, do not count. The first
 * 64 KB of a body are looked at while it is sent; nothing is held back.
 *
 * @param pattern
 * - `status:404`: the final status;
 * - `json:items[].type==rare`: a field of a JSON body, `[]` for any element of a list, `[0]` for one;
 * - `regex:won \d{4,6} coins`: a regular expression without flags, which must be linear on any text or stops the boot;
 * - any other text: the body contains it, in upper or lower case.
 * @param rule durations in seconds; a value that can mean nothing stops the boot.
 *
 * @example
 * ```ts
 * @Get('lootbox')
 * @ReturnMonitor('json:items[].type==rare', { maxOccurrences: 3, window: 86_400, action: 'ban' })
 * @ReturnMonitor('status:404', { maxOccurrences: 20, window: 60, action: 'throttle' })
 * open() {
 *   return { items: [{ type: 'common' }] };
 * }
 * ```
 */
export const ReturnMonitor = policyDecorator(
  (pattern: string, rule: ReturnRule) => ({ returnMonitor: [{ pattern, ...rule }] }),
  { stackable: true },
);
