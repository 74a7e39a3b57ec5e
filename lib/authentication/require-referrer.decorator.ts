import { policyDecorator } from '../policy/policy-decorator';

declare module '../policy/route-policy' {
  interface RoutePolicy {
    requireReferrer?: readonly string[];
  }
}

/**
 * Refuses requests whose `Referer` names none of these hosts, or that have none, with 403. Keeps links of other sites and
 * simple hotlinking out; it is no authentication, since any client but a browser can write what it likes.
 *
 * @param hosts each admits the host itself and its subdomains, on any port and over http and https alike unless it says
 * otherwise: `'myapp.com'`, `'myapp.com:8443'`, `'https://myapp.com'`. Anything else stops the boot.
 *
 * @example
 * ```ts
 * @Get('images/:id')
 * @RequireReferrer(['myapp.com'])
 * image() {
 *   return 'pixels';
 * }
 * ```
 */
export const RequireReferrer = policyDecorator((hosts: readonly string[]) => ({ requireReferrer: hosts }));
