import type { ConfigWarning } from '../config/config-section';
import type { GuardConfig } from '../config/guard-config';
import { Flag, Setting, Whole } from '../config/setting';
import { headerNamesProblems, methodsProblems } from './cors';
import { originList, originsProblems } from './cors-origin';
import { type CorsOptions, type CorsOrigin, DEFAULT_CORS_METHODS } from './cors.options';

declare module '../config/guard-config' {
  interface GuardConfig extends CorsConfig {}
}

/** Who may read the answers from another origin, per the Fetch standard. */
export class CorsConfig {
  /** Write CORS headers and answer preflights. Default false. */
  @Flag()
  enableCors = false;

  /**
   * Admitted origins: `'*'`, exact origins, RegExps anchored with `^` and `$`, functions (synchronous or not).
   * `'null'` (sandboxed frames, local files) only when listed. Default `['*']`.
   */
  @Setting(originsProblems)
  corsAllowOrigins: CorsOrigin | readonly CorsOrigin[] = ['*'];

  /** Methods of actual requests; `'*'` for all. Default GET, POST, PUT, PATCH, DELETE, OPTIONS. */
  @Setting(methodsProblems)
  corsAllowMethods: readonly string[] = DEFAULT_CORS_METHODS;

  /** Header names that requests may carry; `'*'` for all, `Authorization` included. Default `['*']`. */
  @Setting(headerNamesProblems)
  corsAllowHeaders: readonly string[] = ['*'];

  /** Let browsers send cookies and HTTP authentication. Has no effect with `'*'` as an origin. Default false. */
  @Flag()
  corsAllowCredentials = false;

  /** Response headers that scripts may read. Default none. */
  @Setting(headerNamesProblems)
  corsExposeHeaders: readonly string[] = [];

  /** Seconds for which a browser may remember a preflight. Default 600; 0 for not at all. */
  @Whole({ min: 0 })
  corsMaxAge = 600;

  /** Answer `Access-Control-Request-Private-Network` of public pages that call a private address. Default false. */
  @Flag()
  corsAllowPrivateNetwork = false;

  static warnings(config: GuardConfig): ConfigWarning[] {
    return config.enableCors ? enabledWarnings(config) : disabledWarnings(config);
  }
}

/** The `cors…` fields as options of `compileCors`. */
export function corsOptionsOf(config: CorsConfig): CorsOptions {
  return {
    allowOrigins: config.corsAllowOrigins,
    allowMethods: config.corsAllowMethods,
    allowHeaders: config.corsAllowHeaders,
    allowCredentials: config.corsAllowCredentials,
    exposeHeaders: config.corsExposeHeaders,
    maxAge: config.corsMaxAge,
    allowPrivateNetwork: config.corsAllowPrivateNetwork,
  };
}

function enabledWarnings(config: CorsConfig): ConfigWarning[] {
  const origins = originList(config.corsAllowOrigins);
  const any = origins.includes('*');
  const warnings: (ConfigWarning | false)[] = [
    origins.length === 0 && {
      code: 'GUARD_CORS_NO_ORIGIN',
      path: 'corsAllowOrigins',
      message: 'is empty: no other origin may read the answers, as without enableCors',
    },
    any &&
      origins.length > 1 && {
        code: 'GUARD_CORS_WILDCARD_ORIGINS',
        path: 'corsAllowOrigins',
        message: "admits every origin through '*'; the other entries have no effect",
      },
    any &&
      config.corsAllowCredentials && {
        code: 'GUARD_CORS_WILDCARD_CREDENTIALS',
        path: 'corsAllowCredentials',
        message: "has no effect with '*' in corsAllowOrigins: list the origins that may send credentials",
      },
    !any &&
      config.corsAllowCredentials &&
      origins.includes('null') && {
        code: 'GUARD_CORS_NULL_CREDENTIALS',
        path: 'corsAllowOrigins',
        message: "lets any page send credentials: every sandboxed frame has the origin 'null'",
      },
    !any &&
      config.corsAllowCredentials &&
      config.corsExposeHeaders.includes('*') && {
        code: 'GUARD_CORS_WILDCARD_EXPOSE',
        path: 'corsExposeHeaders',
        message: "takes '*' literally when credentials are allowed: name the headers",
      },
  ];
  return warnings.filter((warning) => warning !== false);
}

function disabledWarnings(config: CorsConfig): ConfigWarning[] {
  const origins = originList(config.corsAllowOrigins);
  const unused = [
    !(origins.length === 1 && origins[0] === '*') && 'corsAllowOrigins',
    config.corsAllowCredentials && 'corsAllowCredentials',
    config.corsExposeHeaders.length > 0 && 'corsExposeHeaders',
    config.corsAllowPrivateNetwork && 'corsAllowPrivateNetwork',
  ].filter((field) => field !== false);
  return unused.map((path) => ({
    code: 'GUARD_CORS_DISABLED',
    path,
    message: 'has no effect while enableCors is false',
  }));
}
