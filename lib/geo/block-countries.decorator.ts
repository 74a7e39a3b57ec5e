import { policyDecorator } from '../policy/policy-decorator';

declare module '../policy/route-policy' {
  interface RoutePolicy {
    blockCountries?: readonly string[];
  }
}

/**
 * Refuses clients from the given countries with 403. Replaces `blockedCountries` of the configuration on the route;
 * `whitelistCountries` still holds. Private addresses, and those whose country is unknown, are served.
 *
 * @param countries ISO 3166-1 alpha-2 codes in either case; an unknown one stops the boot, and so do an empty list and the
 * absence of any source of countries.
 *
 * @example
 * ```ts
 * @Post('bets')
 * @BlockCountries(['US', 'FR'])
 * bet() {
 *   return { accepted: true };
 * }
 * ```
 */
export const BlockCountries = policyDecorator((countries: readonly string[]) => ({ blockCountries: countries }));
