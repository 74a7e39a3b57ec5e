/**
 * Addresses as text and as numbers. One client has one spelling: IPv4 as dotted decimals, IPv6 as RFC 5952 text, and an
 * IPv4-mapped IPv6 address (what a dual-stack listener reports, RFC 4291 section 2.5.5.2) as the IPv4 address it is.
 * What `net.isIP` refuses is refused here: octal, hexadecimal and short IPv4 forms read differently from one parser to
 * the next (CVE-2021-28918, CVE-2024-29415).
 */

const DOT = 46;
const COLON = 58;
const PERCENT = 37;
const ZERO = 48;

/** The longest text an IPv6 address can have: `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`. */
const LONGEST_ADDRESS = 45;

/** The 32 bits of a dotted-decimal IPv4 address, or -1 when `text.slice(from)` is not one. */
export function parseIpv4(text: string, from = 0): number {
  const end = text.length;
  if (end - from > 15 || end - from < 7) return -1;
  let address = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let i = from; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || ++dots > 3) return -1;
      address = address * 256 + octet;
      octet = 0;
      digits = 0;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9) return -1;
    if (digits > 0 && octet === 0) return -1;
    octet = octet * 10 + digit;
    if (octet > 255) return -1;
    digits++;
  }
  return dots === 3 && digits > 0 ? address * 256 + octet : -1;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

const groups = new Uint16Array(8);

/**
 * Writes the four 32-bit words of an IPv6 address into `words` and answers whether `text` is one.
 * Zone identifiers belong to a host, not to an address, and are refused: see {@link parseHostAddress}.
 */
export function parseIpv6(text: string, words: Uint32Array): boolean {
  const end = text.length;
  if (end < 2 || end > LONGEST_ADDRESS) return false;
  let count = 0;
  let gap = -1;
  let i = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return false;
    gap = 0;
    i = 2;
  }
  while (i < end) {
    if (count === 8) return false;
    const start = i;
    let group = 0;
    let digit: number;
    while (i < end && (digit = hexDigit(text.charCodeAt(i))) >= 0) {
      group = group * 16 + digit;
      i++;
    }
    const code = i < end ? text.charCodeAt(i) : -1;
    if (code === DOT) {
      const ipv4 = parseIpv4(text, start);
      if (ipv4 < 0 || count > 6) return false;
      groups[count++] = ipv4 >>> 16;
      groups[count++] = ipv4 & 0xffff;
      break;
    }
    if (i === start || i - start > 4) return false;
    groups[count++] = group;
    if (code < 0) break;
    if (code !== COLON) return false;
    i++;
    if (text.charCodeAt(i) === COLON) {
      if (gap >= 0) return false;
      gap = count;
      i++;
    } else if (i === end) {
      return false;
    }
  }
  if (gap < 0 ? count !== 8 : count > 7) return false;
  if (gap >= 0) {
    const shift = 8 - count;
    groups.copyWithin(gap + shift, gap, count);
    groups.fill(0, gap, gap + shift);
  }
  for (let word = 0; word < 4; word++) words[word] = ((groups[word * 2]! << 16) | groups[word * 2 + 1]!) >>> 0;
  return true;
}

/** Whether the words are those of an IPv4-mapped address, `::ffff:0:0/96`. */
export function isMapped(words: Uint32Array): boolean {
  return words[2] === 0xffff && words[0] === 0 && words[1] === 0;
}

export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** RFC 5952 section 4: lower case, no leading zeros, the longest run of two or more zero groups (the first of equals) is `::`. */
export function formatIpv6(words: Uint32Array): string {
  const group = (index: number) => (index % 2 === 0 ? words[index >> 1]! >>> 16 : words[index >> 1]! & 0xffff);
  let gap = -1;
  let gapLength = 1;
  for (let i = 0, run = 0; i < 8; i++) {
    run = group(i) === 0 ? run + 1 : 0;
    if (run > gapLength) {
      gap = i - run + 1;
      gapLength = run;
    }
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === gap) {
      text += '::';
      i += gapLength - 1;
      continue;
    }
    if (text !== '' && !text.endsWith(':')) text += ':';
    text += group(i).toString(16);
  }
  return text;
}

const scratch = new Uint32Array(4);

/**
 * The one spelling of an IP address, or `undefined` when `text` is not exactly one address (no port, brackets, zone or
 * surrounding space). IPv4-mapped IPv6 becomes IPv4.
 *
 * @example
 * ```ts
 * canonicalIp('2001:DB8:0:0::1'); // '2001:db8::1'
 * canonicalIp('::ffff:c000:201'); // '192.0.2.1'
 * canonicalIp('127.1'); // undefined
 * ```
 */
export function canonicalIp(text: string): string | undefined {
  if (parseIpv4(text) >= 0) return text;
  // What a dual-stack listener reports for every IPv4 client, so it must not cost a parse and a format.
  if (text.startsWith('::ffff:') && parseIpv4(text, 7) >= 0) return text.slice(7);
  if (!parseIpv6(text, scratch)) return undefined;
  return isMapped(scratch) ? formatIpv4(scratch[3]!) : formatIpv6(scratch);
}

/** A port of RFC 7239 section 6: digits, or an obfuscated `_name`. */
const PORT_SUFFIX = /^:(?:\d{1,5}|_[\w.-]+)$/;
const ZONE = /^[\w.~-]+$/;

function withoutZone(text: string): string | undefined {
  const percent = text.indexOf('%');
  if (percent < 0) return text;
  return text.includes(':') && ZONE.test(text.slice(percent + 1)) ? text.slice(0, percent) : undefined;
}

/**
 * The canonical address in a host as proxies and sockets write it: an address with an optional port
 * (`192.0.2.1:80`, `[2001:db8::1]:443`), brackets, or zone identifier (`fe80::1%eth0`, RFC 4007 section 11).
 * `undefined` for everything else: names, `unknown`, `_obfuscated`, ports out of range.
 */
export function parseHostAddress(text: string): string | undefined {
  const plain = canonicalIp(text);
  if (plain !== undefined) return plain;
  const host = text.trim();
  if (host.startsWith('[')) {
    const close = host.indexOf(']');
    if (close < 0 || !(close === host.length - 1 || isPort(host.slice(close + 1)))) return undefined;
    const inner = withoutZone(host.slice(1, close));
    return inner?.includes(':') ? canonicalIp(inner) : undefined;
  }
  const colon = host.indexOf(':');
  if (colon > 0 && colon === host.lastIndexOf(':') && host.charCodeAt(colon - 1) !== PERCENT) {
    const address = host.slice(0, colon);
    return parseIpv4(address) >= 0 && isPort(host.slice(colon)) ? address : undefined;
  }
  const address = withoutZone(host);
  return address === undefined ? undefined : canonicalIp(address);
}

function isPort(suffix: string): boolean {
  return PORT_SUFFIX.test(suffix) && !(Number(suffix.slice(1)) > 65535);
}

/** Keeps the first `length` bits of an address in place. */
export function maskWords(words: Uint32Array, length: number): void {
  for (let word = 0; word < 4; word++) {
    const bits = Math.min(32, Math.max(0, length - word * 32));
    words[word] = bits === 0 ? 0 : (words[word]! & (0xffffffff << (32 - bits))) >>> 0;
  }
}

/**
 * The key under which a client is counted: an IPv4 address itself, an IPv6 address as its network
 * (`2001:db8:1:2::/64`), because one subscriber holds a whole IPv6 prefix. A mapped address is IPv4 and never masked,
 * or all IPv4 clients would share a bucket (CVE-2026-30827). `undefined` when `ip` is not an address.
 */
export function subnetKey(ip: string, prefixLength = 64): string | undefined {
  if (parseIpv4(ip) >= 0) return ip;
  if (!parseIpv6(ip, scratch)) return undefined;
  if (isMapped(scratch)) return formatIpv4(scratch[3]!);
  if (prefixLength >= 128) return formatIpv6(scratch);
  maskWords(scratch, prefixLength);
  return `${formatIpv6(scratch)}/${prefixLength}`;
}

/** `ip` as an IPv4 number when it is IPv4 or mapped, else -1 with the words of an IPv6 address in `words`, else -2. */
export function readAddress(ip: string, words: Uint32Array): number {
  const ipv4 = parseIpv4(ip);
  if (ipv4 >= 0) return ipv4;
  if (!parseIpv6(ip, words)) return -2;
  return isMapped(words) ? words[3]! : -1;
}

/** Whether `ip` is 127.0.0.0/8 or `::1`. */
export function isLoopback(ip: string): boolean {
  const ipv4 = readAddress(ip, scratch);
  if (ipv4 >= 0) return ipv4 >>> 24 === 127;
  return ipv4 === -1 && scratch[3] === 1 && scratch[0] === 0 && scratch[1] === 0 && scratch[2] === 0;
}

/**
 * Whether `ip` belongs to no country: private (RFC 1918), loopback, link-local, unique local (RFC 4193), shared
 * carrier space (RFC 6598) or unspecified.
 */
export function isPrivate(ip: string): boolean {
  const ipv4 = readAddress(ip, scratch);
  if (ipv4 >= 0) {
    const first = ipv4 >>> 24;
    const second = (ipv4 >>> 16) & 255;
    if (first === 10 || first === 127 || first === 0) return true;
    if (first === 172) return second >= 16 && second <= 31;
    if (first === 192) return second === 168;
    if (first === 169) return second === 254;
    return first === 100 && second >= 64 && second <= 127;
  }
  if (ipv4 === -2) return false;
  const top = scratch[0]! >>> 16;
  if ((top & 0xfe00) === 0xfc00 || (top & 0xffc0) === 0xfe80) return true;
  return scratch[0] === 0 && scratch[1] === 0 && scratch[2] === 0 && scratch[3]! <= 1;
}
