import { CustomCheckConfig } from './access/custom-check.config';
import { UserAgentConfig } from './access/user-agent.config';
import { BanConfig } from './bans/ban.config';
import { BehaviorConfig } from './behavior/behavior.config';
import { HttpsConfig } from './authentication/https.config';
import { CloudConfig } from './cloud/cloud.config';
import type { ConfigSection } from './config/config-section';
import { DetectionConfig } from './detection/detection.config';
import { GeoConfig } from './geo/geo.config';
import { MetricsConfig } from './metrics/metrics.config';
import { EventsConfig } from './observability/events.config';
import { LogConfig } from './observability/log.config';
import { ExcludePathsConfig } from './pipeline/exclude-paths.config';
import { ResponseModifierConfig } from './pipeline/response-modifier.config';
import { AddressRulesConfig } from './platform/address-rules.config';
import { ClientAddressConfig } from './platform/client-address.config';
import { ModeConfig } from './policy/mode.config';
import { RateLimitConfig } from './rate-limit/rate-limit.config';
import { CorsConfig } from './response/cors.config';
import { ErrorBodyConfig } from './response/error-body.config';
import { SecurityHeadersConfig } from './response/security-headers.config';
import { SwaggerConfig } from './swagger/swagger.config';
import { StateConfig } from './state/state.config';

/**
 * Every section of the configuration, in the order of the documentation. Typed by its members, so that the emitted
 * declarations import the sections, which declare the fields of `GuardConfig`.
 */
export const GUARD_CONFIG_SECTIONS = [
  ClientAddressConfig,
  AddressRulesConfig,
  GeoConfig,
  CloudConfig,
  UserAgentConfig,
  ExcludePathsConfig,
  HttpsConfig,
  SecurityHeadersConfig,
  CorsConfig,
  ErrorBodyConfig,
  RateLimitConfig,
  BanConfig,
  BehaviorConfig,
  DetectionConfig,
  StateConfig,
  ModeConfig,
  CustomCheckConfig,
  ResponseModifierConfig,
  SwaggerConfig,
  EventsConfig,
  LogConfig,
  MetricsConfig,
] as const satisfies readonly ConfigSection[];
