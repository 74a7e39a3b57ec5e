import { policyDecorator } from '../policy/policy-decorator';
import type { ClientKey, PerRequest, RateLimitRule } from './rate-limit-rule';

/** What `@RateLimit()` takes: a rule whose numbers may depend on the request. */
export interface RateLimitOptions extends Omit<RateLimitRule, 'requests' | 'cost'> {
  /** Requests admitted per window: a whole number from 1, or a function that answers one. */
  readonly requests: number | PerRequest<number>;
  /** What the request takes out of the limit: a whole number from 1, or a function that answers one. Default 1. */
  readonly cost?: number | PerRequest<number>;
  /** Whom the limit counts: a user, a tenant, an API key. Default: `rateLimitKey`, else the client's address. */
  readonly key?: PerRequest<ClientKey>;
}

declare module '../policy/route-policy' {
  interface RoutePolicy {
    rateLimit?: readonly RateLimitOptions[];
  }
}

/**
 * Limits how often a client may call a route; a request above the limit is refused with 429 and `Retry-After`. On a class
 * it holds for each of its routes by itself. Replaces the global limit and `endpointRateLimits` on the route. Several on one
 * class or method all have to admit a request, and each has a name: the first is `default`, the second `default-2` … unless
 * `name` says otherwise.
 *
 * @throws GuardConfigError while the application starts, when a number is no whole number from 1, the window is longer
 * than 2^31 ms, `cost` is above the limit or two limits have the same name.
 *
 * @example
 * ```ts
 * @Post('login')
 * @RateLimit({ requests: 5, window: 60 })
 * @RateLimit({ requests: 20, window: 3600, name: 'hourly' })
 * login() {
 *   return { token: '…' };
 * }
 * ```
 */
export const RateLimit = policyDecorator((options: RateLimitOptions) => ({ rateLimit: [options] }), {
  stackable: true,
});
