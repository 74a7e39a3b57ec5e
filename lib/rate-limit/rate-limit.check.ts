import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, RouteInfo, SecurityCheck } from '../policy/security-check';
import { geoLimitProblems } from './geo-rate-limit.decorator';
import { ruleProblems } from './rate-limit-rule';
import { RouteTiers, tierName } from './route-tiers';
import { UnroutedLimit } from './unrouted-limit';

/** Limits how often a client may call a route, and how often it may miss all of them. */
@Injectable()
export class RateLimitCheck implements SecurityCheck, OnApplicationBootstrap {
  readonly name = 'rate_limit';
  readonly stage = 'limits';
  readonly fields = ['rateLimit', 'geoRateLimit'] as const;
  private readonly logger = new Logger('NestapiGuard');

  constructor(
    @Inject(LiveConfig) private readonly live: LiveConfig,
    @Inject(RouteTiers) private readonly tiers: RouteTiers,
    @Inject(UnroutedLimit) private readonly unrouted: UnroutedLimit,
  ) {}

  defaults(config: GuardConfig, route?: RouteInfo): RoutePolicy {
    if (!config.enableRateLimiting) return {};
    const { rateLimit, rateLimitWindow } = config;
    const [requests, window] = (route && this.tiers.endpointLimit(config, route)) ?? [rateLimit, rateLimitWindow];
    return { rateLimit: [{ requests, window }] };
  }

  inspect({ rateLimit, geoRateLimit }: RoutePolicy): FieldProblem[] {
    const problems: FieldProblem[] = [];
    for (const [index, rule] of (rateLimit ?? []).entries()) {
      const found = ruleProblems(rule, 'functions');
      problems.push(...found.map((problem) => ({ ...problem, path: `rateLimit${problem.path ?? ''}` })));
      const name = tierName(rule, index);
      if (rateLimit?.findIndex((other, position) => tierName(other, position) === name) === index) continue;
      problems.push({ path: 'rateLimit.name', value: name, message: 'is the name of two limits of one route' });
    }
    if (geoRateLimit !== undefined) {
      const found = geoLimitProblems(geoRateLimit);
      problems.push(...found.map((problem) => ({ ...problem, path: `geoRateLimit${problem.path ?? ''}` })));
    }
    return problems;
  }

  compile(target: CompileTarget): Probe | undefined {
    const { config, route } = target;
    if (!config.enableRateLimiting) return undefined;
    return route === undefined ? this.unrouted.probe : this.tiers.compile(target, route)?.probe;
  }

  onApplicationBootstrap(): void {
    const { enableRateLimiting, endpointRateLimits } = this.live.current;
    if (!enableRateLimiting) return;
    for (const pattern of Object.keys(endpointRateLimits)) {
      if (this.tiers.usedPatterns.has(pattern)) continue;
      this.logger.warn(`GUARD_ENDPOINT_WITHOUT_ROUTE endpointRateLimits: no route has the path ${pattern}`);
    }
  }
}
