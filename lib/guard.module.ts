import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { CustomChecks } from './access/custom-checks.service';
import { BanLog } from './bans/ban-log';
import { BanService } from './bans/ban.service';
import { SuspicionService } from './bans/suspicion.service';
import { BehaviorLog } from './behavior/behavior-log';
import { BehaviorMonitor } from './behavior/behavior-monitor';
import { BehaviorService } from './behavior/behavior.service';
import { VerificationService } from './authentication/verification.service';
import { CONFIG_SECTIONS } from './config/config-section';
import { GuardConfigError } from './config/config-problem';
import { GuardConfig, type GuardConfigInput } from './config/guard-config';
import { LiveConfig } from './config/live-config';
import { cloudRangeServiceProvider } from './cloud/cloud-range-service.provider';
import { CloudRangeService } from './cloud/cloud-range.service';
import { geoServiceProvider } from './geo/geo-service.provider';
import { GeoService } from './geo/geo.service';
import { DetectionServiceLocator } from './detection/detect-penetration-attempt';
import { DetectionService } from './detection/detection.service';
import { GUARD_CHECKS, GUARD_POLICY_RULES } from './guard.checks';
import { GUARD_CONFIG_SECTIONS } from './guard.config-sections';
import type { GuardConfigFactory, GuardModuleAsyncOptions, GuardModuleExtras } from './guard.module-options';
import { GuardHealthIndicator } from './health/guard-health.indicator';
import { GuardMetrics } from './metrics/guard-metrics';
import { Metrics } from './metrics/metrics.service';
import { TimedStageRunner } from './metrics/timed-stage-runner';
import { GuardEvents } from './observability/guard-events.service';
import { GuardLog } from './observability/guard-log.service';
import { Redaction } from './observability/redaction.service';
import { RefusalLog } from './observability/refusal-log';
import { RequestLog } from './observability/request-log';
import { AccessGuard } from './pipeline/access.guard';
import { DetectionGuard } from './pipeline/detection.guard';
import { Door } from './pipeline/door';
import { Enforcement } from './pipeline/enforcement.service';
import { GuardControl } from './pipeline/guard-control.service';
import { GatewayGuards } from './pipeline/gateway-guards';
import { LostRequests } from './pipeline/lost-requests';
import { Pipeline } from './pipeline/pipeline';
import { ResponseHeaders } from './pipeline/response-headers';
import { ResponseModifier } from './pipeline/response-modifier';
import { SharedConfig } from './pipeline/shared-config';
import { StageGate } from './pipeline/stage-gate';
import { StartupReport } from './pipeline/startup-report';
import { StageRunner } from './pipeline/stage-runner';
import { ClientAddressService } from './platform/client-address.service';
import { GuardedRequests } from './platform/guarded-requests';
import { RequestIdentity } from './platform/request-identity';
import { TrustedClients } from './platform/trusted-clients';
import { ApplicationClasses } from './policy/application-classes';
import { GUARDS_ARE_GLOBAL } from './policy/guard-registration';
import { HandlerScan } from './policy/handler-scan';
import { PolicyCompiler } from './policy/policy-compiler';
import { POLICY_RULES } from './policy/policy-rules';
import { RoutePaths } from './policy/route-paths';
import { SECURITY_CHECKS } from './policy/security-check';
import { soundConfig } from './policy/sound-config';
import { RehearsalService } from './rehearsal/rehearsal.service';
import { RateLimitGuard } from './rate-limit/rate-limit.guard';
import { RateLimitService } from './rate-limit/rate-limit.service';
import { RouteTiers } from './rate-limit/route-tiers';
import { StateThrottlerStorage } from './rate-limit/state-throttler-storage';
import { UnroutedLimit } from './rate-limit/unrouted-limit';
import { monotonicClockProvider } from './state/monotonic-clock';
import { wallClockProvider } from './state/wall-clock';
import { StateLifecycle } from './state/state-lifecycle';
import { GuardDocumentation } from './swagger/guard-documentation.service';
import { SwaggerHook } from './swagger/swagger-hook';
import { STATE_STORE, stateStoreProvider } from './state/state-store.provider';

/** What the application configured, before it is resolved. */
export const CONFIG_INPUT = Symbol('nestapi-guard:config-input');

/** What may make the configuration of `forRootAsync()`. */
const CONFIG_SOURCES = ['useFactory', 'useClass', 'useExisting'] as const;

const GUARDS = [AccessGuard, RateLimitGuard, DetectionGuard];

const PUBLIC_SERVICES = [
  GuardConfig,
  GuardEvents,
  GuardControl,
  GuardDocumentation,
  ClientAddressService,
  BanService,
  BehaviorService,
  RateLimitService,
  DetectionService,
  StateThrottlerStorage,
  GeoService,
  CloudRangeService,
  GuardHealthIndicator,
  RehearsalService,
  STATE_STORE,
];

/** What the guards need where they are placed by hand. */
const GUARD_DEPENDENCIES = [...GUARDS, StageGate, LiveConfig, GuardedRequests];

const PROVIDERS: Provider[] = [
  { provide: CONFIG_SECTIONS, useValue: GUARD_CONFIG_SECTIONS },
  HandlerScan,
  { provide: GuardConfig, inject: [CONFIG_INPUT, HandlerScan], useFactory: applicationConfig },
  LiveConfig,
  TrustedClients,
  RequestIdentity,
  GuardedRequests,
  ClientAddressService,
  Redaction,
  GuardEvents,
  GuardLog,
  RefusalLog,
  RequestLog,
  stateStoreProvider,
  geoServiceProvider,
  cloudRangeServiceProvider,
  monotonicClockProvider,
  wallClockProvider,
  StateLifecycle,
  BanService,
  BanLog,
  SuspicionService,
  BehaviorMonitor,
  BehaviorLog,
  BehaviorService,
  StateThrottlerStorage,
  RateLimitService,
  RoutePaths,
  RouteTiers,
  UnroutedLimit,
  DetectionService,
  DetectionServiceLocator,
  ApplicationClasses,
  VerificationService,
  GuardHealthIndicator,
  Metrics,
  GuardMetrics,
  RehearsalService,
  CustomChecks,
  ...GUARD_CHECKS,
  { provide: SECURITY_CHECKS, inject: [...GUARD_CHECKS], useFactory: (...checks: unknown[]) => checks },
  { provide: POLICY_RULES, useValue: GUARD_POLICY_RULES },
  PolicyCompiler,
  Enforcement,
  {
    provide: StageRunner,
    inject: [Enforcement, Metrics],
    useFactory: (enforcement: Enforcement, metrics: Metrics) =>
      metrics.enabled ? new TimedStageRunner(enforcement, metrics) : new StageRunner(enforcement),
  },
  LostRequests,
  StageGate,
  ResponseHeaders,
  Door,
  StartupReport,
  ResponseModifier,
  Pipeline,
  SharedConfig,
  GuardControl,
  GuardDocumentation,
  SwaggerHook,
  ...GUARDS,
];

const GLOBAL_GUARDS: Provider[] = [
  ...GUARDS.map((guard) => ({ provide: APP_GUARD, useExisting: guard })),
  GatewayGuards,
];

/**
 * Protects an application: import it once, in the root module.
 *
 * @example
 * ```ts
 * @Module({ imports: [GuardModule.forRoot({ rateLimit: 100, blockedUserAgents: ['sqlmap'] })] })
 * class AppModule {}
 * ```
 */
@Module({})
export class GuardModule {
  /**
   * @param config every field is optional.
   * @throws GuardConfigError while the application starts, listing every problem of the configuration and of the decorators.
   */
  static forRoot(config: GuardConfigInput & GuardModuleExtras = {}): DynamicModule {
    if (typeof config !== 'object' || config === null || Array.isArray(config)) {
      return compose({}, [], [{ provide: CONFIG_INPUT, useValue: config }]);
    }
    const { registerGuards, isGlobal, ...input } = config;
    return compose({ registerGuards, isGlobal }, [], [{ provide: CONFIG_INPUT, useValue: input }]);
  }

  /**
   * The same with a configuration that has to be made first, such as from `ConfigService` of `@nestjs/config`.
   *
   * @param options exactly one of `useFactory`, `useClass` and `useExisting`.
   * @throws GuardConfigError at once for none or several of these, and while the application starts for what is made.
   *
   * @example
   * ```ts
   * GuardModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (env: ConfigService) => ({ rateLimit: env.get('RATE_LIMIT'), redisUrl: env.get('REDIS_URL') }),
   * });
   * ```
   */
  static forRootAsync(options: GuardModuleAsyncOptions): DynamicModule {
    return compose(options, options.imports ?? [], configProviders(options));
  }
}

function compose(
  { registerGuards = true, isGlobal = true }: GuardModuleExtras,
  imports: DynamicModule['imports'],
  input: Provider[],
): DynamicModule {
  return {
    module: GuardModule,
    global: isGlobal,
    imports,
    providers: [
      ...input,
      { provide: GUARDS_ARE_GLOBAL, useValue: registerGuards },
      ...PROVIDERS,
      ...(registerGuards ? GLOBAL_GUARDS : []),
    ],
    exports: [...PUBLIC_SERVICES, ...GUARD_DEPENDENCIES],
  };
}

/** @throws GuardConfigError listing every problem of the configuration and of the decorators. */
export function applicationConfig(input: unknown, scan: HandlerScan): GuardConfig {
  const { routes } = scan.run();
  return soundConfig(input, { sections: GUARD_CONFIG_SECTIONS, rules: GUARD_POLICY_RULES, routes });
}

/** Whoever makes a configuration and returns none has forgotten it: the defaults are not what was meant. */
function given(config: unknown): unknown {
  return config ?? null;
}

function configProviders(options: GuardModuleAsyncOptions): Provider[] {
  assertOneSource(options);
  const { inject, useFactory, useClass, useExisting } = options;
  if (useFactory !== undefined) {
    const make = async (...args: never[]): Promise<unknown> => given(await useFactory(...args));
    return [{ provide: CONFIG_INPUT, inject: inject ?? [], useFactory: make }];
  }
  const made: Provider = {
    provide: CONFIG_INPUT,
    inject: [(useClass ?? useExisting)!],
    useFactory: async (instance: GuardConfigFactory) => given(await instance.createGuardConfig?.()),
  };
  return useClass === undefined ? [made] : [useClass, made];
}

/** Which of two was meant, nobody can tell: the other one's rules would silently not hold. */
function assertOneSource(options: GuardModuleAsyncOptions): void {
  const sources = CONFIG_SOURCES.filter((source) => options[source] !== undefined);
  if (sources.length === 1) return;
  const all = 'useFactory, useClass or useExisting';
  const message = sources.length === 0 ? `needs ${all}` : `is given ${sources.join(' and ')}; use only one of ${all}`;
  throw new GuardConfigError([{ path: 'GuardModule.forRootAsync', message }]);
}
