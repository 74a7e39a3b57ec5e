import type { FieldProblem } from '../config/config-problem';
import { readContentSecurityPolicy } from './content-security-policy';
import { type CspNonceTemplate } from './csp-nonce';
import { isFieldValue, isToken, type HeaderField } from './header-syntax';
import { assertSound, OptionReport } from './option-report';
import { readPermissionsPolicy } from './permissions-policy';
import {
  CROSS_DOMAIN_POLICIES,
  EMBEDDER_POLICIES,
  OPENER_POLICIES,
  OWASP_SECURITY_HEADERS,
  REFERRER_POLICIES,
  RESOURCE_POLICIES,
  type SecurityHeadersSetting,
} from './security-headers.options';

/** The headers of every answer, worked out once. */
export interface CompiledSecurityHeaders {
  /** For requests over plain HTTP. */
  readonly plain: readonly HeaderField[];
  /** For requests over TLS: the same and `Strict-Transport-Security`. */
  readonly secure: readonly HeaderField[];
  /** The one header that differs per response; it is in neither list. */
  readonly nonce?: CspNonceTemplate;
}

const PRELOAD_MIN_AGE = 31_536_000;

const FIELDS = [
  'enabled',
  'hsts',
  'csp',
  'frameOptions',
  'contentTypeOptions',
  'xssProtection',
  'referrerPolicy',
  'permissionsPolicy',
  'permittedCrossDomainPolicies',
  'downloadOptions',
  'crossOriginOpenerPolicy',
  'crossOriginResourcePolicy',
  'crossOriginEmbedderPolicy',
  'custom',
] as const;

type Field = (typeof FIELDS)[number];

const DEFAULTS: Readonly<Partial<Record<Field, unknown>>> = {
  hsts: {},
  csp: false,
  frameOptions: 'SAMEORIGIN',
  contentTypeOptions: 'nosniff',
  xssProtection: '0',
  referrerPolicy: 'strict-origin-when-cross-origin',
  permissionsPolicy: 'geolocation=(), microphone=(), camera=()',
  permittedCrossDomainPolicies: 'none',
  downloadOptions: 'noopen',
  crossOriginOpenerPolicy: 'same-origin',
  crossOriginResourcePolicy: 'same-origin',
  crossOriginEmbedderPolicy: false,
  custom: {},
};

/** The headers whose option is one word of a list. */
const CHOICES: readonly (readonly [Field, header: string, accepted: readonly string[]])[] = [
  ['contentTypeOptions', 'X-Content-Type-Options', ['nosniff']],
  ['frameOptions', 'X-Frame-Options', ['SAMEORIGIN', 'DENY']],
  ['xssProtection', 'X-XSS-Protection', ['0', '1; mode=block']],
  ['permittedCrossDomainPolicies', 'X-Permitted-Cross-Domain-Policies', CROSS_DOMAIN_POLICIES],
  ['downloadOptions', 'X-Download-Options', ['noopen']],
  ['crossOriginOpenerPolicy', 'Cross-Origin-Opener-Policy', OPENER_POLICIES],
  ['crossOriginResourcePolicy', 'Cross-Origin-Resource-Policy', RESOURCE_POLICIES],
  ['crossOriginEmbedderPolicy', 'Cross-Origin-Embedder-Policy', EMBEDDER_POLICIES],
];

// Headers that frame the message or belong to one answer; the same value on every answer breaks it.
const NOT_FOR_EVERY_ANSWER = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'keep-alive',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Every problem of a `securityHeaders` setting, paths relative to it; an empty list means it can be compiled. */
export function securityHeadersProblems(setting: unknown): FieldProblem[] {
  const report = new OptionReport();
  readSecurityHeaders(report, setting);
  return report.problems;
}

/**
 * Turns the setting into flat lists of headers.
 *
 * @throws TypeError when `securityHeadersProblems` has something to say.
 */
export function compileSecurityHeaders(setting: SecurityHeadersSetting | undefined): CompiledSecurityHeaders {
  const report = new OptionReport();
  const compiled = readSecurityHeaders(report, setting);
  assertSound('securityHeaders', report.problems);
  return compiled;
}

function readSecurityHeaders(report: OptionReport, setting: unknown): CompiledSecurityHeaders {
  const none = { plain: [], secure: [] };
  if (setting === null || setting === false) return none;
  const given = setting === 'owasp' ? OWASP_SECURITY_HEADERS : (setting ?? {});
  if (!report.isObject('', given, "an object of headers, 'owasp', null or false")) return none;
  report.knownKeys('', given, FIELDS);

  const option = (field: Field): unknown => (given[field] === undefined ? DEFAULTS[field] : given[field]);
  const headers = new Map<string, HeaderField>();
  const asked = new Set<string>();
  const set = (field: Field, name: string, value: string | undefined): void => {
    if (given[field] !== undefined) asked.add(name.toLowerCase());
    if (value !== undefined) headers.set(name.toLowerCase(), [name, value]);
  };

  for (const [field, name, accepted] of CHOICES) {
    const value = option(field);
    if (value !== false) set(field, name, report.choice(`.${field}`, value, accepted));
  }
  const referrer = option('referrerPolicy');
  if (referrer !== false) {
    set('referrerPolicy', 'Referrer-Policy', readReferrerPolicy(report, '.referrerPolicy', referrer));
  }
  const permissions = option('permissionsPolicy');
  if (permissions !== false) {
    set('permissionsPolicy', 'Permissions-Policy', readPermissionsPolicy(report, '.permissionsPolicy', permissions));
  }
  const csp = option('csp');
  const policy = csp === false ? undefined : readContentSecurityPolicy(report, '.csp', csp);
  if (policy) set('csp', policy.name, policy.template ? undefined : policy.value);
  for (const [name, value] of readCustom(report, '.custom', option('custom'), asked)) set('custom', name, value);

  const hsts = option('hsts');
  const transport = hsts === false ? undefined : readHsts(report, '.hsts', hsts);
  if (!report.flag('.enabled', given.enabled, true)) return none;

  const plain = [...headers.values()];
  const secure: HeaderField[] = transport ? [...plain, ['Strict-Transport-Security', transport]] : plain;
  return { plain, secure, ...(policy?.template && { nonce: policy.template }) };
}

function readReferrerPolicy(report: OptionReport, path: string, given: unknown): string | undefined {
  if (!Array.isArray(given)) return report.choice(path, given, REFERRER_POLICIES);
  if (given.length === 0) report.add(path, given, 'is empty; false leaves the header out');
  // Referrer Policy §11.1: a browser takes the last value that it knows.
  return given.map((policy, index) => report.choice(`${path}[${index}]`, policy, REFERRER_POLICIES)).join(', ');
}

function readHsts(report: OptionReport, path: string, given: unknown): string | undefined {
  if (!report.isObject(path, given, 'an object or false')) return undefined;
  report.knownKeys(path, given, ['maxAge', 'includeSubdomains', 'preload']);
  const maxAge = report.seconds(`${path}.maxAge`, given.maxAge, PRELOAD_MIN_AGE);
  const includeSubdomains = report.flag(`${path}.includeSubdomains`, given.includeSubdomains, true);
  const preload = report.flag(`${path}.preload`, given.preload, false);
  if (preload && (maxAge < PRELOAD_MIN_AGE || !includeSubdomains)) {
    report.add(`${path}.preload`, given.preload, 'needs a maxAge of 31536000 or more and includeSubdomains');
  }
  return `max-age=${maxAge}${includeSubdomains ? '; includeSubDomains' : ''}${preload ? '; preload' : ''}`;
}

function readCustom(
  report: OptionReport,
  path: string,
  given: unknown,
  asked: ReadonlySet<string>,
): readonly (readonly [string, string])[] {
  if (!report.isObject(path, given, 'an object of header names and texts')) return [];
  const seen = new Set<string>();
  return Object.entries(given).filter((entry): entry is [string, string] => {
    const [name, value] = entry;
    const at = `${path}.${name}`;
    const lower = name.toLowerCase();
    const problem =
      (!isToken(name) && 'is not a header name') ||
      (typeof value !== 'string' && 'must be a text') ||
      (!isFieldValue(String(value)) && 'must be latin-1 text without line breaks and control characters') ||
      (lower === 'strict-transport-security' && 'must not be sent over plain HTTP; use the hsts option') ||
      (lower.startsWith('access-control-') && 'depends on the request; use enableCors and the cors options') ||
      (NOT_FOR_EVERY_ANSWER.has(lower) && 'belongs to a single answer and cannot be the same on all') ||
      (asked.has(lower) && 'is also set by its own option; keep one of the two') ||
      (seen.has(lower) && 'is given twice');
    seen.add(lower);
    if (problem) report.add(at, value, problem);
    return !problem;
  });
}
