import { Inject, Injectable } from '@nestjs/common';
import type { GuardConfigInput } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { GuardEvents } from '../observability/guard-events.service';
import { PolicyCompiler } from '../policy/policy-compiler';
import { reportRoute, type RoutePolicyReport } from '../policy/policy-report';

/**
 * Steers the module at run time.
 *
 * @example
 * ```ts
 * @Injectable()
 * class IncidentResponse {
 *   constructor(private readonly control: GuardControl) {}
 *   lockDown() {
 *     return this.control.setEmergencyMode(true, ['192.0.2.10']);
 *   }
 * }
 * ```
 */
@Injectable()
export class GuardControl {
  constructor(
    @Inject(LiveConfig) private readonly live: LiveConfig,
    @Inject(GuardEvents) private readonly events: GuardEvents,
    @Inject(PolicyCompiler) private readonly compiler: PolicyCompiler,
  ) {}

  /**
   * Refuses everyone outside `whitelist` with 503, or ends that.
   *
   * @param whitelist IP addresses and CIDRs; by default `emergencyWhitelist` of the configuration.
   * @throws GuardConfigError when an entry of `whitelist` is no address; nothing has changed then.
   */
  async setEmergencyMode(on: boolean, whitelist?: string[]): Promise<void> {
    await this.updateConfig({ emergencyMode: on, ...(whitelist === undefined ? {} : { emergencyWhitelist: whitelist }) });
  }

  /**
   * Changes fields of the configuration.
   *
   * @throws GuardConfigError listing every problem; nothing has changed then.
   */
  async updateConfig(partial: GuardConfigInput): Promise<void> {
    this.live.update(partial);
    this.events.emit({ type: 'config_changed', at: new Date(), fields: Object.keys(partial) });
  }

  /** What protects each route, and where each rule comes from. */
  policies(): RoutePolicyReport[] {
    return this.compiler.routes.map(reportRoute);
  }
}
