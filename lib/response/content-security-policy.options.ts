export const CSP_DIRECTIVES = [
  'default-src',
  'script-src',
  'script-src-elem',
  'script-src-attr',
  'style-src',
  'style-src-elem',
  'style-src-attr',
  'img-src',
  'font-src',
  'connect-src',
  'media-src',
  'object-src',
  'child-src',
  'frame-src',
  'fenced-frame-src',
  'worker-src',
  'manifest-src',
  'prefetch-src',
  'base-uri',
  'form-action',
  'frame-ancestors',
  'navigate-to',
  'sandbox',
  'report-uri',
  'report-to',
  'require-trusted-types-for',
  'trusted-types',
  'require-sri-for',
  'plugin-types',
  'upgrade-insecure-requests',
  'block-all-mixed-content',
] as const;

export type CspDirective = (typeof CSP_DIRECTIVES)[number];

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/**
 * A list of sources, or one text with spaces between them; `true` for a directive without a value; `false`
 * leaves the directive out.
 */
export type CspSources = string | readonly string[] | boolean;

/**
 * A Content-Security-Policy: directives in camelCase (`scriptSrc`) or kebab-case (`'script-src'`). Keywords keep
 * their quotes (`"'self'"`). The source `"'nonce'"` becomes a fresh `'nonce-…'` on every response, which
 * `cspNonceOf(request)` tells to the handler.
 */
export type CspOptions = Readonly<Partial<Record<CspDirective | CamelCase<CspDirective>, CspSources>>> & {
  /** Sends `Content-Security-Policy-Report-Only`: violations are reported, nothing is blocked. Default false. */
  readonly reportOnly?: boolean;
};
