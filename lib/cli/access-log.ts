import { canonicalIp } from '../network/ip-address';
import type { Facet, Parsed } from './recorded-request';

const QUOTED = '"((?:[^"\\\\]|\\\\.)*)"';
/** Debian's Apache writes the virtual host and its port in front of the client. */
const VIRTUAL_HOST = '(?:\\S+:\\d{1,5} (?=[\\da-f]*[.:][\\da-f.:]* ))?';
/** The combined format of nginx and Apache, the common one, and nginx's `main`, which ends with `X-Forwarded-For`. */
const LINE = new RegExp(
  `^${VIRTUAL_HOST}(\\S+) \\S+ [^[]*\\[([^\\]]+)\\] ${QUOTED} (\\d{3}) \\S+(?: ${QUOTED} ${QUOTED})?(?: ${QUOTED})?`,
);
/** RFC 9112 section 3: what is no request line was no request, such as a TLS handshake on a plain port. */
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S.*?)(?: HTTP\/\d(?:\.\d)?)?$/s;
const TIME = /^(\d{2})\/(\w{3})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A line of an access log; undefined when it is none, or tells of no HTTP request. */
export function parseAccessLine(line: string): Parsed {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, client, when, request, status, referrer, agent, forwarded] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    ...(string | undefined)[],
  ];
  const [, method, target] = REQUEST_LINE.exec(unescape(request)) ?? [];
  const time = timeOf(when);
  if (method === undefined || target === undefined || time === undefined) return undefined;
  const headers: string[] = [];
  add(headers, 'referer', referrer);
  add(headers, 'user-agent', agent);
  add(headers, 'x-forwarded-for', forwarded);
  // Apache with `HostnameLookups` logs a name, which tells of no address. `unix:` does: there was none.
  const ip = client === 'unix:' ? client : canonicalIp(client);
  const facets: Facet[] = [];
  if (ip !== undefined) facets.push('address');
  if (agent !== undefined) facets.push('agent', 'referrer');
  return { time, ip, method, target, headers, status: Number(status), facets: new Set(facets) };
}

/** `10/Oct/2026:13:55:36 +0200`, in milliseconds since the epoch. */
function timeOf(text: string): number | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, day, name = '', year, hour, minute, second, sign, zoneHours, zoneMinutes] = match;
  const month = MONTHS.indexOf(name);
  if (month < 0) return undefined;
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === '-' ? -1 : 1);
  const local = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second));
  return local - offset * 60_000;
}

/** An absent header is logged as a dash. */
function add(headers: string[], name: string, logged: string | undefined): void {
  if (logged !== undefined && logged !== '-') headers.push(name, unescape(logged));
}

/** What nginx (`escape=default`) and Apache escape: quotes, backslashes, and bytes as `\xHH`, one character a byte as in Node. */
function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replaceAll(/\\(?:x([0-9A-Fa-f]{2})|(.))/gs, (_, hex: string | undefined, character: string) => {
    return hex === undefined ? (ESCAPES[character] ?? character) : String.fromCharCode(Number.parseInt(hex, 16));
  });
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', v: '\v', b: '\b' };
