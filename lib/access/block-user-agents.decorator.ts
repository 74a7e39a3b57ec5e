import { policyDecorator } from '../policy/policy-decorator';

/** A case-insensitive substring, or a regular expression. An empty string matches a missing or empty agent. */
export type UserAgentPattern = string | RegExp;

declare module '../policy/route-policy' {
  interface RoutePolicy {
    blockUserAgents?: readonly UserAgentPattern[];
  }
}

/**
 * Refuses clients by their `User-Agent` with 403. Replaces `blockedUserAgents` of the configuration on the route.
 *
 * @param patterns case-insensitive substrings or regular expressions; `''` and `/^$/` match a missing agent. Only the
 * first 2048 characters of the header are looked at. A pattern that could backtrack catastrophically stops the boot, and
 * so does an empty list.
 *
 * @example
 * ```ts
 * @Post('checkout')
 * @BlockUserAgents(['curl', /bot/i])
 * checkout() {
 *   return { ordered: true };
 * }
 * ```
 */
export const BlockUserAgents = policyDecorator((patterns: readonly UserAgentPattern[]) => ({
  blockUserAgents: patterns,
}));
