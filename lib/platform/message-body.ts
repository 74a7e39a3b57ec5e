import type { IncomingMessage } from 'node:http';

/** Whether a request brings a body. */
export function hasBody(raw: IncomingMessage): boolean {
  const { headers } = raw;
  if (headers['transfer-encoding'] !== undefined) return true;
  if (headers['content-length'] !== undefined) return declaredLength(raw) !== 0;
  // In HTTP/2 a body needs no header that announces it.
  const { stream } = raw as { stream?: { endAfterHeaders?: boolean } };
  return raw.httpVersionMajor >= 2 && stream?.endAfterHeaders !== true;
}

/** What `Content-Length` says, or undefined. Node refuses a malformed one. */
export function declaredLength({ headers }: IncomingMessage): number | undefined {
  return headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
}
