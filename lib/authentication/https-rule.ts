import type { GuardConfig } from '../config/guard-config';
import { parseHost } from '../network/host';
import type { GuardedRequest } from '../platform/guarded-request';
import type { Refusal } from '../policy/refusal';
import type { Probe } from '../policy/security-check';
import { countHeaderLines } from './header-text';

const REJECTED: Refusal = {
  status: 403,
  message: 'HTTPS is required',
  check: 'https',
  reason: 'plain http',
};

const MALFORMED_HOST = badHost('no well-formed Host to redirect to');
const FOREIGN_HOST = badHost('a Host outside allowedHosts');

/** Asks for an encrypted connection. */
export function compileHttpsRule(config: GuardConfig): Probe {
  if (config.httpsMode === 'reject') return (request) => (request.secure ? undefined : REJECTED);
  const targets = redirectTargets(config.allowedHosts);
  return (request) => (request.secure ? undefined : redirect(request, targets));
}

/** The hosts that may be redirected to, as they are to be written, by their names. */
function redirectTargets(hosts: readonly string[]): ReadonlyMap<string, string> | undefined {
  if (hosts.length === 0) return undefined;
  return new Map(hosts.map((entry) => [parseHost(entry)!.host, entry.toLowerCase()]));
}

function redirect(request: GuardedRequest, targets: ReadonlyMap<string, string> | undefined): Refusal {
  const host = parseHost(request.headers.host);
  // Of several Host lines Node reads the first (RFC 9112 §3.2 has them refused).
  if (host === undefined || countHeaderLines(request, 'host') > 1) return MALFORMED_HOST;
  const target = targets === undefined ? authority(host.host, host.port) : targets.get(host.host);
  if (target === undefined) return FOREIGN_HOST;
  const safe = request.method === 'GET' || request.method === 'HEAD';
  return {
    // Clients turn a POST that is redirected with 301 into a GET (RFC 9110 §15.4.2).
    status: safe ? 301 : 308,
    message: 'Use HTTPS',
    check: 'https',
    reason: 'plain http',
    headers: { Location: `https://${target}${pathAndQuery(request)}` },
  };
}

// Port 80 speaks plain http by definition; what listens on any other is for the operator to say with `allowedHosts`.
function authority(host: string, port: number | undefined): string {
  return port === undefined || port === 80 ? host : `${host}:${port}`;
}

/** What follows the host: always a path, even when it begins with two slashes, and nothing a browser reads as a fragment. */
function pathAndQuery({ path, url, rawQuery }: GuardedRequest): string {
  const target = (path.startsWith('/') ? path : '/') + (url.includes('?') ? `?${rawQuery}` : '');
  return target.replace(/[^\x21-\x7e]|#/g, (character) => encodeURIComponent(character));
}

function badHost(reason: string): Refusal {
  return { status: 400, message: 'Bad Request', check: 'https', code: 'GUARD_HOST', reason };
}
