import { policyDecorator } from '../policy/policy-decorator';
import type { BasicCredential, Verify } from './verifier';

export interface AuthOptions<Credential = string> {
  /** Verifies the credential; without it the route only demands a well-formed one, and a warning at the start says so. */
  readonly verify?: Verify<Credential>;
  /** What the challenge of a 401 calls the protected space. Default `api`. */
  readonly realm?: string;
}

/** What a route demands of `Authorization`. */
export interface AuthRule {
  readonly scheme: string;
  readonly verify?: Verify<never>;
  readonly realm?: string;
}

declare module '../policy/route-policy' {
  interface RoutePolicy {
    requireAuth?: AuthRule;
  }
}

const requireAuth = policyDecorator((scheme: string, options: AuthOptions<never> = {}) => ({
  requireAuth: { ...options, scheme },
}));

/**
 * Demands `Authorization` of a scheme; refuses with 401 and `WWW-Authenticate`.
 *
 * With `verify` the credential is verified, and what `verify` returned is `request.user` from then on. **Without `verify`
 * nobody is authenticated**: the header only has to be well formed (`Bearer` with one token, `Basic` with a decodable
 * `user:password`, any other scheme with something printable), which is of use where something behind this check, such as a
 * passport strategy or an API that the token is passed on to, verifies it. The warning `GUARD_AUTH_UNVERIFIED` names each such
 * route at the start.
 *
 * @param scheme `'bearer'`, `'basic'` or any other, in any letter case.
 * @param options an unusable one stops the boot.
 *
 * @example
 * ```ts
 * const sessions = new Map([['s3cret', { name: 'Ada' }]]);
 *
 * @Controller('account')
 * @RequireAuth('bearer', { verify: (token) => sessions.get(token) })
 * class AccountController {
 *   @Get()
 *   account(@Req() request: { user: { name: string } }) {
 *     return request.user.name;
 *   }
 * }
 * ```
 */
export function RequireAuth(scheme: 'basic', options?: AuthOptions<BasicCredential>): ClassDecorator & MethodDecorator;
export function RequireAuth(scheme: 'bearer' | (string & {}), options?: AuthOptions): ClassDecorator & MethodDecorator;
export function RequireAuth(
  scheme: string,
  options?: AuthOptions | AuthOptions<BasicCredential>,
): ClassDecorator & MethodDecorator {
  return requireAuth(scheme, options);
}
