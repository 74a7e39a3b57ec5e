import { policyDecorator } from '../policy/policy-decorator';
import type { CustomCheck } from './custom-check';

declare module '../policy/route-policy' {
  interface RoutePolicy {
    customValidation?: CustomCheck | readonly CustomCheck[];
  }
}

/**
 * Asks a check of the application's own about each request of a route, once its body is parsed. Several on one class or method
 * are asked from top to bottom.
 *
 * @param check a function of the request, sync or async, or a class with a method `validate`, provided by Nest. It refuses by
 * what it answers or throws, see `CustomVerdict`.
 * @throws GuardConfigError while the application starts, when it is neither, or when Nest cannot make the class.
 *
 * @example
 * ```ts
 * @Post('transfers')
 * @CustomValidation((request) => request.headers['idempotency-key'] !== undefined || 'An Idempotency-Key is required')
 * transfer() {
 *   return { accepted: true };
 * }
 * ```
 */
export const CustomValidation = policyDecorator((check: CustomCheck) => ({ customValidation: [check] }), {
  stackable: true,
});
