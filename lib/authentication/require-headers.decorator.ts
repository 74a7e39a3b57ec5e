import { policyDecorator } from '../policy/policy-decorator';

/** `'required'` for any value that is not empty, an exact value, or a regular expression. */
export type HeaderRequirement = 'required' | (string & {}) | RegExp;

declare module '../policy/route-policy' {
  interface RoutePolicy {
    requireHeaders?: Readonly<Record<string, HeaderRequirement>>;
  }
}

/**
 * Refuses requests that lack a header, or carry another value, with 400. Several header lines of one name are one value,
 * joined with `', '`, as Node does.
 *
 * This is no authentication: whoever knows the value of a header can send it. For secrets use `@ApiKeyAuth`.
 *
 * @param headers by name, in any letter case: `'required'` = present and not empty; another text = exactly this value; a
 * regular expression is searched for in the first 2048 characters. An expression that could backtrack catastrophically
 * stops the boot.
 *
 * @example
 * ```ts
 * @Post('events')
 * @RequireHeaders({ 'X-Request-Id': 'required', 'X-Api-Version': '2', 'X-Trace': /^[0-9a-f]{32}$/ })
 * receive() {
 *   return { accepted: true };
 * }
 * ```
 */
export const RequireHeaders = policyDecorator((headers: Readonly<Record<string, HeaderRequirement>>) => ({
  requireHeaders: headers,
}));
