import { type IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/** What Node knows of a request once its header has arrived. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** Names and values by turns. */
  readonly headers: readonly string[];
  /** The address of the socket's peer. */
  readonly peer: string | undefined;
  readonly secure: boolean;
}

/** Node's request without a connection. */
export function rawRequest({ method, target, headers, peer, secure }: RawRequest): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: peer });
  Object.defineProperty(socket, 'encrypted', { value: secure });
  const raw = new IncomingMessage(socket);
  raw.method = method;
  raw.url = target;
  raw.rawHeaders = [...headers];
  raw.headers = joinLines(headers);
  return raw;
}

/** Headers of which Node keeps the first line, as its documentation of `message.headers` lists them. */
const SINGLE = new Set(
  (
    'age authorization content-length content-type etag expires from host if-modified-since if-unmodified-since ' +
    'last-modified location max-forwards proxy-authorization referer retry-after server user-agent'
  ).split(' '),
);

/** What Node makes of header lines: lower case, one value a name. */
function joinLines(lines: readonly string[]): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = {};
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const name = lines[index]!.toLowerCase();
    const value = lines[index + 1]!;
    const known = headers[name];
    if (known === undefined) headers[name] = value;
    else if (!SINGLE.has(name)) headers[name] = `${String(known)}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return headers;
}
