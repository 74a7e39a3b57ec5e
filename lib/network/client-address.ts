import { canonicalIp, parseHostAddress } from './ip-address';
import { PrefixSet } from './prefix-set';
import { parseForwarded, splitForwardedFor } from './forwarded';

/** Who sent a request, as far as it is verified. */
export interface ClientAddress {
  /**
   * The client's canonical address. `undefined` when there is none: a Unix socket whose proxy names no client, or a
   * connection that was gone before its address could be read.
   */
  readonly ip?: string;
  /** The canonical address of the socket's other end; `undefined` on a Unix socket. */
  readonly peer?: string;
  /** Whether the peer is a trusted proxy, so that what its headers say about the request may be believed. */
  readonly viaTrustedProxy: boolean;
}

export interface ClientAddressOptions {
  /** Addresses and CIDRs of the proxies, `'loopback'` for this machine's, `'unix'` for peers on a Unix socket. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** The most hops that are followed from the peer towards the client. Default: 1. */
  readonly trustedProxyDepth?: number;
  /**
   * The only header that is believed. `'forwarded'` is RFC 7239, `'x-forwarded-for'` the usual list, any other name a
   * header with a single address such as `cf-connecting-ip`. Default: `X-Forwarded-For`, or `Forwarded` when a request
   * has no `X-Forwarded-For`. Set it wherever the proxy allows: a proxy that writes one header passes the client's own
   * copy of the other.
   */
  readonly clientIpHeader?: string;
}

export type HeaderValues = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Resolves the client of a request. `peer` is the socket's `remoteAddress`.
 *
 * `overUnixSocket` tells whether the request came in on a Unix socket. A TCP connection that its client has reset has
 * no address either: an application that listens on both must say which, or a reset connection could pass for the
 * trusted proxy on the Unix socket.
 */
export type ClientAddressResolver = (
  peer: string | undefined,
  headers: HeaderValues,
  overUnixSocket?: boolean,
) => ClientAddress;

const NOBODY: ClientAddress = { viaTrustedProxy: false };
const LOOPBACK = ['127.0.0.0/8', '::1'];

/** The addresses among `trustedProxies` entries, with the names `'loopback'` and `'unix'` resolved. */
export function trustedProxyPrefixes(entries: readonly string[]): string[] {
  return entries.filter((entry) => entry !== 'unix').flatMap((entry) => (entry === 'loopback' ? LOOPBACK : [entry]));
}

/**
 * Makes the function that finds the client behind trusted proxies. It starts at the socket's peer and walks the
 * configured header from the right, one hop per step, while the hop reached so far is a trusted proxy. An entry is
 * thereby read only when a trusted proxy wrote it; anything that is not an address ends the walk at the last verified
 * hop. With trusted hops only, the farthest one is the client.
 *
 * @throws PrefixError for a `trustedProxies` entry that is neither an address, a CIDR, `'loopback'` nor `'unix'`.
 *
 * @example
 * ```ts
 * const clientOf = createClientAddressResolver({ trustedProxies: ['10.0.0.0/8'], trustedProxyDepth: 2 });
 * clientOf('10.0.0.1', { 'x-forwarded-for': '1.1.1.1, 203.0.113.7, 10.0.0.2' }).ip; // '203.0.113.7'
 * ```
 */
export function createClientAddressResolver(options: ClientAddressOptions = {}): ClientAddressResolver {
  const trustedProxies = options.trustedProxies ?? [];
  const trusted = PrefixSet.from(trustedProxyPrefixes(trustedProxies));
  const trustUnix = trustedProxies.includes('unix');
  const depth = options.trustedProxyDepth ?? 1;
  const hopsOf = hopSource(options.clientIpHeader?.toLowerCase(), depth);

  const walk = (peer: string | undefined, headers: HeaderValues): string | undefined => {
    let current = peer;
    for (const hop of hopsOf(headers)) {
      const address = parseHostAddress(hop);
      if (address === undefined) break;
      current = address;
      if (!trusted.has(address)) break;
    }
    return current;
  };

  if (trusted.isEmpty && !trustUnix) return direct;
  return (remote, headers, overUnixSocket = remote === undefined) => {
    if (remote === undefined) {
      return trustUnix && overUnixSocket ? { ip: walk(undefined, headers), viaTrustedProxy: true } : NOBODY;
    }
    const peer = addressOf(remote);
    if (peer === undefined) return NOBODY;
    if (!trusted.has(peer)) return { ip: peer, peer, viaTrustedProxy: false };
    return { ip: walk(peer, headers), peer, viaTrustedProxy: true };
  };
}

function direct(remote: string | undefined): ClientAddress {
  const peer = remote === undefined ? undefined : addressOf(remote);
  return peer === undefined ? NOBODY : { ip: peer, peer, viaTrustedProxy: false };
}

/** Node appends the zone to a link-local peer (`fe80::1%eth0`). */
function addressOf(remote: string): string | undefined {
  return canonicalIp(remote) ?? parseHostAddress(remote);
}

type HopSource = (headers: HeaderValues) => readonly string[];

/** The function that lists what the one believed header names, nearest hop first. Two headers are never mixed (RFC 7239 section 7.4). */
function hopSource(header: string | undefined, depth: number): HopSource {
  const forwardedFor: HopSource = (headers) => splitForwardedFor(textOf(headers, 'x-forwarded-for') ?? '', depth);
  const forwarded: HopSource = (headers) =>
    // An element without `for` names no hop: the empty text is no address and ends the walk.
    parseForwarded(textOf(headers, 'forwarded') ?? '', depth).map((element) => element.for ?? '');
  switch (header) {
    case undefined:
      return (headers) => (headers['x-forwarded-for'] === undefined ? forwarded(headers) : forwardedFor(headers));
    case 'x-forwarded-for':
      return forwardedFor;
    case 'forwarded':
      return forwarded;
    default:
      return (headers) => {
        const address = textOf(headers, header);
        return address === undefined || depth < 1 ? [] : [address];
      };
  }
}

function textOf(headers: HeaderValues, name: string): string | undefined {
  const value = headers[name];
  return value === undefined || typeof value === 'string' ? value : value.join(', ');
}

const SCHEME = /^[a-z][a-z0-9+.-]*$/;

/**
 * The scheme that `X-Forwarded-Proto` names, in lower case, or `undefined`. The caller asks only when the peer is a
 * trusted proxy.
 *
 * The first value of a list counts: in a chain of proxies it is the client's own leg, while the last is the leg between
 * the two innermost proxies, commonly plain HTTP. It is as trustworthy as the outermost proxy, which must therefore
 * overwrite the header instead of appending to it, as proxies do unless told otherwise.
 *
 * @example
 * ```ts
 * forwardedProto({ 'x-forwarded-proto': 'HTTPS, http' }); // 'https'
 * ```
 */
export function forwardedProto(headers: HeaderValues): string | undefined {
  const list = textOf(headers, 'x-forwarded-proto');
  if (list === undefined) return undefined;
  const comma = list.indexOf(',');
  const scheme = (comma < 0 ? list : list.slice(0, comma)).trim().toLowerCase();
  return SCHEME.test(scheme) ? scheme : undefined;
}
