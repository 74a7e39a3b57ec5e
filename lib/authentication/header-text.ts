import type { IncomingHttpHeaders } from 'node:http';
import type { GuardedRequest } from '../platform/guarded-request';

/** The value of a header, by its name in lower case; of several lines as Node joins them. */
export function headerText(headers: IncomingHttpHeaders, name: string): string | undefined {
  // `headers.constructor` is a function of Object.prototype.
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return typeof value === 'object' ? value.join(', ') : value;
}

/**
 * How many lines of a header the client sent. Of some headers, `Authorization` among them, Node keeps the first without a
 * word, while a proxy in front may have looked at the last.
 */
export function countHeaderLines({ raw }: GuardedRequest, name: string): number {
  if (raw === undefined) return 0;
  let count = 0;
  for (let index = 0; index < raw.rawHeaders.length; index += 2) {
    const line = raw.rawHeaders[index]!;
    if (line.length === name.length && line.toLowerCase() === name) count++;
  }
  return count;
}
