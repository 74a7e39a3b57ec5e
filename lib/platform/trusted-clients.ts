import { Inject, Injectable } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { trustedProxyPrefixes } from '../network/client-address';
import { isLoopback } from '../network/ip-address';
import { PrefixSet } from '../network/prefix-set';

interface Lists {
  readonly whitelist: PrefixSet;
  readonly exempt: PrefixSet;
  readonly emergency: PrefixSet;
  readonly proxies: PrefixSet;
}

/** Knows which clients the configuration trusts, and which must never be banned. */
@Injectable()
export class TrustedClients {
  private lists: Lists;

  constructor(@Inject(LiveConfig) config: LiveConfig) {
    this.lists = listsOf(config.current);
    config.onPrepare((next) => {
      const lists = listsOf(next);
      return () => {
        this.lists = lists;
      };
    });
  }

  /** In `whitelist` or `exemptIps`. */
  has(ip: string): boolean {
    return this.lists.whitelist.has(ip) || this.lists.exempt.has(ip);
  }

  /**
   * Why a client must not be banned, or undefined when it may be: one attack that arrives through a load balancer without
   * a forwarding header must not lock everybody out.
   */
  neverBanned(ip: string): string | undefined {
    if (isLoopback(ip)) return 'loopback';
    if (this.lists.proxies.has(ip)) return 'trusted proxy';
    if (this.lists.whitelist.has(ip)) return 'whitelist';
    if (this.lists.exempt.has(ip)) return 'exempt';
    return this.lists.emergency.has(ip) ? 'emergency whitelist' : undefined;
  }
}

function listsOf(config: GuardConfig): Lists {
  return {
    whitelist: PrefixSet.from(config.whitelist ?? []),
    exempt: PrefixSet.from(config.exemptIps),
    emergency: PrefixSet.from(config.emergencyWhitelist),
    proxies: PrefixSet.from(trustedProxyPrefixes(config.trustedProxies)),
  };
}
