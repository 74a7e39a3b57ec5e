import type { CheckName } from '../policy/check-name';
import type { CompiledRoute } from '../policy/compiled-route';
import type { PolicyField, RoutePolicy } from '../policy/route-policy';
import type { SecurityScheme } from './open-api';

/** What a client has to know about a route. */
export interface RouteDocumentation {
  /** Why it may be refused, by status. */
  readonly refusals: ReadonlyMap<number, readonly string[]>;
  /** All of them have to be met; by the name of the scheme. */
  readonly security: ReadonlyMap<string, SecurityScheme>;
  readonly headers: readonly string[];
}

interface FieldAnswer {
  readonly check: CheckName;
  readonly status: number;
  readonly why: string;
}

/** What the decorators refuse with. Those that are not here count, or answer with what the application decides. */
const ANSWERS: Partial<Record<PolicyField, FieldAnswer>> = {
  requireIp: { check: 'ip', status: 403, why: 'the address of the client' },
  blockCountries: { check: 'country', status: 403, why: 'the country of the client' },
  allowCountries: { check: 'country', status: 403, why: 'the country of the client' },
  blockClouds: { check: 'clouds', status: 403, why: 'the network of the client' },
  blockUserAgents: { check: 'user_agent', status: 403, why: 'the user agent' },
  requireReferrer: { check: 'referrer', status: 403, why: 'the referrer' },
  timeWindow: { check: 'time_window', status: 403, why: 'the time of day' },
  honeypotDetection: { check: 'honeypot', status: 403, why: 'a field that people leave empty' },
  customValidation: { check: 'custom_validation', status: 403, why: 'a rule of the application' },
  requireAuth: { check: 'authentication', status: 401, why: 'missing or wrong credentials' },
  apiKeyAuth: { check: 'authentication', status: 401, why: 'a missing or wrong API key' },
  requireHeaders: { check: 'required_headers', status: 400, why: 'a missing or wrong header' },
  contentTypeFilter: { check: 'content_type', status: 415, why: 'the type of the body' },
  maxRequestSize: { check: 'request_size', status: 413, why: 'the size of the body' },
  rateLimit: { check: 'rate_limit', status: 429, why: 'too many requests' },
  geoRateLimit: { check: 'rate_limit', status: 429, why: 'too many requests' },
};

/** What the decorators of a route say; what holds for every route by the configuration is left out. */
export function documentRoute({ policy, sources, bypassed }: CompiledRoute): RouteDocumentation {
  const byDecorator = (field: PolicyField): boolean => {
    const { check } = ANSWERS[field] ?? {};
    return check !== undefined && policy[field] !== undefined && sources[field] !== 'config' && !bypassed.has(check);
  };
  const refusals = new Map<number, string[]>();
  for (const field of Object.keys(policy) as PolicyField[]) {
    if (!byDecorator(field)) continue;
    const { status, why } = ANSWERS[field]!;
    const known = refusals.get(status) ?? [];
    if (!known.includes(why)) refusals.set(status, [...known, why]);
  }
  return {
    refusals,
    security: securityOf(policy, byDecorator),
    // Only the names: a value that a header must have may be nobody else's business.
    headers: byDecorator('requireHeaders') ? Object.keys(policy.requireHeaders ?? {}) : [],
  };
}

// The names are those under which `DocumentBuilder` knows them.
function securityOf({ requireAuth, apiKeyAuth }: RoutePolicy, byDecorator: (field: PolicyField) => boolean) {
  const schemes = new Map<string, SecurityScheme>();
  if (requireAuth !== undefined && byDecorator('requireAuth')) {
    const scheme = requireAuth.scheme.toLowerCase();
    schemes.set(scheme, { type: 'http', scheme });
  }
  if (apiKeyAuth !== undefined && byDecorator('apiKeyAuth')) {
    const { headerName } = apiKeyAuth;
    const isUsual = headerName.toLowerCase() === 'x-api-key';
    schemes.set(isUsual ? 'api_key' : headerName.toLowerCase(), { type: 'apiKey', in: 'header', name: headerName });
  }
  return schemes;
}
