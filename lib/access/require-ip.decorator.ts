import { policyDecorator } from '../policy/policy-decorator';

/** Which addresses a route serves. */
export interface IpRule {
  /** The only clients that are served: IP addresses and CIDRs. An empty list serves everyone. */
  readonly whitelist?: readonly string[];
  /** Clients that are refused, even when the whitelist has them. */
  readonly blacklist?: readonly string[];
}

declare module '../policy/route-policy' {
  interface RoutePolicy {
    requireIp?: IpRule;
  }
}

/**
 * Serves a route to certain addresses only. Applies in addition to `blacklist` and `whitelist` of the configuration; unlike
 * those, it grants access and not trust: limits and detection still apply. Refuses with 403.
 *
 * @param rule IP addresses and CIDRs; an entry that is neither stops the boot.
 *
 * @example
 * ```ts
 * @Get('metrics')
 * @RequireIp({ whitelist: ['10.0.0.0/8'], blacklist: ['10.66.0.0/16'] })
 * metrics() {
 *   return 'up 1';
 * }
 * ```
 */
export const RequireIp = policyDecorator((rule: IpRule) => ({ requireIp: rule }));
