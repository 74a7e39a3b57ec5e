import type { ExecutionContext, Type } from '@nestjs/common';
import type { GuardedRequest } from '../platform/guarded-request';
import type { CustomVerdict } from './custom-verdict';

/**
 * A check of the application's own, as a class: made or found by Nest's container, so that it can use other providers. It must
 * not be request-scoped.
 *
 * @example
 * ```ts
 * @Injectable()
 * class KnownTenant implements RequestValidator {
 *   constructor(private readonly tenants: Set<string>) {}
 *
 *   validate(request: GuardedRequest) {
 *     return this.tenants.has(String(request.headers['x-tenant'])) || { status: 400, message: 'Unknown tenant' };
 *   }
 * }
 * ```
 */
export interface RequestValidator {
  /**
   * @param context there is one once a handler is known: not for requests that match no route.
   * @returns see {@link CustomVerdict}. What it throws is an answer when it is an `HttpException`; anything else is a failure
   * of the check, and `failSecure` decides. So is no answer within `customCheckTimeout`.
   */
  validate(request: GuardedRequest, context?: ExecutionContext): CustomVerdict | Promise<CustomVerdict>;
}

/** A check of the application's own: a function, or a class that implements {@link RequestValidator}. */
export type CustomCheck = RequestValidator['validate'] | Type<RequestValidator>;

export function isValidatorClass(check: unknown): check is Type<RequestValidator> {
  return (
    typeof check === 'function' &&
    typeof (check.prototype as Partial<RequestValidator> | undefined)?.validate === 'function'
  );
}

/** What is wrong with a check, or undefined. */
export function customCheckProblem(check: unknown): string | undefined {
  if (isValidatorClass(check)) return undefined;
  const isClass = typeof check === 'function' && /^class\b/.test(Function.prototype.toString.call(check));
  if (typeof check === 'function' && !isClass) return undefined;
  return 'is no check; use a function of the request, or a class with a method validate(request)';
}
