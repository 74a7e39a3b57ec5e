import { policyDecorator } from '../policy/policy-decorator';

declare module '../policy/route-policy' {
  interface RoutePolicy {
    contentTypeFilter?: readonly string[];
  }
}

/**
 * Refuses bodies of other media types with 415, as well as bodies without a type and with a `Content-Type` that is not written
 * by the rules of RFC 9110, on whose meaning parsers disagree. A request without a body passes.
 *
 * @param types `type/subtype` or `type/*`, in any letter case; parameters such as `charset` are ignored in requests and have
 * no place here. Anything else stops the boot.
 *
 * @example
 * ```ts
 * @Post('photos')
 * @ContentTypeFilter(['image/*', 'application/json'])
 * upload() {
 *   return { stored: true };
 * }
 * ```
 */
export const ContentTypeFilter = policyDecorator((types: readonly string[]) => ({ contentTypeFilter: types }));
