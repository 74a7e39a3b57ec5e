import { nearestName } from '../config/nearest-name';
import { CSP_DIRECTIVES } from './content-security-policy.options';
import type { CspNonceTemplate } from './csp-nonce';
import type { OptionReport } from './option-report';

/** The source that stands for this response's nonce. */
export const NONCE_PLACEHOLDER = "'nonce'";

const WITHOUT_VALUE = new Set(['upgrade-insecure-requests', 'block-all-mixed-content']);
const VALUE_OPTIONAL = new Set(['sandbox', 'trusted-types', ...WITHOUT_VALUE]);
const NOT_A_SOURCE_LIST = new Set(['sandbox', 'report-uri', 'report-to', 'plugin-types', 'require-sri-for']);
const TAKES_NONCE = new Set(['default-src', 'script-src', 'script-src-elem', 'style-src', 'style-src-elem']);

const KEYWORDS = [
  "'self'",
  "'none'",
  "'unsafe-inline'",
  "'unsafe-eval'",
  "'unsafe-hashes'",
  "'strict-dynamic'",
  "'report-sample'",
  "'wasm-unsafe-eval'",
  "'trusted-types-eval'",
  "'inline-speculation-rules'",
  "'unsafe-allow-redirects'",
  "'allow-duplicates'",
  "'script'",
  NONCE_PLACEHOLDER,
];
// Unquoted these are valid host names, which is why the browser says nothing; `script` is only ever a host.
const BARE_KEYWORDS = new Set(
  KEYWORDS.filter((keyword) => keyword !== "'script'").map((keyword) => keyword.slice(1, -1)),
);
const HASH_SOURCE = /^'(?:sha256|sha384|sha512)-[A-Za-z0-9+/_-]+={0,2}'$/;
const BARE_NONCE_OR_HASH = /^(?:nonce|sha256|sha384|sha512)-[A-Za-z0-9+/_-]+={0,2}$/i;

// CSP Level 3 §2.2: `;` ends a directive and `,` a policy; everything else must be printable ASCII.
const SOURCE = /^[\x21-\x2b\x2d-\x3a\x3c-\x7e]+$/;

/** The header that a `csp` option asks for; `template` instead of `value` when a nonce is part of it. */
export interface ContentSecurityPolicy {
  readonly name: string;
  readonly value: string;
  readonly template?: CspNonceTemplate;
}

/** Reads a `csp` option, reporting all that a browser would silently misread. */
export function readContentSecurityPolicy(
  report: OptionReport,
  path: string,
  options: unknown,
): ContentSecurityPolicy | undefined {
  if (!report.isObject(path, options, 'an object of directives or false')) return undefined;
  const { reportOnly, ...directives } = options;
  const name = report.flag(`${path}.reportOnly`, reportOnly, false)
    ? 'Content-Security-Policy-Report-Only'
    : 'Content-Security-Policy';

  const policy = new Map<string, readonly string[]>();
  for (const [key, given] of Object.entries(directives)) {
    const at = `${path}.${key}`;
    const directive = directiveName(report, at, key, given);
    if (directive === undefined || given === false || given === undefined) continue;
    if (policy.has(directive)) report.add(at, given, `repeats the directive ${directive}`);
    policy.set(directive, readSources(report, at, directive, given));
  }
  if (policy.size === 0) {
    report.add(path, options, 'has no directive; false leaves the header out');
    return undefined;
  }
  const value = Array.from(policy, ([directive, sources]) => [directive, ...sources].join(' ')).join('; ');
  const parts = value.split(NONCE_PLACEHOLDER);
  if (parts.length === 1) return { name, value };
  return { name, value, template: { name, value: (nonce) => parts.join(`'nonce-${nonce}'`) } };
}

function directiveName(report: OptionReport, path: string, key: string, given: unknown): string | undefined {
  const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const known: readonly string[] = CSP_DIRECTIVES;
  if (known.includes(name)) return name;
  report.add(path, given, 'is not a directive of Content-Security-Policy', nearestName(name, known));
  return undefined;
}

function readSources(report: OptionReport, path: string, directive: string, given: unknown): readonly string[] {
  if (WITHOUT_VALUE.has(directive)) {
    if (given !== true && !(Array.isArray(given) && given.length === 0)) {
      report.add(path, given, 'takes no value: true or false');
    }
    return [];
  }
  if (given === true && VALUE_OPTIONAL.has(directive)) return [];
  const isText = typeof given === 'string';
  const sources: unknown = isText ? given.split(' ').filter((source) => source !== '') : given;
  if (!Array.isArray(sources)) {
    report.add(path, given, 'must be a list of sources, or a text with spaces between them');
    return [];
  }
  if (sources.length === 0 && !VALUE_OPTIONAL.has(directive)) {
    report.add(path, given, 'is empty; nothing at all is written as a quoted keyword', "'none'");
  }
  if (sources.length > 1 && sources.includes("'none'")) {
    report.add(path, given, "'none' only means something alone; beside other sources browsers ignore it");
  }
  sources.forEach((source: unknown, index) => {
    reportSource(report, isText ? path : `${path}[${index}]`, directive, source);
  });
  return sources.filter((source): source is string => typeof source === 'string');
}

function reportSource(report: OptionReport, path: string, directive: string, source: unknown): void {
  if (typeof source !== 'string') return report.add(path, source, 'must be a text');
  if (!SOURCE.test(source)) {
    return report.add(
      path,
      source,
      'must be printable ASCII without spaces, `;` and `,` (one source per item; percent-encode %3B and %2C in a URL)',
    );
  }
  if (NOT_A_SOURCE_LIST.has(directive)) return;
  if (source.startsWith("'") || source.endsWith("'")) return reportQuoted(report, path, directive, source);
  if (BARE_KEYWORDS.has(source.toLowerCase())) {
    return report.add(path, source, 'is a host name without quotes', `'${source.toLowerCase()}'`);
  }
  if (BARE_NONCE_OR_HASH.test(source)) report.add(path, source, 'is a host name without quotes', `'${source}'`);
}

function reportQuoted(report: OptionReport, path: string, directive: string, source: string): void {
  if (/^'nonce-/i.test(source)) {
    return report.add(path, source, 'is the same on every response and protects nothing', NONCE_PLACEHOLDER);
  }
  if (source === NONCE_PLACEHOLDER && !TAKES_NONCE.has(directive)) {
    return report.add(path, source, `has no effect here; nonces belong into ${[...TAKES_NONCE].join(', ')}`);
  }
  if (KEYWORDS.includes(source.toLowerCase()) || HASH_SOURCE.test(source)) return;
  report.add(path, source, 'is not a keyword or hash of Content-Security-Policy', nearestName(source, KEYWORDS));
}
