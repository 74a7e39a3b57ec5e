import type { FieldProblem } from '../config/config-problem';
import { countryProblem } from '../network/country-code';
import { policyDecorator } from '../policy/policy-decorator';
import { isWhole, MAX_WINDOW, type RateLimitRule, ruleProblems } from './rate-limit-rule';

/** Requests per window, or a rule with a window of its own. */
export type CountryLimit = number | Pick<RateLimitRule, 'requests' | 'window'>;

/** Limits by ISO 3166-1 alpha-2 code; `default` is for all others and for addresses whose country is unknown. */
export type CountryLimits = Readonly<Record<string, CountryLimit>>;

export interface GeoRateLimitOptions {
  /** Seconds, for the limits that are plain numbers: a whole number from 1 to 2,147,483. Default 60. */
  readonly window?: number;
}

declare module '../policy/route-policy' {
  interface RoutePolicy {
    geoRateLimit?: { readonly limits: CountryLimits; readonly window: number };
  }
}

/**
 * Limits how often a client may call a route, by the country of its address. Replaces the global limit on the route; where
 * a country is not listed and there is no `default`, the global limit counts. Needs a source of countries.
 *
 * @param limits by country code, in either case, and `default`.
 * @throws GuardConfigError while the application starts, when a country is unknown or a number no whole number from 1.
 *
 * @example
 * ```ts
 * @Get('search')
 * @GeoRateLimit({ US: 100, FR: { requests: 500, window: 3600 }, default: 50 }, { window: 60 })
 * search() {
 *   return [];
 * }
 * ```
 */
export const GeoRateLimit = policyDecorator((limits: CountryLimits, options?: GeoRateLimitOptions) => {
  // JavaScript may say null: what throws here stops the start without the name of a handler.
  const { window = 60 } = options ?? {};
  return { geoRateLimit: { limits, window } };
});

export function geoLimitProblems({ limits, window }: { limits: unknown; window: unknown }): FieldProblem[] {
  if (typeof limits !== 'object' || limits === null || Object.keys(limits).length === 0) {
    return [{ value: limits, message: 'has no limits; use an object such as { US: 100, default: 50 }' }];
  }
  const problems = Object.entries(limits).flatMap(([country, limit]): FieldProblem[] => {
    const unknown = country === 'default' ? undefined : countryProblem(country);
    if (unknown !== undefined) return [{ path: `.${country}`, message: unknown }];
    const rule: unknown = typeof limit === 'number' ? { requests: limit, window: 1 } : limit;
    return ruleProblems(rule).map((problem) => ({ ...problem, path: `.${country}${problem.path ?? ''}` }));
  });
  if (!isWhole(window, MAX_WINDOW)) {
    problems.push({
      path: '.window',
      value: window,
      message: `is not accepted; use whole seconds from 1 to ${MAX_WINDOW}`,
    });
  }
  return problems;
}
