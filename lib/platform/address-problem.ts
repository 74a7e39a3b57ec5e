import type { FieldProblem } from '../config/config-problem';
import { nearestName } from '../config/nearest-name';
import { parsePrefix, PrefixError } from '../network/prefix';

/** The peers that have a name in `trustedProxies`. */
const NAMED_PROXIES = ['loopback', 'unix'];

/** What is wrong with an entry of an address list, or undefined. */
export function addressProblem(entry: unknown): string | undefined {
  if (typeof entry !== 'string') return 'is not a string; use an IP address or a CIDR';
  try {
    parsePrefix(entry);
    return undefined;
  } catch (error) {
    if (!(error instanceof PrefixError)) throw error;
    return `is not an address or a network: ${error.problem}`;
  }
}

export function proxyProblem(entry: unknown): FieldProblem | undefined {
  if (NAMED_PROXIES.some((name) => name === entry)) return undefined;
  const message = addressProblem(entry);
  return message === undefined ? undefined : { message, suggestion: nearestName(String(entry), NAMED_PROXIES) };
}

export const ADDRESS_LIST = 'a list of IP addresses and CIDRs, such as ["192.0.2.7", "2001:db8::/32"]';

/** RFC 9110 §5.1: a field name is a token. */
export function isHeaderName(value: unknown): boolean {
  return typeof value === 'string' && /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/.test(value);
}
