import type { GuardConfig } from '../config/guard-config';
import type { ConfigWarning } from '../config/config-section';
import { Flag, Whole } from '../config/setting';

declare module '../config/guard-config' {
  interface GuardConfig extends BanConfig {}
}

/** A century: what a ban for good comes to. */
export const LONGEST_BAN_SECONDS = 100 * 365 * 86_400;

/** The longest window of a counter: 2^31 - 1 milliseconds, in whole seconds. */
const LONGEST_WINDOW_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

/** When clients are banned, and for how long. */
export class BanConfig {
  /** Refuse banned clients with 403, and ban the clients of suspicious requests. Default true. */
  @Flag()
  enableIpBanning = true;

  /** The suspicious request of a client within `autoBanWindow` that bans it. At least 1, default 10. */
  @Whole({ min: 1, max: 100_000 })
  autoBanThreshold = 10;

  /** Seconds after which a suspicious request no longer counts. 1 to 2147483 (about 24 days), default 3600. */
  @Whole({ min: 1, max: LONGEST_WINDOW_SECONDS })
  autoBanWindow = 3600;

  /** Seconds that a ban lasts unless it says otherwise. 1 to 3153600000 (a century), default 3600. */
  @Whole({ min: 1, max: LONGEST_BAN_SECONDS })
  autoBanDuration = 3600;

  static warnings({ enableIpBanning, checkModes }: GuardConfig): ConfigWarning[] {
    if (enableIpBanning || checkModes.ip_ban === undefined || checkModes.ip_ban === 'off') return [];
    const message = `is "${checkModes.ip_ban}" and enableIpBanning is false: nobody is banned`;
    return [{ code: 'GUARD_BANS_OFF', path: 'checkModes.ip_ban', message }];
  }
}

/** Whether bans hold, are only reported, or do not exist. `check` is the check on whose account somebody is banned. */
export function banMode(config: GuardConfig, check?: keyof GuardConfig['checkModes']): 'enforce' | 'report' | 'off' {
  const { checkModes } = config;
  if (!config.enableIpBanning || checkModes.ip_ban === 'off') return 'off';
  const reported = config.passiveMode || checkModes.ip_ban === 'dry-run';
  return reported || (check !== undefined && checkModes[check] === 'dry-run') ? 'report' : 'enforce';
}
