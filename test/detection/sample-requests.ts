import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { InspectedRequest } from '../../lib/detection/detection.types';

/** A line of a list of samples, and the request that it stands for. */
export interface Sample {
  readonly line: string;
  readonly request: InspectedRequest;
}

const CONTROLS: Readonly<Record<string, string>> = { '␍': '\r', '␊': '\n', '␉': '\t', '␀': '\0', '␠': ' ' };
const HEADERS = { host: 'api.example.com', accept: '*/*' };
const NAMES = ['q', 'name', 'title', 'search', 'value'];

/** The samples of a list in `test/detection/samples`, by kind. */
export function samplesOf(list: string): Map<string, Sample[]> {
  const kinds = new Map<string, Sample[]>();
  let samples: Sample[] = [];
  for (const line of readFileSync(path.join(__dirname, 'samples', `${list}.txt`), 'utf8').split('\n')) {
    const kind = /^@([a-z]+)$/.exec(line)?.[1];
    if (kind !== undefined) kinds.set(kind, (samples = []));
    else if (line !== '' && kinds.size > 0) samples.push({ line, request: requestOf(line, samples.length) });
  }
  return kinds;
}

function requestOf(line: string, index: number): InspectedRequest {
  const [, place = '', rest = line] = /^([A-Z](?::[\w-]+)?)\|(.*)$/.exec(line) ?? [];
  const value = rest.replaceAll(/[␍␊␉␀␠]/g, (picture) => CONTROLS[picture] ?? picture);
  switch (place.charAt(0)) {
    case 'Q':
      return get(`/api/things?${escape(value)}`);
    case 'E':
      return get(`/api/things?q=${encode(encode(value))}`);
    case 'P':
      return get(escape(value));
    case 'C':
      return get('/api/things', { cookie: latin1(cookie(value)) });
    case 'H':
      return get('/api/things', { [place.slice(2).toLowerCase()]: latin1(value) });
    case 'J':
      return { ...post('application/json'), body: JSON.parse(value) as unknown };
    case 'F':
      return text('application/x-www-form-urlencoded', value);
    case 'X':
      return text('application/xml', value);
    case 'T':
      return text('text/plain', value);
    case 'M':
      return upload(value);
    default:
      return byTurns(value, index);
  }
}

/** Values that carry percent escapes are sent as they are, since they were written for the wire. */
function byTurns(value: string, index: number): InspectedRequest {
  const name = NAMES[index % NAMES.length] ?? 'q';
  const wire = /%(?:[\da-f]{2}|u[\da-f]{4})/i.test(value)
    ? escape(value).replaceAll(/[&#+;]/g, (mark) => encodeURIComponent(mark))
    : encode(value);
  switch (index % 4) {
    case 0:
      return get(`/api/things?page=2&${name}=${wire}`);
    case 1:
      return { ...post('application/json'), body: { id: 5, [name]: value, tags: ['a'] } };
    case 2:
      return text('application/x-www-form-urlencoded', `a=1&${name}=${wire}`);
    default:
      return { ...post('application/json'), body: { items: [{ [name]: value }] } };
  }
}

function get(target: string, headers: Record<string, string> = {}): InspectedRequest {
  return { method: 'GET', path: latin1(target), headers: { ...HEADERS, ...headers } };
}

function post(contentType: string): InspectedRequest {
  return { method: 'POST', path: '/api/things', headers: { ...HEADERS, 'content-type': contentType }, contentType };
}

function text(contentType: string, body: string): InspectedRequest {
  return { ...post(contentType), body, rawBody: body };
}

function upload(value: string): InspectedRequest {
  const at = value.indexOf('|');
  const head = `Content-Disposition: form-data; name="file"; filename="${value.slice(0, at).replaceAll('"', '%22')}"`;
  return text('multipart/form-data; boundary=part', `--part\r\n${head}\r\n\r\n${value.slice(at + 1)}\r\n--part--\r\n`);
}

function encode(value: string): string {
  return encodeURIComponent(value).replaceAll("'", '%27');
}

/** What no client puts on a request line unescaped. */
function escape(value: string): string {
  return value.replaceAll(/[ "]|[^!-~]/g, (mark) => encodeURIComponent(mark));
}

/** A value's own separators are escaped, unless it was written escaped. */
function cookie(value: string): string {
  const at = value.indexOf('=') + 1;
  return value.includes('%') || value.includes('; ')
    ? value
    : value.slice(0, at) + value.slice(at).replaceAll(/[;,]/g, (mark) => encodeURIComponent(mark));
}

/** Node hands header text over byte by byte. */
function latin1(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1');
}
