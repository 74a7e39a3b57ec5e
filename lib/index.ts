/**
 * Everything that an application imports.
 *
 * @module nestapi-guard
 */

// The fields of GuardConfig are declared by its sections.
import './guard.config-sections';

export { GuardPolicy, type GuardPolicyOptions } from './guard-policy.decorator';
export { GuardModule } from './guard.module';
export type { GuardConfigFactory, GuardModuleAsyncOptions, GuardModuleExtras } from './guard.module-options';

export { GuardConfigError, type ConfigProblem } from './config/config-problem';
export { GuardConfig, type GuardConfigInput } from './config/guard-config';

export { BlockUserAgents, type UserAgentPattern } from './access/block-user-agents.decorator';
export type { CustomCheck, RequestValidator } from './access/custom-check';
export { CustomValidation } from './access/custom-validation.decorator';
export type { CustomRefusal, CustomVerdict } from './access/custom-verdict';
export { RequireIp, type IpRule } from './access/require-ip.decorator';
export { TimeWindow, type TimeWindowOptions, type TimeWindowRule, type Weekday } from './access/time-window.decorator';

export type { Ban, BanOptions } from './bans/ban';
export { BanService } from './bans/ban.service';

export { BehaviorAnalysis } from './behavior/behavior-analysis.decorator';
export type { BehaviorAction, BehaviorRule, FrequencyRule, ReturnRule, UsageRule } from './behavior/behavior-rule';
export { BehaviorService, type BehaviorRecord } from './behavior/behavior.service';
export { ReturnMonitor } from './behavior/return-monitor.decorator';
export { SuspiciousFrequency } from './behavior/suspicious-frequency.decorator';
export { UsageMonitor } from './behavior/usage-monitor.decorator';

export { ApiKeyAuth, type ApiKeyOptions } from './authentication/api-key-auth.decorator';
export { RequireAuth, type AuthOptions, type AuthRule } from './authentication/require-auth.decorator';
export { RequireHeaders, type HeaderRequirement } from './authentication/require-headers.decorator';
export { RequireHttps } from './authentication/require-https.decorator';
export { RequireReferrer } from './authentication/require-referrer.decorator';
export type { BasicCredential, CredentialVerifier, Verify } from './authentication/verifier';

export { ContentTypeFilter } from './content/content-type-filter.decorator';
export { HoneypotDetection } from './content/honeypot-detection.decorator';
export { MaxRequestSize } from './content/max-request-size.decorator';

export { AllowCountries } from './geo/allow-countries.decorator';
export { BlockCountries } from './geo/block-countries.decorator';
export { ClientCountry } from './geo/client-country.decorator';
export { GeoService } from './geo/geo.service';
export type { GeoIpHandler, GeoLookup, GeoSourceKind, GeoStatus } from './geo/geo.types';

export { BlockClouds } from './cloud/block-clouds.decorator';
export type { CloudProviderStatus, CloudStatus } from './cloud/cloud.types';
export { CLOUD_PROVIDERS, type CloudOwner, type CloudProvider } from './cloud/cloud-provider';
export { CloudRangeService } from './cloud/cloud-range.service';

export type { CustomPattern, PatternOptions } from './detection/custom-patterns';
export { detectPenetrationAttempt, type PenetrationAttempt } from './detection/detect-penetration-attempt';
export { DetectionService } from './detection/detection.service';
export {
  THREAT_CATEGORIES,
  type DetectionExclusions,
  type DetectionResult,
  type DetectionSensitivity,
  type InspectedRequest,
  type Threat,
  type ThreatCategory,
  type TruncationReason,
  type ValueSource,
} from './detection/detection.types';
export type { PatternStats } from './detection/pattern-monitor';
export { SuspiciousDetection, type SuspiciousDetectionOptions } from './detection/suspicious-detection.decorator';

export type { CloudHealth, GuardHealth, HealthStatus, PartHealth } from './health/guard-health';
export { GuardHealthIndicator, type GuardHealthOptions, type GuardHealthResult } from './health/guard-health.indicator';

export type { MetricInstrument, MetricLabels, MetricSample, MetricsBackend } from './metrics/metrics-backend';
export { openTelemetryMetrics, type OpenTelemetryMeterProvider } from './metrics/opentelemetry-metrics';
export { prometheusMetrics, type PrometheusRegistry } from './metrics/prometheus-metrics';

export { GuardEvents } from './observability/guard-events.service';
export type {
  BanEvent,
  BehaviorEvent,
  CheckFailedEvent,
  ConfigChangedEvent,
  DependencyEvent,
  EventMode,
  EventRequest,
  EventSubject,
  GuardEvent,
  GuardEventMap,
  GuardEventType,
  LimitedEvent,
  RefreshedEvent,
  RefusalEvent,
  ThreatEvent,
} from './observability/guard-event';
export type { LogLevel } from './observability/log-level';
export type { SensitiveNames } from './observability/sensitive-names';

export { AccessGuard } from './pipeline/access.guard';
export { DetectionGuard } from './pipeline/detection.guard';
export { GuardControl } from './pipeline/guard-control.service';
export { GuardException } from './pipeline/guard-exception';

export type { ClientAddress } from './network/client-address';

export { ClientAddressService } from './platform/client-address.service';
export { ClientIp } from './platform/client-ip.decorator';
export { GuardVerdict } from './platform/guard-verdict.decorator';
export type { FrameworkRequest, MatchedRoute, RequestKind } from './platform/framework-request';
export { GuardedRequest } from './platform/guarded-request';
export type { GuardedResponse } from './platform/guarded-response';
export type { ReportedRefusal, RequestVerdict } from './platform/request-verdict';

export { Bypass } from './policy/bypass.decorator';
export { CHECK_NAMES, type CheckMode, type CheckName } from './policy/check-name';
export { policyDecorator, type PolicyDecoratorOptions } from './policy/policy-decorator';
export type { RoutePolicyReport, RouteProtection } from './policy/policy-report';
export type { Refusal } from './policy/refusal';
export type { PolicyLayer, PolicySource, RoutePolicy } from './policy/route-policy';
export type { RouteKind } from './policy/security-check';

export {
  GeoRateLimit,
  type CountryLimit,
  type CountryLimits,
  type GeoRateLimitOptions,
} from './rate-limit/geo-rate-limit.decorator';
export { RateLimit, type RateLimitOptions } from './rate-limit/rate-limit.decorator';
export { RateLimitGuard } from './rate-limit/rate-limit.guard';
export type { ClientKey, PerRequest, RateLimitAlgorithm, RateLimitRule } from './rate-limit/rate-limit-rule';
export { RateLimitService, type RateLimitResult } from './rate-limit/rate-limit.service';
export { StateThrottlerStorage } from './rate-limit/state-throttler-storage';

export { RehearsalService } from './rehearsal/rehearsal.service';
export type { Exclusion, RehearsalFinding, RehearsalSummary } from './rehearsal/rehearsal-summary';

export type { CorsOrigin, CorsOriginFunction } from './response/cors.options';
export type { CspDirective, CspOptions, CspSources } from './response/content-security-policy.options';
export { cspNonceOf } from './response/csp-nonce';
export type { CustomErrorResponses, GuardErrorBody } from './response/error-body';
export {
  OWASP_SECURITY_HEADERS,
  type HstsOptions,
  type PermissionsAllowlist,
  type SecurityHeadersOptions,
  type SecurityHeadersSetting,
} from './response/security-headers.options';

export type { Allotment } from './state/instances';
export { MemoryStateStore, type MemoryStateStoreOptions } from './state/memory-state-store';
export { RedisRequiredError } from './state/redis-required.error';
export type { RedisClientSource, RedisClusterSource, RedisSource } from './state/redis-source';
export { RedisStateStore, type RedisStateStoreOptions } from './state/redis-state-store';
export { ResilientStateStore, type OnStoreError, type ResilientStateStoreOptions } from './state/resilient-state-store';
export type {
  Awaitable,
  ChannelListener,
  Lease,
  LimitTier,
  LimitVerdict,
  Message,
  StateSource,
  StateStore,
  StoredEntry,
  StoredValue,
  StoreStatus,
  StrikeCounter,
  Tally,
  TierVerdict,
  Unsubscribe,
} from './state/state-store';
export { STATE_STORE } from './state/state-store.provider';

export { GuardDocumentation } from './swagger/guard-documentation.service';
