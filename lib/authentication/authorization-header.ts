import type { BasicCredential } from './verifier';

/** Longer credentials are no credentials: as much as Node by default accepts of all header fields together. */
export const MAX_CREDENTIAL_LENGTH = 16_384;

/** Reads what follows the scheme; undefined when it is malformed. */
type CredentialReader = (text: string) => unknown;

// RFC 9110 §11.2. The `=` are padding, so that they only stand at the end.
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const PRINTABLE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const CONTROL = /[\u0000-\u001f\u007f]/;

const READERS: ReadonlyMap<string, CredentialReader> = new Map<string, CredentialReader>([
  ['bearer', (text) => (TOKEN68.test(text) ? text : undefined)],
  ['basic', readBasic],
]);

/**
 * Reads an `Authorization` header of one scheme, in any letter case; undefined when it is of another or malformed.
 *
 * @example
 * ```ts
 * readAuthorization('bearer', 'Bearer abc.def'); // 'abc.def'
 * ```
 */
export function readAuthorization(scheme: string, header: string): unknown {
  if (header.length > MAX_CREDENTIAL_LENGTH) return undefined;
  const space = header.indexOf(' ');
  if (space === -1 || header.slice(0, space).toLowerCase() !== scheme) return undefined;
  const text = header.slice(space + 1).trimStart();
  const read = READERS.get(scheme);
  if (read !== undefined) return read(text);
  return PRINTABLE.test(text) ? text : undefined;
}

/** RFC 7617 §2: base64 of `user:password` in UTF-8, without control characters; the first colon separates. */
function readBasic(text: string): BasicCredential | undefined {
  if (!BASE64.test(text)) return undefined;
  const pair = decodeUtf8(Buffer.from(text, 'base64'));
  const colon = pair?.indexOf(':') ?? -1;
  if (pair === undefined || colon === -1 || pair === ':' || CONTROL.test(pair)) return undefined;
  return { username: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}
