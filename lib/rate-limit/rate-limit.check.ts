import { Inject, Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import type { ConfigWarning } from '../config/config-section';
import { NO_COUNTRY_SOURCE } from '../geo/geo.config';
import { GeoService } from '../geo/geo.service';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, RouteInfo, SecurityCheck } from '../policy/security-check';
import { geoLimitProblems } from './geo-rate-limit.decorator';
import type { RateLimitOptions } from './rate-limit.decorator';
import { ruleProblems } from './rate-limit-rule';
import { RouteTiers, tierName } from './route-tiers';
import { UnroutedLimit } from './unrouted-limit';

/** Limits how often a client may call a route, and how often it may miss all of them. */
@Injectable()
export class RateLimitCheck implements SecurityCheck {
  readonly name = 'rate_limit';
  readonly stage = 'limits';
  readonly fields = ['rateLimit', 'geoRateLimit'] as const;

  constructor(
    @Inject(RouteTiers) private readonly tiers: RouteTiers,
    @Inject(UnroutedLimit) private readonly unrouted: UnroutedLimit,
    @Inject(GeoService) private readonly geo: GeoService,
  ) {}

  defaults(config: GuardConfig, route?: RouteInfo): RoutePolicy {
    if (!config.enableRateLimiting) return {};
    return { rateLimit: this.tiers.configured(config, route) };
  }

  inspect({ rateLimit, geoRateLimit }: RoutePolicy): FieldProblem[] {
    const problems: FieldProblem[] = [];
    for (const [index, rule] of (rateLimit ?? []).entries()) {
      const found = ruleProblems(rule, 'functions');
      problems.push(...found.map((problem) => ({ ...problem, path: `rateLimit[${index}]${problem.path ?? ''}` })));
      const name = nameOf(rule, index);
      if (rateLimit?.findIndex((other, position) => nameOf(other, position) === name) === index) continue;
      problems.push({
        path: `rateLimit[${index}].name`,
        value: name,
        message: 'is the name of two limits of one route',
      });
    }
    if (geoRateLimit !== undefined) {
      const found = geoLimitProblems(geoRateLimit);
      if (found.length === 0 && this.geo.status().source === 'none') found.push({ message: NO_COUNTRY_SOURCE });
      problems.push(...found.map((problem) => ({ ...problem, path: `geoRateLimit${problem.path ?? ''}` })));
    }
    return problems;
  }

  warnings({ config, policy, route }: Omit<CompileTarget, 'bypassing'>): ConfigWarning[] {
    const { enableRateLimiting, endpointRateLimits } = config;
    if (!enableRateLimiting) {
      const decorated = route !== undefined && (policy.rateLimit ?? policy.geoRateLimit) !== undefined;
      const message = 'has limits of its own that are off, since enableRateLimiting is false';
      return decorated ? [{ code: 'GUARD_RATE_LIMITING_OFF', path: route.name, message }] : [];
    }
    if (route !== undefined) return [];
    const unused = Object.keys(endpointRateLimits).filter((pattern) => !this.tiers.usedPatterns.has(pattern));
    return unused.map((pattern) => ({
      code: 'GUARD_ENDPOINT_WITHOUT_ROUTE',
      path: `endpointRateLimits[${JSON.stringify(pattern)}]`,
      message: 'is the path of no route',
    }));
  }

  compile(target: CompileTarget): Probe | undefined {
    const { config, route } = target;
    if (!config.enableRateLimiting) return undefined;
    return route === undefined ? this.unrouted.probe : this.tiers.compile(target, route);
  }
}

/** JavaScript may leave the whole rule out. */
function nameOf(rule: RateLimitOptions | undefined, index: number): string {
  return tierName(rule ?? {}, index);
}
