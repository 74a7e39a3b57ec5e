import { policyDecorator } from '../policy/policy-decorator';

declare module '../policy/route-policy' {
  interface RoutePolicy {
    requireHttps?: true;
  }
}

/**
 * Serves a class or a method over https only. A request over plain http is redirected, or refused with 403 when `httpsMode`
 * is `'reject'`. Applies in addition to `enforceHttps` of the configuration.
 *
 * @example
 * ```ts
 * @Post('login')
 * @RequireHttps()
 * login() {
 *   return { token: 'secret' };
 * }
 * ```
 */
export const RequireHttps = policyDecorator(() => ({ requireHttps: true as const }));
