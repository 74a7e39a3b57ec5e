import { decodePercent } from '../decoding/percent-decoder';

/** The cookies of a `Cookie` header (RFC 6265, section 4.2), quotes removed and percent-decoded once. */
export function* cookiePairs(header: string): Generator<{ readonly name: string; readonly value: string }> {
  let start = 0;
  while (start < header.length) {
    let end = header.indexOf(';', start);
    if (end < 0) end = header.length;
    const pair = header.slice(start, end).trim();
    const equals = pair.indexOf('=');
    if (pair !== '') {
      const raw = equals < 0 ? pair : pair.slice(equals + 1).trim();
      const value = raw.length > 1 && raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw;
      yield { name: equals < 0 ? '' : pair.slice(0, equals).trim(), value: decodePercent(value) };
    }
    start = end + 1;
  }
}
