import { Inject, Injectable } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { GeoService } from '../geo/geo.service';
import { isCanonicalPath } from '../network/canonical-path';
import { RoutePaths } from '../policy/route-paths';
import type { CompileTarget, Probe, RouteInfo } from '../policy/security-check';
import type { StateStore } from '../state/state-store';
import { STATE_STORE } from '../state/state-store.provider';
import { CountryTier } from './country-tier';
import { EndpointPattern } from './endpoint-pattern';
import type { CountryLimits } from './geo-rate-limit.decorator';
import type { RateLimitOptions } from './rate-limit.decorator';
import { rateLimitHeaders } from './rate-limit-headers';
import { skipsGlobalLimit, throttlesOf } from './throttle-metadata';
import { createThrottleTier } from './throttle-tier';
import { createTier, type Tier } from './tier';
import { TierSet } from './tier-set';

const GLOBAL = 'global';

/** A way into a route, as a pattern that requests for it meet. */
interface Endpoint {
  readonly reached: readonly EndpointPattern[];
  readonly patterns: readonly EndpointPattern[];
}

/** Makes the limits of a route out of everything that says something about them. */
@Injectable()
export class RouteTiers {
  /** Patterns of `endpointRateLimits` that some route has met. */
  readonly usedPatterns = new Set<string>();

  constructor(
    @Inject(STATE_STORE) private readonly store: StateStore,
    @Inject(RoutePaths) private readonly paths: RoutePaths,
    @Inject(GeoService) private readonly countries: GeoService,
  ) {}

  /** What the configuration limits a route to; several paths or methods of one may have limits of their own, by pattern. */
  configured(config: GuardConfig, route?: RouteInfo): RateLimitOptions[] {
    const endpoints = route === undefined ? [] : this.endpointsOf(config, route);
    const methods = route === undefined ? [] : methodsOf(route, endpoints);
    const texts = new Set(methods.flatMap((method) => endpoints.map((endpoint) => patternFor(endpoint, method))));
    if (texts.size < 2) return [configuredLimit([...texts][0], config)];
    return [...texts].map((name) => ({ ...(name && { name }), ...configuredLimit(name, config) }));
  }

  /** Undefined when nothing limits the route. */
  compile({ policy, sources, config }: CompileTarget, route: RouteInfo): Probe | undefined {
    const { rateLimit = [], geoRateLimit } = policy;
    const throttles = throttlesOf(route).map((throttle) => this.throttleTier(throttle, route, config));
    const geo = geoRateLimit === undefined ? [] : [this.geoTier(geoRateLimit, route, config)];
    const own = sources.rateLimit === 'config' ? [] : ruleTiers(rateLimit, route, config);
    const tiers = [...own, ...geo, ...throttles];
    const key = `${route.name} ${route.template}`;
    if (tiers.length > 0) return this.set(key, tiers, config).probe;
    if (skipsGlobalLimit(route)) return undefined;
    return this.byMethod(route, config);
  }

  /** The limit of each method of a route that takes all of them; every other route has one. */
  private byMethod(route: RouteInfo, config: GuardConfig): Probe {
    const endpoints = this.endpointsOf(config, route);
    const methods = methodsOf(route, endpoints);
    const probes = new Map(methods.map((method) => [method, this.byPath(endpoints, method, route, config)]));
    const others = probes.get(methods.at(-1))!;
    if (methods.length === 1) return others;
    if (!probes.has('HEAD')) probes.set('HEAD', probes.get('GET') ?? others);
    return (request, context) => (probes.get(request.method) ?? others)(request, context);
  }

  /** The limit of each way into the route; nearly always there is one for all of them. */
  private byPath(
    endpoints: readonly Endpoint[],
    method: string | undefined,
    route: RouteInfo,
    config: GuardConfig,
  ): Probe {
    const texts = [...new Set(endpoints.map((endpoint) => patternFor(endpoint, method)))];
    const key = `${route.name} ${route.template}`;
    const setOf = (text: string | undefined): TierSet => {
      if (text === undefined) return this.set(GLOBAL, [globalTier(config)], config);
      return this.set(`${key} ${text}`, [endpointTier(text, 0, route, config)], config);
    };
    if (texts.length < 2) return setOf(texts[0]).probe;
    const probes = new Map(texts.map((text) => [text, setOf(text).probe]));
    const tiers = texts.map((text, index) => endpointTier(text, index, route, config));
    const all = this.set(key, tiers, config).probe;
    // What cannot be told by the spelling of a path has to be admitted by all of them.
    return (request, context) => {
      const path = request.path.toLowerCase();
      const met = endpoints.filter(({ reached }) => reached.some((way) => way.coversPath(request.method, path)));
      const [text, ...others] = new Set(met.map((endpoint) => patternFor(endpoint, method)));
      const sole = met.length > 0 && others.length === 0 && isCanonicalPath(path);
      return (sole ? probes.get(text)! : all)(request, context);
    };
  }

  /** The ways into a route, with the patterns of the configuration for each: the first one that takes a method holds for it. */
  private endpointsOf(config: GuardConfig, route: RouteInfo): Endpoint[] {
    const known = Object.keys(config.endpointRateLimits).map((text) => new EndpointPattern(text));
    if (known.length === 0 || route.kind !== 'http') return [];
    const { method, ways } = this.paths.waysInto(route);
    return ways.map(({ names, reached }) => {
      const patterns = known
        .filter((pattern) => names.some((name) => pattern.coversTemplate(method, name)))
        .sort((a, b) => b.weight - a.weight);
      for (const { text } of patterns) this.usedPatterns.add(text);
      return { patterns, reached: reached.map((path) => new EndpointPattern(path.toLowerCase())) };
    });
  }

  private set(key: string, tiers: readonly Tier[], config: GuardConfig): TierSet {
    return new TierSet(key, tiers, this.store, rateLimitHeaders(config.rateLimitHeaders));
  }

  private throttleTier(throttle: ReturnType<typeof throttlesOf>[number], route: RouteInfo, config: GuardConfig): Tier {
    return createThrottleTier(throttle, {
      key: bucketKey(route, `throttle-${throttle.name}`),
      limit: config.rateLimit,
      ttl: config.rateLimitWindow * 1000,
      algorithm: config.rateLimitAlgorithm,
    });
  }

  private geoTier(
    { limits, window }: { limits: CountryLimits; window: number },
    route: RouteInfo,
    config: GuardConfig,
  ): Tier {
    const tiers = new Map<string, Tier>();
    let others = globalTier(config);
    for (const [country, limit] of Object.entries(limits)) {
      const rule = typeof limit === 'number' ? { requests: limit, window } : limit;
      const code = country === 'default' ? country : country.toUpperCase();
      const tier = ruleTier({ ...rule, name: 'geo' }, bucketKey(route, `geo-${code}`), 'geo', config);
      if (country === 'default') others = tier;
      else tiers.set(code, tier);
    }
    return new CountryTier(this.countries, tiers, others);
  }
}

/** The methods of a route that may have limits of their own; undefined for all others, at the end. */
function methodsOf({ template }: RouteInfo, endpoints: readonly Endpoint[]): (string | undefined)[] {
  const [method] = template.split(' ', 1);
  if (method !== 'ALL') return [method];
  const named = endpoints.flatMap(({ patterns }) => patterns.flatMap((pattern) => pattern.method ?? []));
  return [...new Set(named), undefined];
}

function patternFor({ patterns }: Endpoint, method: string | undefined): string | undefined {
  return patterns.find((pattern) => pattern.method === undefined || pattern.method === method)?.text;
}

/** @param text the pattern of the configuration; without one it is the limit that all such routes share. */
function configuredLimit(text: string | undefined, config: GuardConfig): RateLimitOptions {
  const { rateLimit, rateLimitWindow, endpointRateLimits } = config;
  const [requests, window] = text === undefined ? [rateLimit, rateLimitWindow] : endpointRateLimits[text]!;
  return { requests, window };
}

/** All routes without limits of their own share one limit per client. */
function globalTier(config: GuardConfig, name = 'default'): Tier {
  return ruleTier(configuredLimit(undefined, config), GLOBAL, name, config);
}

function endpointTier(text: string | undefined, index: number, route: RouteInfo, config: GuardConfig): Tier {
  const name = tierName({}, index);
  if (text === undefined) return globalTier(config, name);
  return ruleTier(configuredLimit(text, config), bucketKey(route, text), name, config);
}

function ruleTiers(rules: readonly RateLimitOptions[], route: RouteInfo, config: GuardConfig): Tier[] {
  return rules.map((rule, index) => {
    const name = tierName(rule, index);
    return ruleTier(rule, bucketKey(route, name), name, config);
  });
}

export function tierName({ name }: Pick<RateLimitOptions, 'name'>, index: number): string {
  return name ?? (index === 0 ? 'default' : `default-${index + 1}`);
}

function ruleTier(rule: RateLimitOptions, key: string, name: string, config: GuardConfig): Tier {
  const { requests, window, burst, cost, algorithm = config.rateLimitAlgorithm } = rule;
  const client = rule.key ?? config.rateLimitKey;
  return createTier({ name, key, requests, windowMs: window * 1000, algorithm, burst, cost, client });
}

// The same on every instance: it names the bucket in Redis.
function bucketKey({ name, template }: RouteInfo, tier: string): string {
  return `${name} ${template}#${tier}`;
}
