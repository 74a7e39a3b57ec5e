import type { GuardedRequest } from '../platform/guarded-request';
import type { PathSecrets } from './path-secrets';
import { percentDecoded } from './percent-text';
import type { SensitiveNames } from './sensitive-names';

type IsSensitive = (kind: keyof SensitiveNames, name: string) => boolean;

/** A shorter value is in every text by chance. */
const SHORTEST = 4;
const MOST_SECRETS = 200;
const MOST_NODES = 2000;
const LONGEST_QUERY = 8192;
const DEEPEST_URL = 2;
const IN_JSON_AS_IT_IS = /^[^"\\\p{Cc}\p{Cs}]*$/u;

/** The secrets that a request brings, literally and in the forms that somebody may quote them in; the longest first. */
export function requestSecrets(
  request: GuardedRequest,
  isSensitive: IsSensitive,
  paths: PathSecrets,
): readonly string[] {
  const secrets = new Set<string>();
  const add = (value: string | undefined): void => {
    if (value === undefined || value.length < SHORTEST || secrets.size >= MOST_SECRETS) return;
    secrets.add(value);
    if (!IN_JSON_AS_IT_IS.test(value)) for (const quoted of inJson(value)) secrets.add(quoted);
  };
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || !isSensitive('headers', name)) continue;
    for (const text of typeof value === 'string' ? [value] : value) addCredential(text, add);
  }
  for (const value of Object.values(request.cookies)) add(value);
  addQuery(request.rawQuery, isSensitive, add);
  addUrl(request.headers.referer, isSensitive, paths, add);
  addPath(paths.within(request.path, request.route?.template), add);
  addFields(request.body, isSensitive, add);
  return [...secrets].sort((a, b) => b.length - a.length);
}

/** Whoever quotes a body quotes it as JSON, or as JSON in a field of JSON. */
function inJson(value: string): readonly string[] {
  const once = JSON.stringify(value).slice(1, -1);
  return [once, JSON.stringify(once).slice(1, -1)];
}

type Add = (value: string | undefined) => void;

function addCredential(value: string, add: Add): void {
  add(value);
  const [scheme = '', ...rest] = value.split(' ');
  const credential = rest.join(' ').trim();
  add(credential);
  if (scheme.toLowerCase() !== 'basic') return;
  const pair = Buffer.from(credential, 'base64').toString();
  add(pair);
  if (pair.includes(':')) add(pair.slice(pair.indexOf(':') + 1));
}

function addQuery(query: string, isSensitive: IsSensitive, add: Add, depth = 0): void {
  for (const parameter of query.slice(0, LONGEST_QUERY).split('&')) {
    const equals = parameter.indexOf('=');
    if (equals < 0) continue;
    const value = parameter.slice(equals + 1);
    const text = decoded(value);
    if (isSensitive('params', decoded(parameter.slice(0, equals)))) {
      add(value);
      add(text);
    } else if (depth < DEEPEST_URL && text.includes('?')) {
      // Where to go next, with a query of its own.
      addQuery(text.slice(text.indexOf('?') + 1), isSensitive, add, depth + 1);
    }
  }
}

/** An excerpt of a URL may begin within the name of a parameter, so that nobody can tell what its value is. */
function addUrl(url: string | undefined, isSensitive: IsSensitive, paths: PathSecrets, add: Add): void {
  const [, path = '', query = ''] = /^https?:\/\/[^/?#]*([^?#]*)(?:\?([^#]*))?/i.exec(url ?? '') ?? [];
  addQuery(query, isSensitive, add);
  addPath(paths.within(path.slice(0, LONGEST_QUERY)), add);
}

function addPath(segments: readonly string[], add: Add): void {
  for (const segment of segments) {
    add(segment);
    add(percentDecoded(segment));
  }
}

function decoded(text: string): string {
  return percentDecoded(text.replaceAll('+', ' '));
}

/** Values of sensitive fields, and every value below one. */
function addFields(body: unknown, isSensitive: IsSensitive, add: Add): void {
  const pending: { value: unknown; secret: boolean }[] = [{ value: body, secret: false }];
  for (let visited = 0; visited < MOST_NODES; visited++) {
    const next = pending.pop();
    if (next === undefined) return;
    const { value, secret } = next;
    if (secret && (typeof value === 'string' || typeof value === 'number')) add(String(value));
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) continue;
    for (const [name, member] of Object.entries(value)) {
      pending.push({ value: member, secret: secret || isSensitive('bodyFields', name) });
    }
  }
}
