import { policyDecorator } from '../policy/policy-decorator';

declare module '../policy/route-policy' {
  interface RoutePolicy {
    allowCountries?: readonly string[];
  }
}

/**
 * Serves clients from the given countries only, and refuses all others with 403, also those whose country is unknown.
 * Replaces `whitelistCountries` and `blockedCountries` of the configuration on the route. Private addresses are served.
 *
 * @param countries ISO 3166-1 alpha-2 codes in either case; an unknown one stops the boot, and so does the absence of
 * any source of countries.
 *
 * @example
 * ```ts
 * @Get('ballot')
 * @AllowCountries(['CH', 'LI'])
 * ballot() {
 *   return { open: true };
 * }
 * ```
 */
export const AllowCountries = policyDecorator((countries: readonly string[]) => ({ allowCountries: countries }));
