import { formatIpv4, formatIpv6, isMapped, maskWords, parseIpv4, parseIpv6 } from './ip-address';

/** A network: its first address as 32-bit words (one for IPv4, four for IPv6) and the length of its prefix. */
export interface Prefix {
  readonly family: 4 | 6;
  readonly words: readonly number[];
  readonly length: number;
}

/** An entry of an address list that is neither an IP address nor a CIDR. */
export class PrefixError extends Error {
  override readonly name = 'PrefixError';

  constructor(
    readonly entry: string,
    readonly problem: string,
  ) {
    super(
      `${JSON.stringify(entry)} is not an address or a network: ${problem}. ` +
        'Accepted are IP addresses and CIDRs such as "192.0.2.1", "10.0.0.0/8", "2001:db8::1" or "2001:db8::/32".',
    );
  }
}

const scratch = new Uint32Array(4);

function parseLength(entry: string, text: string, most: number): number {
  if (!/^\d{1,3}$/.test(text) || (text.length > 1 && text.startsWith('0')) || Number(text) > most) {
    throw new PrefixError(entry, `the prefix length must be a whole number from 0 to ${most}, not "${text}"`);
  }
  return Number(text);
}

/**
 * Reads an IP address or a CIDR. Host bits are dropped: `10.1.2.3/8` is `10.0.0.0/8`. An IPv4-mapped address is its
 * IPv4 address, so a prefix shorter than /96 on one would silently become all of IPv4 (CVE-2026-90711): it is refused.
 *
 * @throws PrefixError with the entry, what is wrong with it and what is accepted.
 */
export function parsePrefix(entry: string): Prefix {
  if (typeof entry !== 'string') throw new PrefixError(String(entry), `it is a ${typeof entry}, not a string`);
  const slash = entry.indexOf('/');
  const address = slash < 0 ? entry : entry.slice(0, slash);
  const suffix = slash < 0 ? undefined : entry.slice(slash + 1);
  const ipv4 = parseIpv4(address);
  if (ipv4 >= 0) return ipv4Prefix(ipv4, suffix === undefined ? 32 : parseLength(entry, suffix, 32));
  if (!parseIpv6(address, scratch)) throw new PrefixError(entry, addressProblem(address));
  const length = suffix === undefined ? 128 : parseLength(entry, suffix, 128);
  if (isMapped(scratch)) {
    if (length < 96) {
      throw new PrefixError(
        entry,
        `a prefix of an IPv4-mapped address must be at least /96 (write the IPv4 network itself, such as "${formatIpv4(scratch[3]!)}/8")`,
      );
    }
    return ipv4Prefix(scratch[3]!, length - 96);
  }
  maskWords(scratch, length);
  return { family: 6, words: [scratch[0]!, scratch[1]!, scratch[2]!, scratch[3]!], length };
}

function ipv4Prefix(address: number, length: number): Prefix {
  const network = length === 0 ? 0 : (address & (0xffffffff << (32 - length))) >>> 0;
  return { family: 4, words: [network], length };
}

function addressProblem(address: string): string {
  if (address === '') return 'the address is empty';
  if (address !== address.trim()) return 'it has surrounding white space';
  if (address.includes('%')) return 'zone identifiers are not part of an address';
  if (/^[\d.]+$/.test(address)) {
    return 'an IPv4 address has four decimal numbers from 0 to 255 without leading zeros';
  }
  return `"${address}" is no IP address`;
}

/** The order of networks: IPv4 before IPv6, by address, and the wider one first; 0 for equal ones. */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  if (a.family !== b.family) return a.family - b.family;
  for (let word = 0; word < a.words.length; word++) {
    if (a.words[word] !== b.words[word]) return a.words[word]! - b.words[word]!;
  }
  return a.length - b.length;
}

/** The canonical text of a network: `10.0.0.0/8`, and the bare address when the prefix is a single address. */
export function formatPrefix(prefix: Prefix): string {
  const ipv4 = prefix.family === 4;
  const address = ipv4 ? formatIpv4(prefix.words[0]!) : formatIpv6(Uint32Array.from(prefix.words));
  return prefix.length === (ipv4 ? 32 : 128) ? address : `${address}/${prefix.length}`;
}

/** The canonical text of an address or CIDR, or `undefined` when it is neither. */
export function canonicalPrefix(entry: string): string | undefined {
  try {
    return formatPrefix(parsePrefix(entry));
  } catch (error) {
    if (error instanceof PrefixError) return undefined;
    throw error;
  }
}
