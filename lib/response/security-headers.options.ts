import { type CspOptions } from './content-security-policy.options';

/** `Strict-Transport-Security`; written only on requests that arrived over TLS (RFC 6797 §7.2). */
export interface HstsOptions {
  /** Seconds. Default 31536000 (one year); `0` makes browsers forget the host. */
  maxAge?: number;
  /** Default true. */
  includeSubdomains?: boolean;
  /** Asks for a place in the browsers' built-in list; needs a year and subdomains. Default false. */
  preload?: boolean;
}

export const REFERRER_POLICIES = [
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
] as const;

export type ReferrerPolicy = (typeof REFERRER_POLICIES)[number];

export const CROSS_DOMAIN_POLICIES = [
  'none',
  'master-only',
  'by-content-type',
  'by-ftp-filename',
  'none-this-response',
  'all',
] as const;

export const OPENER_POLICIES = [
  'same-origin',
  'same-origin-allow-popups',
  'noopener-allow-popups',
  'unsafe-none',
] as const;

export const RESOURCE_POLICIES = ['same-origin', 'same-site', 'cross-origin'] as const;

export const EMBEDDER_POLICIES = ['require-corp', 'credentialless', 'unsafe-none'] as const;

/**
 * A feature's allowlist: `[]` or `'none'` for nobody, `'self'`, `'*'`, or a list of `'self'`, `'src'` and origins.
 */
export type PermissionsAllowlist = '*' | 'self' | 'none' | readonly string[];

/**
 * The security headers that every answer carries. Each member sets one header, `false` leaves it out, and what
 * is not mentioned keeps its default. A header that the application sets itself is never overwritten.
 *
 * @example
 * ```ts
 * const headers: SecurityHeadersOptions = {
 *   hsts: { maxAge: 63072000, includeSubdomains: true, preload: true },
 *   csp: { defaultSrc: ["'self'"], scriptSrc: ["'self'", "'nonce'"] },
 *   frameOptions: 'DENY',
 * };
 * ```
 */
export interface SecurityHeadersOptions {
  /** `false` turns all of them off. Default true. */
  enabled?: boolean;
  /** `Strict-Transport-Security`. Default `max-age=31536000; includeSubDomains`, on secure requests only. */
  hsts?: HstsOptions | false;
  /** `Content-Security-Policy`. Default: none. */
  csp?: CspOptions | false;
  /** `X-Frame-Options`. Default `SAMEORIGIN`. */
  frameOptions?: 'DENY' | 'SAMEORIGIN' | false;
  /** `X-Content-Type-Options`. Default `nosniff`. */
  contentTypeOptions?: 'nosniff' | false;
  /** `X-XSS-Protection`. Default `0`: the filter of old browsers was itself an attack surface. */
  xssProtection?: '0' | '1; mode=block' | false;
  /** `Referrer-Policy`, a list being a chain of fallbacks. Default `strict-origin-when-cross-origin`. */
  referrerPolicy?: ReferrerPolicy | readonly ReferrerPolicy[] | false;
  /**
   * `Permissions-Policy`, as the header's text or as an object of allowlists with features in camelCase or
   * kebab-case. Default `geolocation=(), microphone=(), camera=()`.
   */
  permissionsPolicy?: string | Readonly<Record<string, PermissionsAllowlist>> | false;
  /** `X-Permitted-Cross-Domain-Policies`. Default `none`. */
  permittedCrossDomainPolicies?: (typeof CROSS_DOMAIN_POLICIES)[number] | false;
  /** `X-Download-Options`. Default `noopen`. */
  downloadOptions?: 'noopen' | false;
  /** `Cross-Origin-Opener-Policy`. Default `same-origin`. */
  crossOriginOpenerPolicy?: (typeof OPENER_POLICIES)[number] | false;
  /** `Cross-Origin-Resource-Policy`. Default `same-origin`. */
  crossOriginResourcePolicy?: (typeof RESOURCE_POLICIES)[number] | false;
  /** `Cross-Origin-Embedder-Policy`. Default: not sent. */
  crossOriginEmbedderPolicy?: (typeof EMBEDDER_POLICIES)[number] | false;
  /** More headers for every answer. Default: none. */
  custom?: Readonly<Record<string, string>>;
}

/** The config field `securityHeaders`: options, the preset `'owasp'`, or `null`/`false` for no headers at all. */
export type SecurityHeadersSetting = SecurityHeadersOptions | 'owasp' | null | false;

// Features that an API never uses; the list of the OWASP Secure Headers Project less the retired ones.
const OWASP_FEATURES = [
  'accelerometer',
  'autoplay',
  'camera',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'publickey-credentials-get',
  'screen-wake-lock',
  'sync-xhr',
  'usb',
  'web-share',
  'xr-spatial-tracking',
] as const;

/**
 * What `securityHeaders: 'owasp'` stands for: the OWASP Secure Headers Project's recommendations for an API, with
 * a policy that satisfies ASVS 5.0 3.4.3 and 3.4.6. Spread it to change a part.
 *
 * @example
 * ```ts
 * GuardModule.forRoot({ securityHeaders: { ...OWASP_SECURITY_HEADERS, csp: { defaultSrc: ["'self'"] } } });
 * ```
 */
export const OWASP_SECURITY_HEADERS: Readonly<SecurityHeadersOptions> = Object.freeze({
  csp: Object.freeze({
    defaultSrc: ["'none'"],
    objectSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  }),
  frameOptions: 'DENY',
  referrerPolicy: 'no-referrer',
  crossOriginEmbedderPolicy: 'require-corp',
  permissionsPolicy: Object.freeze(Object.fromEntries(OWASP_FEATURES.map((feature) => [feature, 'none' as const]))),
  custom: Object.freeze({ 'Cache-Control': 'no-store' }),
});
