/** The cookies of a `Cookie` header (RFC 6265 §5.4), values not decoded; of a repeated name the first counts. */
export function parseCookies(header: string | undefined): Record<string, string> {
  const cookies = Object.create(null) as Record<string, string>;
  if (header === undefined) return cookies;
  for (const pair of header.split(';')) {
    const separator = pair.indexOf('=');
    if (separator === -1) continue;
    const name = pair.slice(0, separator).trim();
    cookies[name] ??= pair.slice(separator + 1).trim();
  }
  return cookies;
}
