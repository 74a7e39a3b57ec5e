import type { ConfigWarning } from '../config/config-section';
import type { FieldProblem } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import { Callable, Flag, OneOf, Setting, Whole } from '../config/setting';
import { endpointPatternProblem } from './endpoint-pattern';
import {
  type ClientKey,
  MAX_REQUESTS,
  MAX_WINDOW,
  type PerRequest,
  type RateLimitAlgorithm,
  ruleProblems,
} from './rate-limit-rule';

declare module '../config/guard-config' {
  interface GuardConfig extends RateLimitConfig {}
}

/** How often a client may call the application. */
export class RateLimitConfig {
  /** False switches every limit of the module off, those of decorators included. Default true. */
  @Flag()
  enableRateLimiting = true;

  /**
   * Requests that a client may send per `rateLimitWindow`, to all routes that have no limit of their own together; and once
   * more to everything that is no route. A whole number from 1, default 100.
   */
  @Whole({ min: 1, max: MAX_REQUESTS })
  rateLimit = 100;

  /** Seconds, a whole number from 1 to 2,147,483. Default 60. */
  @Whole({ min: 1, max: MAX_WINDOW })
  rateLimitWindow = 60;

  /**
   * Limits of routes by their path: `{ '/search': [10, 60], 'POST /orders/:id': [5, 60], '/api/*': [1000, 3600] }`, each
   * `[requests, seconds]`. A route's template has to look the same (the names of parameters aside), with or without the
   * global prefix; `*` at the end stands for everything below. The most specific pattern counts, and `@RateLimit` on the
   * route comes before it. Default: none.
   */
  @Setting(endpointProblems)
  endpointRateLimits: Record<string, [limit: number, window: number]> = {};

  /** The algorithm of limits that do not name one. Default `'sliding-window'`. */
  @OneOf('sliding-window', 'token-bucket')
  rateLimitAlgorithm: RateLimitAlgorithm = 'sliding-window';

  /**
   * Whom limits of routes count instead of addresses: `(request) => (request.user as User | undefined)?.tenant`. Nothing
   * means the address, by which requests that reach no route are always counted. Default: none.
   */
  @Callable()
  rateLimitKey?: PerRequest<ClientKey>;

  /**
   * What answers tell about limits: `'draft'` is `RateLimit` and `RateLimit-Policy` of the IETF (draft 11), `'legacy'` the
   * three `X-RateLimit-*`, false nothing but `Retry-After`. Default `'draft'`.
   */
  @OneOf('draft', 'legacy', false)
  rateLimitHeaders: 'draft' | 'legacy' | false = 'draft';

  static warnings(config: GuardConfig): ConfigWarning[] {
    if (config.enableRateLimiting || Object.keys(config.endpointRateLimits).length === 0) return [];
    return [
      {
        code: 'GUARD_RATE_LIMITING_OFF',
        path: 'endpointRateLimits',
        message: 'has no effect while enableRateLimiting is false',
      },
    ];
  }
}

function endpointProblems(value: unknown): FieldProblem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ value, message: 'is not accepted; use an object such as { "/search": [10, 60] }' }];
  }
  return Object.entries(value).flatMap(([path, limit]): FieldProblem[] => {
    const field = `[${JSON.stringify(path)}]`;
    const malformed = endpointPatternProblem(path);
    if (malformed !== undefined) return [{ path: field, message: malformed }];
    if (!Array.isArray(limit) || limit.length !== 2)
      return [{ path: field, value: limit, message: 'is not [requests, seconds]' }];
    const [requests, window] = limit as unknown[];
    return ruleProblems({ requests, window }).map((problem) => ({ ...problem, path: field + problem.path }));
  });
}
