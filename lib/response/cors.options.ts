/**
 * Decides about one origin; only `true` (or a promise of it) admits. An error, a rejection, and no answer within five seconds
 * deny.
 */
export type CorsOriginFunction = (origin: string) => boolean | Promise<boolean>;

/** `'*'`, `'null'`, an exact origin such as `https://app.example.com`, an anchored RegExp, or a function. */
export type CorsOrigin = string | RegExp | CorsOriginFunction;

/** Who may read the answers from another origin, and how. */
export interface CorsOptions {
  /** Default `['*']`. */
  readonly allowOrigins?: CorsOrigin | readonly CorsOrigin[];
  /** Methods of actual requests, `'*'` for all. Default GET, POST, PUT, PATCH, DELETE, OPTIONS. */
  readonly allowMethods?: readonly string[];
  /** Header names that requests may carry, `'*'` for all, `Authorization` included. Default `['*']`. */
  readonly allowHeaders?: readonly string[];
  /** Cookies and HTTP authentication; dropped when any origin is admitted. Default false. */
  readonly allowCredentials?: boolean;
  /** Response headers that scripts may read. Default `[]`. */
  readonly exposeHeaders?: readonly string[];
  /** Seconds for which a browser may remember a preflight. Default 600. */
  readonly maxAge?: number;
  /** Answers `Access-Control-Request-Private-Network`. Default false. */
  readonly allowPrivateNetwork?: boolean;
  /** Told what an origin function failed with. */
  readonly onOriginError?: (error: unknown) => void;
}

export const DEFAULT_CORS_METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
