import type { GuardConfigInput } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { resolveConfig } from '../config/resolve-config';
import type { InspectedRequest } from '../detection/detection.types';
import { GUARD_CONFIG_SECTIONS } from '../guard.config-sections';
import type { FrameworkRequest } from '../platform/framework-request';
import { GuardedRequest } from '../platform/guarded-request';
import { RequestIdentity } from '../platform/request-identity';
import { TrustedClients } from '../platform/trusted-clients';
import { rawRequest } from './raw-request';

/** A request as a test describes it; everything has a default. */
export interface TestRequestOptions {
  /** Default: `'GET'`, or `'POST'` with a body. */
  readonly method?: string;
  /** The request target, with its query as it is sent. Default: `'/'`. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly cookies?: Readonly<Record<string, string>>;
  /** The body as the handler reads it. An object is said to have come as JSON. */
  readonly body?: unknown;
  /** The peer of the connection: the client, unless `trustedProxies` has it. Default: `'203.0.113.1'`, of a network that nobody has. */
  readonly ip?: string;
  /** Whether the connection is encrypted. Default: false. */
  readonly secure?: boolean;
  /** The country of the client. Default: unknown. */
  readonly country?: string;
  /** The parameters of the route. */
  readonly params?: Readonly<Record<string, string>>;
  /** Whom a guard of the application has found to be calling. */
  readonly user?: unknown;
}

const CLIENT = '203.0.113.1';

/**
 * A request as custom checks, validators, limit keys and verifiers receive it, without a server.
 *
 * @param config what matters for who the client is, such as `trustedProxies` and `exemptIps`.
 * @throws GuardConfigError when the configuration is invalid
 *
 * @example
 * ```ts
 * const request = guardedRequest({ path: '/orders?page=2', headers: { 'x-partner': 'acme' }, ip: '198.51.100.7' });
 * ```
 */
export function guardedRequest(options: TestRequestOptions = {}, config: GuardConfigInput = {}): GuardedRequest {
  const { path = '/', ip: peer = CLIENT, secure = false, country, body, params = {}, user } = options;
  const raw = rawRequest({ method: methodOf(options), target: path, headers: headerLines(options), peer, secure });
  const request = new GuardedRequest('http', raw, undefined, identityWith(config, country));
  const query = Object.fromEntries(new URLSearchParams(queryOf(path)));
  request.framework = Object.assign(raw as FrameworkRequest, { body, params, query, user });
  return request;
}

/**
 * A request as `DetectionService.inspect()` reads it.
 *
 * @example
 * ```ts
 * const attack = inspectedRequest({ path: '/search?q=%3Cscript%3Ealert(1)%3C/script%3E' });
 * ```
 */
export function inspectedRequest(options: TestRequestOptions = {}): InspectedRequest {
  const { path = '/', body } = options;
  const headers: Record<string, string[]> = {};
  const lines = headerLines(options);
  for (let index = 0; index < lines.length; index += 2) {
    (headers[lines[index]!.toLowerCase()] ??= []).push(lines[index + 1]!);
  }
  const contentType = headers['content-type']?.[0];
  return { method: methodOf(options), path, query: queryOf(path), headers, body, contentType };
}

function methodOf({ method, body }: TestRequestOptions): string {
  return (method ?? (body === undefined ? 'GET' : 'POST')).toUpperCase();
}

function headerLines({ headers = {}, cookies = {}, body }: TestRequestOptions): string[] {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().flatMap((line) => [name, line]));
  const pairs = Object.entries(cookies).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  if (pairs.length > 0) lines.push('cookie', pairs.join('; '));
  const typed = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  if (typeof body === 'object' && body !== null && !typed) lines.push('content-type', 'application/json');
  return lines;
}

function queryOf(path: string): string {
  const start = path.indexOf('?');
  return start < 0 ? '' : path.slice(start + 1);
}

function identityWith(config: GuardConfigInput, country: string | undefined): RequestIdentity {
  const live = new LiveConfig(resolveConfig(GUARD_CONFIG_SECTIONS, config), GUARD_CONFIG_SECTIONS);
  const identity = new RequestIdentity(live, new TrustedClients(live));
  identity.countries = () => country;
  return identity;
}
