import { isDigit, wordSet } from './characters';

/** What a host name or address means to a server that would connect to it. */
export type HostKind = 'metadata' | 'loopback' | 'private' | 'disguised' | 'sink' | 'public';

const METADATA_NAMES = wordSet(
  'metadata metadata.google.internal metadata.goog instance-data instance-data.ec2.internal metadata.tencentyun.com metadata.azure.internal kubernetes.default kubernetes.default.svc rancher-metadata fd00:ec2::254',
);
const LOOPBACK_NAMES = wordSet(
  'localhost localhost.localdomain localhost6 ip6-localhost ip6-loopback loopback localhost4 lvh.me localtest.me vcap.me lacolhost.com yoogle.com',
);
/** Public zones that answer with the loopback address for every name in them. */
const LOOPBACK_ZONE = /\.(?:localtest\.me|lvh\.me|vcap\.me|lacolhost\.com|localhost\.localdomain)$/;
/** Names of container and cluster networks, and the zone reserved for private use (ICANN, resolution 2024.07.29.06). */
const PRIVATE_ZONE =
  /\.(?:internal|svc|svc\.cluster\.local|consul|corp|lan|intranet|private|localdomain|home\.arpa|docker|local)$/;
/** Public DNS zones that answer with the address spelled in the name. */
const WRAPPED =
  /(?:^|[.-])(\d{1,3}[.-]\d{1,3}[.-]\d{1,3}[.-]\d{1,3})\.(?:xip\.io|nip\.io|sslip\.io|xip\.name|localtest\.me|traefik\.me|backname\.io|[a-z0-9-]+\.[a-z]{2,6})$/;

/** Services that record who contacts them: what a blind attack makes a server call. */
const SINKS = wordSet(`
  burpcollaborator.net oastify.com oast.pro oast.live oast.site oast.online oast.fun oast.me oast.us interact.sh interactsh.com dnslog.cn
  dnslog.link dnslog.store dnslog.org ceye.io requestbin.net requestbin.com requestbin.io requestcatcher.com webhook.site canarytokens.com
  canarytokens.org pingb.in dnsbin.zhack.ca bxss.me xss.ht xss.report su18.org eyes.sh callback.red tu4.org dgrh3.cn r87.me rbndr.us 1u.ms
  rbnd.gl0.eu
  `);

/** Whether a host, or a zone that it is in, records callbacks. */
function isSink(host: string): boolean {
  const top = host.lastIndexOf('.');
  if (top < 0) return false;
  const second = host.lastIndexOf('.', top - 1);
  if (SINKS.has(host.slice(second + 1))) return true;
  return second > 0 && SINKS.has(host.slice(host.lastIndexOf('.', second - 1) + 1));
}

/** The URLs of an API name few hosts, again and again. Bounded; when full it starts anew. */
const CAPACITY = 1024;
const JUDGED = new Map<string, HostKind>();

/** Judges a host as written, without a lookup. Forms that only a URL parser reads as an address are `disguised`. */
export function judgeHost(raw: string): HostKind {
  const known = JUDGED.get(raw);
  if (known !== undefined) return known;
  const kind = judge(raw);
  if (raw.length <= 128) {
    if (JUDGED.size >= CAPACITY) JUDGED.clear();
    JUDGED.set(raw, kind);
  }
  return kind;
}

function judge(raw: string): HostKind {
  let host = raw.toLowerCase();
  while (host.endsWith('.')) host = host.slice(0, -1);
  if (host.startsWith('[')) return judgeIpv6(host.slice(1).replace(/\].*$/, ''));
  const folded = isAscii(host) ? host : host.normalize('NFKC').replaceAll('\u3002', '.');
  const odd = folded !== host;
  host = folded;
  if (METADATA_NAMES.has(host)) return 'metadata';
  if (LOOPBACK_NAMES.has(host) || host.endsWith('.localhost')) return 'loopback';
  if (LOOPBACK_ZONE.test(host)) return 'loopback';
  if (PRIVATE_ZONE.test(host)) return 'private';
  if (isSink(host)) return 'sink';
  const numeric = readIpv4(host);
  if (numeric) {
    const kind = judgeIpv4(numeric.value);
    if (kind === 'metadata') return kind;
    return numeric.plain && !odd ? kind : 'disguised';
  }
  const wrapped = /\d/.test(host) ? WRAPPED.exec(host) : null;
  if (wrapped?.[1]) {
    const inner = readIpv4(wrapped[1].replaceAll('-', '.'));
    if (inner && judgeIpv4(inner.value) !== 'public') return 'disguised';
  }
  const spelled = /(?:^|[.-])([0-9a-f]{8})\.(?:nip\.io|sslip\.io)$/.exec(host)?.[1];
  if (spelled && judgeIpv4(Number.parseInt(spelled, 16)) !== 'public') return 'disguised';
  return odd && /[a-z0-9]/.test(host) && !/[^\u0000-\u007f]/.test(host) ? 'disguised' : 'public';
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) return false;
  return true;
}

function judgeIpv4(value: number): HostKind {
  const first = value >>> 24;
  const second = (value >>> 16) & 255;
  if (value === 0xa9fea9fe || value === 0x646464c8 || value === 0xc0000_0c0) return 'metadata';
  if (first === 127 || first === 0) return 'loopback';
  if (first === 169 && second === 254) return 'metadata';
  if (first === 10 || (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168))
    return 'private';
  if (first === 100 && second >= 64 && second < 128) return 'private';
  return 'public';
}

/**
 * The IPv4 forms of the URL Standard (section 3.5): one to four parts, each decimal, octal or hexadecimal; also parts
 * that overflow, which some resolvers wrap, and `0o` octal.
 */
function readIpv4(host: string): { value: number; plain: boolean } | undefined {
  if (host.length === 0 || !isDigit(host.charCodeAt(0)) || host.length > 60) return undefined;
  const parts = host.split('.');
  if (parts.length > 4) return undefined;
  let plain = parts.length === 4;
  const numbers: number[] = [];
  for (const part of parts) {
    let number: number;
    if (/^0x[0-9a-f]+$/.test(part)) number = Number.parseInt(part.slice(-8), 16);
    else if (/^0o[0-7]+$/.test(part)) number = Number.parseInt(part.slice(2), 8);
    else if (/^0[0-7]+$/.test(part)) number = Number.parseInt(part, 8);
    else if (/^\d+$/.test(part)) number = Number(part);
    else return undefined;
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || number > 255) plain = false;
    numbers.push(number);
  }
  const last = numbers.pop() ?? 0;
  let value = last % 2 ** 32;
  numbers.forEach((number, index) => (value += (number & 255) * 2 ** (24 - 8 * index)));
  return { value: value >>> 0, plain };
}

function judgeIpv6(text: string): HostKind {
  const host = text.replace(/%.*$/, '');
  if (/^[0:]{1,40}1$/.test(host) || /^[0:]*$/.test(host)) return 'loopback';
  if (host === 'fd00:ec2::254') return 'metadata';
  const mapped = /^[0:]*:(?:ffff:(?:0:)?)?(\d{1,3}(?:\.\d{1,3}){3})$/.exec(host)?.[1];
  if (mapped) {
    const inner = readIpv4(mapped);
    return inner && judgeIpv4(inner.value) === 'metadata' ? 'metadata' : 'disguised';
  }
  const hexadecimal = /^[0:]*:(?:ffff|64:ff9b:)?:?([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (hexadecimal && /^[0:]*:ffff:/.test(host)) {
    const value = Number.parseInt(hexadecimal[1] ?? '0', 16) * 65_536 + Number.parseInt(hexadecimal[2] ?? '0', 16);
    return judgeIpv4(value >>> 0) === 'metadata' ? 'metadata' : 'disguised';
  }
  if (/^64:ff9b::|^2002:/.test(host)) return 'disguised';
  return /^f[cd]|^fe[89ab]/.test(host) ? 'private' : 'public';
}
