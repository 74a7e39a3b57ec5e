import type { ConfigWarning } from '../config/config-section';
import type { GuardConfig } from '../config/guard-config';
import { Flag, inspectList, ListOf, Setting } from '../config/setting';
import { ADDRESS_LIST, addressProblem } from './address-problem';

declare module '../config/guard-config' {
  interface GuardConfig extends AddressRulesConfig {}
}

/** Rules about addresses that hold for every route. */
export class AddressRulesConfig {
  /**
   * The only clients that are admitted, and trusted: no rate limit, no agent, cloud or country rule, no detection and no
   * automatic ban applies to them. `null` (the default) and an empty list admit everyone.
   */
  @Setting((value) => (value === null ? [] : inspectList(value, addressProblem, `${ADDRESS_LIST}, or null`)))
  whitelist: string[] | null = null;

  /** Clients that are refused, even when the whitelist has them. Default: none. */
  @ListOf(addressProblem, ADDRESS_LIST)
  blacklist: string[] = [];

  /** Clients that are trusted like those of the whitelist, without keeping anyone else out. Default: none. */
  @ListOf(addressProblem, ADDRESS_LIST)
  exemptIps: string[] = [];

  /** Refuse everyone outside `emergencyWhitelist` with 503. Default false; see `GuardControl.setEmergencyMode`. */
  @Flag()
  emergencyMode = false;

  /** Who is admitted while `emergencyMode` is on. Default: nobody. */
  @ListOf(addressProblem, ADDRESS_LIST)
  emergencyWhitelist: string[] = [];

  static warnings(config: GuardConfig): ConfigWarning[] {
    const warnings: ConfigWarning[] = [];
    if (config.whitelist?.length === 0) {
      warnings.push({
        code: 'GUARD_EMPTY_WHITELIST',
        path: 'whitelist',
        message: 'is empty and restricts nobody; use null to say so',
      });
    }
    const listed = new Set([...(config.whitelist ?? []), ...config.exemptIps, ...config.emergencyWhitelist]);
    const proxies = config.trustedProxies.filter((proxy) => listed.has(proxy));
    if (proxies.length > 0) {
      warnings.push({
        code: 'GUARD_WHITELISTED_PROXY',
        path: 'trustedProxies',
        message: `${proxies.join(', ')}: a request that its proxy sends without a forwarding header counts as the proxy itself, and is trusted`,
      });
    }
    return warnings;
  }
}
