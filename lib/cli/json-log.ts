import type { Facet, Parsed } from './recorded-request';

type Fields = Readonly<Record<string, unknown>>;

// What nginx's `escape=json` formats, pino-http, Caddy, Traefik and cloud load balancers call these things.
const NAMES = {
  ip: ['ip', 'remote_addr', 'remoteAddr', 'remoteAddress', 'remote_ip', 'client_ip', 'clientIp', 'ClientHost'],
  method: ['method', 'request_method', 'requestMethod', 'RequestMethod'],
  target: ['url', 'request_uri', 'requestUri', 'requestUrl', 'uri', 'path', 'RequestPath'],
  query: ['query', 'args', 'query_string', 'queryString'],
  time: ['time', 'timestamp', '@timestamp', 'time_iso8601', 'msec', 'ts', 'StartUTC'],
  status: ['status', 'statusCode', 'status_code', 'DownstreamStatus'],
  agent: ['user_agent', 'userAgent', 'http_user_agent', 'agent', 'request_User-Agent'],
  referrer: ['referer', 'referrer', 'http_referer', 'http_referrer'],
  forwarded: ['http_x_forwarded_for', 'x_forwarded_for'],
  scheme: ['scheme', 'protocol'],
  body: ['body', 'request_body', 'requestBody'],
} as const;

/** A line of a log in JSON; undefined when it is no JSON object, or tells of no HTTP request. */
export function parseJsonLine(line: string): Parsed {
  const whole = parseObject(line);
  if (whole === undefined) return undefined;
  // pino-http and Caddy keep the request in an object of its own.
  const nested = [whole.req, whole.request].find(isObject) ?? {};
  const fields: Fields = { ...whole, ...nested };
  const [method, target] = requestLine(fields, whole.request);
  if (method === undefined || target === undefined) return undefined;
  const headers = headersOf(fields.headers);
  const facets = new Set<Facet>();
  const ip = text(fields, 'ip');
  if (ip !== undefined) facets.add('address');
  if (headers !== undefined) for (const facet of ['headers', 'agent', 'referrer'] as const) facets.add(facet);
  const sent = headers ?? [];
  if (headers === undefined) {
    adopt(sent, facets, 'user-agent', fields, 'agent', 'agent');
    adopt(sent, facets, 'referer', fields, 'referrer', 'referrer');
    adopt(sent, facets, 'x-forwarded-for', fields, 'forwarded');
  }
  const scheme = text(fields, 'scheme')?.toLowerCase();
  if (scheme === 'https' || scheme === 'http') facets.add('scheme');
  const answer = isObject(whole.res) ? whole.res : whole;
  return {
    ip,
    method: method.toUpperCase(),
    target,
    headers: sent,
    body: bodyOf(fields),
    secure: scheme === 'https',
    time: timeOf(first(fields, 'time')),
    status: Number(first(answer, 'status')) || undefined,
    facets,
  };
}

function requestLine(fields: Fields, request: unknown): [method?: string, target?: string] {
  // `$request` of nginx: `GET /cats?page=2 HTTP/1.1`
  const [, method, target] = typeof request === 'string' ? (/^(\S+) (\S+)(?: HTTP\/\S+)?$/.exec(request) ?? []) : [];
  if (method !== undefined) return [method, target];
  const path = text(fields, 'target');
  if (path === undefined || path.includes('?')) return [text(fields, 'method'), path];
  const query = text(fields, 'query')?.replace(/^\?/, '');
  return [text(fields, 'method'), query === undefined || query === '' ? path : `${path}?${query}`];
}

function adopt(
  headers: string[],
  facets: Set<Facet>,
  name: string,
  fields: Fields,
  field: keyof typeof NAMES,
  facet?: Facet,
) {
  const given = first(fields, field);
  if (given === undefined) return;
  if (facet !== undefined) facets.add(facet);
  if (typeof given === 'string' && given !== '' && given !== '-') headers.push(name, given);
}

function headersOf(given: unknown): string[] | undefined {
  if (!isObject(given)) return undefined;
  return Object.entries(given).flatMap(([name, value]) => {
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return values.flatMap((each) => (typeof each === 'string' ? [name, each] : []));
  });
}

function bodyOf(fields: Fields): string | undefined {
  const body = first(fields, 'body');
  if (typeof body === 'object' && body !== null) return JSON.stringify(body);
  return typeof body === 'string' && body !== '' && body !== '-' ? body : undefined;
}

/** Seconds (with a fraction, as `$msec` and Caddy write them) or milliseconds since the epoch, or a date. */
function timeOf(given: unknown): number | undefined {
  const number =
    typeof given === 'number' || (typeof given === 'string' && /^\d+(\.\d+)?$/.test(given)) ? Number(given) : NaN;
  if (!Number.isNaN(number)) return number < 1e11 ? number * 1000 : number;
  const parsed = typeof given === 'string' ? Date.parse(given) : NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}

function first(fields: Fields, name: keyof typeof NAMES): unknown {
  for (const candidate of NAMES[name])
    if (fields[candidate] !== undefined && fields[candidate] !== null) return fields[candidate];
  return undefined;
}

function text(fields: Fields, name: keyof typeof NAMES): string | undefined {
  const found = first(fields, name);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

function parseObject(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
