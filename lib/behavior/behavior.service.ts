import { Inject, Injectable } from '@nestjs/common';
import { GuardConfigError } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { canonicalIp, subnetKey } from '../network/ip-address';
import { TrustedClients } from '../platform/trusted-clients';
import { type Actor, BehaviorMonitor } from './behavior-monitor';
import type { UsageRule } from './behavior-rule';
import { ruleProblems } from './rule-problems';
import { WatchedRule } from './watched-rule';

/** What recording something came to. */
export interface BehaviorRecord {
  /** How often it happened within the window, this time included; never more than `maxCalls + 1`. */
  readonly count: number;
  /** This was the time too many. */
  readonly crossed: boolean;
  /** Whether the rule would have a request refused: the client is throttled, or is being banned. */
  readonly refused: boolean;
}

/**
 * Counts what the application itself notices about its clients, with the actions of the monitors. Shared by all instances
 * where the state is.
 *
 * @example
 * ```ts
 * const RESETS: UsageRule = { maxCalls: 3, window: 3600, action: 'ban' };
 *
 * @Injectable()
 * class PasswordReset {
 *   constructor(private readonly behavior: BehaviorService) {}
 *
 *   async request(ip: string) {
 *     const { refused } = await this.behavior.record(ip, 'password reset', RESETS);
 *     if (refused) throw new ForbiddenException();
 *   }
 * }
 * ```
 */
@Injectable()
export class BehaviorService {
  private readonly config: GuardConfig;

  constructor(
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(BehaviorMonitor) private readonly monitor: BehaviorMonitor,
    @Inject(TrustedClients) private readonly trustedClients: TrustedClients,
  ) {
    this.config = live.current;
  }

  /**
   * Counts once, and acts when that is too often.
   *
   * @param client an IP address, counted by `ipv6Subnet`; or any other name, such as a user's, which cannot be banned.
   * @param event what happened; with the rule it names the counter.
   * @param rule durations in seconds.
   * @throws GuardConfigError when the rule can mean nothing.
   */
  async record(client: string, event: string, rule: UsageRule): Promise<BehaviorRecord> {
    const { count, crossed, refusal } = await this.monitor.call(watch(event, rule), this.actorOf(client));
    return { count, crossed, refused: refusal !== undefined };
  }

  /** How often something happened within the window of the rule. */
  count(client: string, event: string, rule: UsageRule): Promise<number> {
    return this.monitor.count(watch(event, rule), this.actorOf(client).clientKey);
  }

  /** Forgets what was recorded, on every instance. Ends no ban: see `BanService.unban()`. */
  reset(client: string, event: string, rule: UsageRule): Promise<void> {
    return this.monitor.reset(watch(event, rule), this.actorOf(client).clientKey);
  }

  private actorOf(client: string): Actor {
    const ip = canonicalIp(client);
    if (ip === undefined) return { clientKey: client, ip, trusted: false };
    return { clientKey: subnetKey(ip, this.config.ipv6Subnet) ?? ip, ip, trusted: this.trustedClients.has(ip) };
  }
}

function watch(event: string, rule: UsageRule): WatchedRule {
  const usage = { type: 'usage' as const, ...rule };
  const problems = ruleProblems(usage, 'rule');
  if (problems.length > 0) throw new GuardConfigError(problems.map((problem) => ({ path: 'rule', ...problem })));
  return new WatchedRule(`event ${event}`, usage);
}
