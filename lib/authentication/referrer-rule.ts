/** Where a request comes from, as far as its `Referer` tells. */
export interface Referrer {
  readonly scheme: string;
  /** As a browser writes it: lower case, punycode, without a final dot. */
  readonly host: string;
  readonly port: string;
}

export type ReferrerRule = (referrer: Referrer) => boolean;

const RULE = /^(?:(https?):\/\/)?(\[[0-9a-f:.]+\]|[^\s/\\?#@:[\]*,.][^\s/\\?#@:[\]*,]*)(?::(\d{1,5}))?$/i;

/**
 * Reads an entry such as `myapp.com`, `myapp.com:8443` or `https://myapp.com`; undefined when it is no host.
 *
 * @example
 * ```ts
 * parseReferrerRule('myapp.com')?.(readReferrer('https://www.myapp.com/page')!); // true
 * ```
 */
export function parseReferrerRule(entry: string): ReferrerRule | undefined {
  const [, scheme, name, port] = RULE.exec(entry) ?? [];
  const url =
    name === undefined ? undefined : parseUrl(`${scheme ?? 'http'}://${name}${port === undefined ? '' : `:${port}`}`);
  if (url === undefined) return undefined;
  const host = withoutFinalDot(url.hostname);
  const protocol = scheme?.toLowerCase();
  const wantedPort = port === undefined ? undefined : String(Number(port));
  return (referrer) =>
    (referrer.host === host || referrer.host.endsWith(`.${host}`)) &&
    (protocol === undefined || referrer.scheme === protocol) &&
    (wantedPort === undefined || referrer.port === wantedPort);
}

/** RFC 9110 section 10.1.3: there must be neither userinfo nor a fragment. */
const SENT_BY_BROWSERS = /^(?=[\x21-\x7e]+$)https?:\/\/[^/?#@\\]+(?:[/?][^#\\]*)?$/i;

/**
 * Reads a `Referer` the way a browser reads an address; undefined for anything that is no http(s) address. What no browser
 * sends is refused first: URL parsers drop or turn some characters (`\`, tabs), and others do not; `user@` serves to make a
 * host look like another one. A final dot is part of a host's absolute name (RFC 3986 section 3.2.2), not another host.
 */
export function readReferrer(header: string): Referrer | undefined {
  if (!SENT_BY_BROWSERS.test(header)) return undefined;
  const url = parseUrl(header);
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  const scheme = url.protocol.slice(0, -1);
  const port = url.port === '' ? (scheme === 'https' ? '443' : '80') : url.port;
  return { scheme, host: withoutFinalDot(url.hostname), port };
}

function withoutFinalDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host;
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
