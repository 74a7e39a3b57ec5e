import { policyDecorator } from '../policy/policy-decorator';
import { sealKey } from './api-keys';
import type { Verify } from './verifier';

/** Which API keys a route accepts, and where they are sent. */
export interface ApiKeyOptions {
  /** The header that carries the key. */
  readonly headerName: string;
  /**
   * The accepted keys, plain or as `sha256:` and the hexadecimal hash, which needs no secret in the source. Compared in
   * constant time.
   */
  readonly keys?: readonly string[];
  /** Verifies the key; with `keys` as well, a key has to pass both. */
  readonly verify?: Verify;
  /** What the challenge of a 401 calls the protected space. Default `api`. */
  readonly realm?: string;
}

declare module '../policy/route-policy' {
  interface RoutePolicy {
    apiKeyAuth?: ApiKeyOptions;
  }
}

/**
 * Demands an API key in a header; refuses with 401 and `WWW-Authenticate`.
 *
 * **Without `keys` and `verify` nobody is authenticated**: the header only has to be there, once and printable, and the warning
 * `GUARD_AUTH_UNVERIFIED` names the route at the start.
 *
 * @param options an unusable one stops the boot.
 *
 * @example
 * ```ts
 * @Controller('reports')
 * @ApiKeyAuth({
 *   headerName: 'X-API-Key',
 *   keys: ['sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b'],
 * })
 * class ReportsController {}
 * ```
 */
export const ApiKeyAuth = policyDecorator((options: ApiKeyOptions) => ({ apiKeyAuth: sealed(options) }));

// Policies are shown by `GuardControl.policies()`: a plain key has no place in them.
function sealed(options: ApiKeyOptions): ApiKeyOptions {
  const keys: unknown = options?.keys;
  return Array.isArray(keys) ? { ...options, keys: keys.map(sealKey) as string[] } : options;
}
