import { Inject, Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import type { ConfigWarning } from '../config/config-section';
import { needsCountries } from '../geo/geo.config';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, RouteInfo, SecurityCheck } from '../policy/security-check';
import { geoLimitProblems } from './geo-rate-limit.decorator';
import type { RateLimitOptions } from './rate-limit.decorator';
import { ruleProblems } from './rate-limit-rule';
import { RouteTiers, tierName } from './route-tiers';
import { throttlesOn } from './throttle-metadata';
import { throttleProblem } from './throttle-tier';
import { UnroutedLimit } from './unrouted-limit';

/** Limits how often a client may call a route, and how often it may miss all of them. */
@Injectable()
export class RateLimitCheck implements SecurityCheck {
  static readonly check = 'rate_limit';
  static readonly fields = ['rateLimit', 'geoRateLimit'] as const;
  static readonly conflicts = [needsCountries('geoRateLimit'), pointlessBursts, impossibleThrottles];
  readonly name = RateLimitCheck.check;
  readonly stage = 'limits';

  constructor(
    @Inject(RouteTiers) private readonly tiers: RouteTiers,
    @Inject(UnroutedLimit) private readonly unrouted: UnroutedLimit,
  ) {}

  defaults(config: GuardConfig, route?: RouteInfo): RoutePolicy {
    if (!config.enableRateLimiting) return {};
    return { rateLimit: this.tiers.configured(config, route) };
  }

  static inspect({ rateLimit, geoRateLimit }: RoutePolicy): FieldProblem[] {
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

function pointlessBursts({ rateLimit = [] }: RoutePolicy, config: GuardConfig): FieldProblem[] {
  return rateLimit.flatMap((rule: RateLimitOptions | undefined, index) => {
    if (rule?.burst === undefined || !config.enableRateLimiting) return [];
    if ((rule.algorithm ?? config.rateLimitAlgorithm) === 'token-bucket') return [];
    const message = 'has no effect on a sliding window; set algorithm: "token-bucket"';
    return [{ path: `rateLimit[${index}].burst`, value: rule.burst, message }];
  });
}

/** `@Throttle` of @nestjs/throttler is another's, and only looked at where limits are on. */
function impossibleThrottles(_policy: RoutePolicy, config: GuardConfig, subject: object): FieldProblem[] {
  const messages = throttlesOn(subject).flatMap((throttle) => throttleProblem(throttle) ?? []);
  if (messages.length === 0 || !config.enableRateLimiting) return [];
  return messages.map((message) => ({ path: 'throttle', message }));
}
