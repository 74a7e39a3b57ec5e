import { Inject, Injectable } from '@nestjs/common';
import { GuardConfig, type GuardConfigInput } from '../config/guard-config';
import { PolicyCompiler } from '../policy/policy-compiler';
import { reportRoute, type RoutePolicyReport } from '../policy/policy-report';
import { SharedConfig } from './shared-config';

/**
 * Steers the module at run time: what is changed holds on this instance at once, and with Redis within about a second on all
 * others, and on those that start later. While Redis is down it holds here, and reaches the others afterwards.
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
    @Inject(SharedConfig) private readonly config: SharedConfig,
    @Inject(PolicyCompiler) private readonly compiler: PolicyCompiler,
    @Inject(GuardConfig) private readonly current: GuardConfig,
  ) {}

  /**
   * Refuses everyone outside `whitelist` with 503, or ends that.
   *
   * @param whitelist IP addresses and CIDRs, which become the `emergencyWhitelist` until it is changed again or taken back by
   * `resetConfig()`; meanwhile none of them is ever banned. By default the `emergencyWhitelist` there is.
   * @throws GuardConfigError when an entry of `whitelist` is no address; nothing has changed then.
   */
  async setEmergencyMode(on: boolean, whitelist?: string[]): Promise<void> {
    await this.updateConfig({
      emergencyMode: on,
      ...(whitelist === undefined ? {} : { emergencyWhitelist: whitelist }),
    });
  }

  /**
   * Changes fields of the configuration on all instances. A function, a regular expression or another value that JSON
   * cannot express is changed on this instance only, and a line in the log names its field. The fields that say where the
   * state is (`redis` …) take a restart.
   *
   * @throws GuardConfigError listing every problem; nothing has changed then.
   */
  async updateConfig(partial: GuardConfigInput): Promise<void> {
    await this.config.update(partial);
  }

  /**
   * Takes back what was changed at run time: every instance has again what it was started with, except for what was changed
   * on another instance only.
   */
  async resetConfig(): Promise<void> {
    await this.config.reset();
  }

  /** What protects each route, and where each rule comes from. */
  policies(): RoutePolicyReport[] {
    return this.compiler.routes.map((route) => reportRoute(route, this.current));
  }
}
