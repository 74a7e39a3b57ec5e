import type { IncomingMessage } from 'node:http';
import type { ConfigWarning } from '../config/config-section';
import type { GuardConfig } from '../config/guard-config';
import { Accepts, Flag, ListOf, Synchronous, Whole } from '../config/setting';
import { isHeaderName, proxyProblem } from './address-problem';

declare module '../config/guard-config' {
  interface GuardConfig extends ClientAddressConfig {}
}

/** Who the client is, behind any number of proxies. */
export class ClientAddressConfig {
  /**
   * The proxies that may speak for a client: IP addresses, CIDRs, `'loopback'` (`127.0.0.0/8` and `::1`) and `'unix'`
   * (a peer on a unix socket). Forwarding headers of any other peer are ignored. Default: none.
   */
  @ListOf(proxyProblem, "a list of IP addresses, CIDRs, 'loopback' and 'unix'")
  trustedProxies: string[] = [];

  /** How many proxies there are at most between this application and the client. 1 to 32, default 1. */
  @Whole({ min: 1, max: 32 })
  trustedProxyDepth = 1;

  /** Believe `X-Forwarded-Proto` of a trusted proxy when deciding whether a connection is secure. Default false. */
  @Flag()
  trustXForwardedProto = false;

  /**
   * The one header in which the proxy in front names the client, such as `cf-connecting-ip`; `forwarded` selects RFC 7239.
   * Believed only from a trusted proxy. Default: `X-Forwarded-For`, or `Forwarded` where there is none.
   */
  @Accepts(isHeaderName, 'the name of a header, such as "cf-connecting-ip"')
  clientIpHeader?: string;

  /**
   * Finds the client's address in place of the rules above. Synchronous. What it returns is canonicalised; when that is no IP
   * address, or the function throws, the address of the peer counts.
   */
  @Synchronous('a synchronous function of the request')
  clientIpResolver?: (request: IncomingMessage) => string | undefined;

  /** Rate limits, bans and behaviour count an IPv6 client by a prefix of this many bits. 32 to 128, default 64. */
  @Whole({ min: 32, max: 128 })
  ipv6Subnet = 64;

  static problems(config: GuardConfig) {
    const needsProxy = config.trustedProxies.length === 0;
    return [
      ...(config.trustXForwardedProto && needsProxy
        ? [
            {
              path: 'trustXForwardedProto',
              message: 'has no effect without trustedProxies; name the proxies that set the header',
            },
          ]
        : []),
      ...(config.clientIpHeader !== undefined && needsProxy
        ? [
            {
              path: 'clientIpHeader',
              message: 'has no effect without trustedProxies; name the proxies that set the header',
            },
          ]
        : []),
    ];
  }

  static warnings(config: GuardConfig): ConfigWarning[] {
    const everyone = config.trustedProxies.filter((entry) => entry.endsWith('/0'));
    return everyone.map((entry) => ({
      code: 'GUARD_PERMISSIVE_PROXIES',
      path: 'trustedProxies',
      message: `${entry} lets every client choose its own address`,
    }));
  }
}
