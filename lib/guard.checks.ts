import type { Type } from '@nestjs/common';
import { AddressRulesCheck } from './access/address-rules.check';
import { EmergencyCheck } from './access/emergency.check';
import { RequireIpCheck } from './access/require-ip.check';
import { UserAgentCheck } from './access/user-agent.check';
import { IpBanCheck } from './bans/ip-ban.check';
import { BehaviorCheck } from './behavior/behavior.check';
import { CloudsCheck } from './cloud/clouds.check';
import { OnlyFromCheck } from './cloud/only-from.check';
import { CountryCheck } from './geo/country.check';
import type { SecurityCheck } from './policy/security-check';
import { RateLimitCheck } from './rate-limit/rate-limit.check';
import { UnroutedLimitCheck } from './rate-limit/unrouted-limit.check';

/** Every check. Their order among each other is that of their names in `CHECK_NAMES`. */
export const GUARD_CHECKS: readonly Type<SecurityCheck>[] = [
  EmergencyCheck,
  IpBanCheck,
  BehaviorCheck,
  AddressRulesCheck,
  RequireIpCheck,
  CountryCheck,
  OnlyFromCheck,
  CloudsCheck,
  UserAgentCheck,
  UnroutedLimitCheck,
  RateLimitCheck,
];
