import { policyDecorator } from '../policy/policy-decorator';

declare module '../policy/route-policy' {
  interface RoutePolicy {
    honeypotDetection?: readonly string[];
  }
}

/**
 * Refuses with 403 whoever fills in a field that people never see: form robots fill in everything.
 *
 * A trap is looked for in the query and in JSON, urlencoded and multipart bodies, at any depth (`contact[website]` has the
 * traps `contact` and `website`). It is filled when it has any value but `''`, `null` and lists and objects of nothing else;
 * `0` and `false` are values. In a multipart body that is parsed behind the guards, as by `FileInterceptor`, a trap is found
 * while the body is read: the handler does not run, or, where it parses the body itself, its parser fails.
 *
 * @param fields exact names; an empty list or name stops the boot. Hide the fields with CSS and `autocomplete="off"`, and keep
 * clear of names that browsers fill in by themselves.
 *
 * @example
 * ```ts
 * @Post('contact')
 * @HoneypotDetection(['website_url', 'fax_number'])
 * contact() {
 *   return { sent: true };
 * }
 * ```
 */
export const HoneypotDetection = policyDecorator((fields: readonly string[]) => ({ honeypotDetection: fields }));
