import type { Type } from '@nestjs/common';
import { AddressRulesCheck } from './access/address-rules.check';
import { CustomRequestCheck } from './access/custom-request.check';
import { CustomValidationCheck } from './access/custom-validation.check';
import { EmergencyCheck } from './access/emergency.check';
import { RequireIpCheck } from './access/require-ip.check';
import { TimeWindowCheck } from './access/time-window.check';
import { UserAgentCheck } from './access/user-agent.check';
import { ApiKeyCheck } from './authentication/api-key.check';
import { HttpsCheck } from './authentication/https.check';
import { RequireAuthCheck } from './authentication/require-auth.check';
import { RequireHeadersCheck } from './authentication/require-headers.check';
import { RequireHttpsCheck } from './authentication/require-https.check';
import { RequireReferrerCheck } from './authentication/require-referrer.check';
import { IpBanCheck } from './bans/ip-ban.check';
import { BehaviorCheck } from './behavior/behavior.check';
import { CloudsCheck } from './cloud/clouds.check';
import { OnlyFromCheck } from './cloud/only-from.check';
import { ContentTypeCheck } from './content/content-type.check';
import { HoneypotCheck } from './content/honeypot.check';
import { RequestSizeCheck } from './content/request-size.check';
import { BodyCaptureCheck } from './detection/body-capture.check';
import { PenetrationCheck } from './detection/penetration.check';
import { CountryCheck } from './geo/country.check';
import type { PolicyRules } from './policy/policy-rules';
import type { SecurityCheck } from './policy/security-check';
import { RateLimitCheck } from './rate-limit/rate-limit.check';
import { UnroutedLimitCheck } from './rate-limit/unrouted-limit.check';

/** Every check. Their order among each other is that of their names in `CHECK_NAMES`. */
export const GUARD_CHECKS: readonly (Type<SecurityCheck> & Partial<PolicyRules>)[] = [
  EmergencyCheck,
  IpBanCheck,
  BehaviorCheck,
  HttpsCheck,
  RequireHttpsCheck,
  RequestSizeCheck,
  ContentTypeCheck,
  RequireHeadersCheck,
  RequireAuthCheck,
  ApiKeyCheck,
  RequireReferrerCheck,
  CustomValidationCheck,
  HoneypotCheck,
  TimeWindowCheck,
  AddressRulesCheck,
  RequireIpCheck,
  CountryCheck,
  OnlyFromCheck,
  CloudsCheck,
  UserAgentCheck,
  UnroutedLimitCheck,
  RateLimitCheck,
  BodyCaptureCheck,
  PenetrationCheck,
  CustomRequestCheck,
];

/** What their decorators may say. */
export const GUARD_POLICY_RULES = GUARD_CHECKS.filter((check): check is Type<SecurityCheck> & PolicyRules => {
  return check.inspect !== undefined;
});
