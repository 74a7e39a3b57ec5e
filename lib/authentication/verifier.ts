import type { Type } from '@nestjs/common';
import type { GuardedRequest } from '../platform/guarded-request';

/**
 * A class that verifies credentials. Nest's container provides it, so that it can use other services; it must be a provider
 * of some module, and not request-scoped.
 *
 * @example
 * ```ts
 * @Injectable()
 * class TokenVerifier implements CredentialVerifier<string> {
 *   constructor(private readonly sessions: Map<string, { id: number }>) {}
 *
 *   verify(token: string): { id: number } | undefined {
 *     return this.sessions.get(token);
 *   }
 * }
 * ```
 */
export interface CredentialVerifier<Credential = string> {
  /**
   * @param credential the token of `bearer`, the key of an API key header, a {@link BasicCredential} of `basic`; of any other
   * scheme what follows the scheme.
   * @returns something truthy to accept the credential, at once or as a promise. Unless it is `true`, it becomes
   * `request.user` where the application has set none. Something falsy, an error, a rejection, and no answer within five
   * seconds deny.
   */
  verify(credential: Credential, request: GuardedRequest): unknown;
}

/** Verifies a credential: a function, or a class that implements {@link CredentialVerifier}. */
export type Verify<Credential = string> =
  CredentialVerifier<Credential>['verify'] | Type<CredentialVerifier<Credential>>;

/** What `Authorization: Basic …` carries (RFC 7617). */
export interface BasicCredential {
  readonly username: string;
  readonly password: string;
}

export function isVerifierClass(verify: unknown): verify is Type<CredentialVerifier<unknown>> {
  return (
    typeof verify === 'function' && typeof (verify.prototype as { verify?: unknown } | undefined)?.verify === 'function'
  );
}

/**
 * What is wrong with the `verify` option, or undefined. One that is there and `undefined` is what an import cycle makes of a
 * class: left alone, the route would accept every well-formed credential.
 */
export function verifyProblem(options: object): string | undefined {
  if (!('verify' in options)) return undefined;
  const { verify } = options;
  if (isVerifierClass(verify)) return undefined;
  if (typeof verify !== 'function')
    return 'is neither a function nor a class with a method verify(credential, request)';
  return /^class\b/.test(Function.prototype.toString.call(verify))
    ? 'is a class without a method verify(credential, request)'
    : undefined;
}
