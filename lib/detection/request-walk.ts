import { decodePercent } from './decoding/percent-decoder';
import { type InspectedRequest } from './detection.types';
import { type Place } from './inspected-value';
import { type ValueInspector } from './value-inspector';
import { type CleanTexts } from './clean-texts';
import { cookiePairs } from './values/cookie-pairs';
import { boundaryOf, multipartParts } from './values/multipart-parts';
import { queryPairs } from './values/query-string';
import { ValueWalk } from './value-walk';

/** Headers that no handler interprets, or that are read elsewhere. */
const QUIET_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'cookie',
  'date',
  'if-modified-since',
  'if-unmodified-since',
  'if-none-match',
  'if-match',
  'sec-websocket-key',
  'sec-websocket-version',
  'keep-alive',
  'dnt',
  'upgrade-insecure-requests',
  'te',
  'expect',
  'content-md5',
]);

const PAIRS = 10_000;

/** Feeds every value of a request that a handler could read to an inspector, each once, without recursion. */
export class RequestWalk {
  readonly values: ValueWalk;

  constructor(
    private readonly inspector: ValueInspector,
    private readonly clean: CleanTexts,
  ) {
    this.values = new ValueWalk(inspector, clean);
  }

  request(request: InspectedRequest): void {
    const mark = request.path.indexOf('?');
    const path = mark < 0 ? request.path : request.path.slice(0, mark);
    const query = request.query ?? (mark < 0 ? '' : request.path.slice(mark + 1));
    this.path(path);
    if (query !== '') this.pairs('query', query);
    this.headers(request.headers);
    this.body(request);
    for (const file of request.files ?? []) this.values.filename(file.field, file.filename);
  }

  /** The raw path as a whole, then each segment that holds more than a plain name. */
  path(path: string): void {
    if (this.clean.has(path)) return;
    const place: Place = { parent: undefined, key: 'path' };
    let clean = this.inspector.text('path', place, '', path);
    const segments = path.split('/');
    if (segments.length <= 200) {
      for (const segment of segments) {
        if (segment.length > 2 && /[^\w.~:@-]/.test(segment) && this.inspector.visit()) {
          clean = this.inspector.text('query', place, 'path', decodePercent(segment)) && clean;
        }
      }
    }
    if (clean) this.clean.add(path);
  }

  pairs(source: 'query' | 'body', text: string): void {
    const root: Place = { parent: undefined, key: source };
    const excluded = source === 'query' ? this.inspector.policy.params : this.inspector.policy.bodyFields;
    let count = 0;
    for (const { name, value } of queryPairs(text, PAIRS)) {
      if (!this.inspector.visit()) return;
      count++;
      if (excluded.matchesParameter(name)) continue;
      const place: Place = { parent: root, key: name };
      this.values.name(source, place, name);
      if (value !== '') this.values.string(source, place, name, value);
      else if (name !== '' && text.length < 4096) this.values.string(source, place, '', name);
    }
    // `&&` is an operator in most languages, and a separator of nothing here: the text is read as one value too.
    if (text.includes('&&') || (count > 1 && !text.includes('=')))
      this.inspector.text(source, root, '', decodePercent(text.replaceAll('+', ' ')));
    if (count === PAIRS) this.inspector.truncate('nodes');
  }

  headers(headers: InspectedRequest['headers']): void {
    const { policy } = this.inspector;
    const root: Place = { parent: undefined, key: 'headers' };
    for (const name in headers) {
      if (!Object.hasOwn(headers, name)) continue;
      const value = headers[name];
      if (value === undefined) continue;
      const folded = name.toLowerCase();
      if (folded === 'cookie') {
        this.cookies(typeof value === 'string' ? value : value.join('; '));
        continue;
      }
      if (policy.headers.matches(folded) || (QUIET_HEADERS.has(folded) && isQuiet(value))) continue;
      for (const line of typeof value === 'string' ? [value] : value) {
        if (this.clean.has(line)) continue;
        if (!this.inspector.visit()) return;
        const text = folded === 'authorization' ? line.replace(/^Basic\s+\S+$/i, '') : line;
        const { searched } = this.inspector;
        const clean = this.inspector.text('header', { parent: root, key: folded }, folded, repairUtf8(text));
        // What the fast scan settles, such as the address of each client, would only push others out.
        if (clean && this.inspector.searched > searched) this.clean.add(line);
      }
    }
  }

  cookies(header: string): void {
    const root: Place = { parent: undefined, key: 'cookies' };
    for (const { name, value } of cookiePairs(header)) {
      if (!this.inspector.visit()) return;
      if (this.inspector.policy.cookies.matches(name)) continue;
      const place: Place = { parent: root, key: name };
      this.values.name('cookie', place, name);
      if (value !== '') this.values.string('cookie', place, name, repairUtf8(value));
    }
  }

  body({ body, rawBody, contentType }: InspectedRequest): void {
    const type = (contentType ?? '').toLowerCase();
    if (Buffer.isBuffer(body) && !isTextual(type) && isBinary(body)) return;
    const raw =
      rawBody ?? (typeof body === 'string' ? body : Buffer.isBuffer(body) ? body.toString('utf8') : undefined);
    if (raw !== undefined && type.startsWith('multipart/')) {
      const boundary = boundaryOf(contentType ?? '');
      if (boundary !== undefined) {
        this.multipart(raw, boundary);
        return;
      }
    }
    if (raw !== undefined && type.startsWith('application/x-www-form-urlencoded')) {
      this.pairs('body', raw);
      return;
    }
    const root: Place = { parent: undefined, key: 'body' };
    const unread = body === undefined || body === null || (typeof body === 'object' && Object.keys(body).length === 0);
    if (raw !== undefined && (unread || (type.includes('xml') && typeof body === 'object'))) {
      this.values.string('body', root, '', raw, type.includes('xml'));
    }
    if (typeof body === 'string' || Buffer.isBuffer(body))
      this.values.string('body', root, '', raw ?? '', type.includes('xml'));
    else if (typeof body === 'object' && body !== null) this.values.structure('body', root, body);
  }

  private multipart(text: string, boundary: string): void {
    const root: Place = { parent: undefined, key: 'body' };
    let parts = 0;
    for (const part of multipartParts(text, boundary)) {
      if (!this.inspector.visit()) return;
      parts++;
      this.values.part(part);
    }
    if (parts === 0) this.inspector.text('body', root, '', text);
  }
}

/** Tags, hosts and keywords: what these headers hold when nobody abuses them. */
function isQuiet(value: string | readonly string[]): boolean {
  const text = typeof value === 'string' ? value : value.join(',');
  return !/[^\w"*:,=+/.[\]-]|\.\.|:\/\//.test(text);
}

/** Node hands header bytes over as Latin-1; what was sent as UTF-8 is read as such. */
function repairUtf8(text: string): string {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 255) return text;
    if (code >= 128) {
      const decoded = Buffer.from(text, 'latin1').toString('utf8');
      return Buffer.from(decoded, 'utf8').toString('latin1') === text ? decoded : text;
    }
  }
  return text;
}

/** What an application reads as a text, whatever bytes are in it. */
function isTextual(type: string): boolean {
  return /^(?:text\/|multipart\/|application\/(?:[\w.+-]*(?:json|xml|javascript|graphql)|x-www-form-urlencoded))/.test(
    type,
  );
}

/** Images, archives and the like: bytes that no text has. */
function isBinary(body: Buffer): boolean {
  const head = body.subarray(0, 512);
  return head.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27));
}
