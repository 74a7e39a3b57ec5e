import { isIPv6 } from 'node:net';
import { parseIpv4 } from './ip-address';

export interface HostAndPort {
  /** The host in lower case; an IPv6 address keeps its brackets. */
  readonly host: string;
  readonly port?: number;
}

/** RFC 9110 section 7.2, RFC 3986 section 3.2.2. An empty port (`example.com:`) is allowed and means the default one. */
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[a-z0-9._~-]{1,253})(?::(\d{0,5}))?$/;
const EMPTY_LABEL = /^\.|\.\./;
/** A last label that makes a URL parser read the host as an IPv4 address in one of its many forms. */
const NUMERIC_END = /(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/;

/**
 * Reads a `Host` header, strictly: a redirect is built from it. `undefined` for anything with userinfo, `#`, `\`,
 * white space, an empty host or a port above 65535. Percent-encoding and sub-delimiters, which RFC 3986 allows in a
 * name, occur in no registered name; browsers and servers disagree on what they mean, and a comma is two headers merged.
 *
 * @example
 * ```ts
 * parseHost('Example.com:8443'); // { host: 'example.com', port: 8443 }
 * parseHost('good.com@evil.com'); // undefined
 * ```
 */
export function parseHost(value: string | undefined): HostAndPort | undefined {
  const match = value === undefined ? null : AUTHORITY.exec(value.toLowerCase());
  if (match === null) return undefined;
  const host = match[1]!;
  if (host.startsWith('[') ? !isIPv6(host.slice(1, -1)) : !isName(host)) return undefined;
  if (!match[2]) return { host };
  const port = Number(match[2]);
  return port > 65535 ? undefined : { host, port };
}

function isName(host: string): boolean {
  if (EMPTY_LABEL.test(host)) return false;
  return !NUMERIC_END.test(host) || parseIpv4(host) >= 0;
}
