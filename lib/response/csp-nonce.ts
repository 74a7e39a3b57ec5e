import { randomBytes } from 'node:crypto';

/** A Content-Security-Policy with a nonce in it: one header whose value is new on every response. */
export interface CspNonceTemplate {
  /** `Content-Security-Policy`, or its report-only form. */
  readonly name: string;
  /** The header's value for this nonce. */
  value(nonce: string): string;
}

const nonces = new WeakMap<object, string>();

/** A nonce of 128 random bits, the least that CSP Level 3 §2.3.1 asks for, as base64. */
export function createNonce(): string {
  return randomBytes(16).toString('base64');
}

/** Makes the nonce of this request's response and remembers it for `cspNonceOf`. */
export function issueNonce(request: object): string {
  const nonce = createNonce();
  nonces.set(raw(request), nonce);
  return nonce;
}

/**
 * The nonce that the Content-Security-Policy of this response allows; `undefined` when no directive holds the
 * source `'nonce'`. Takes the request of Express, of Fastify or of Node.
 *
 * @example
 * ```ts
 * const page = (request: IncomingMessage) => `<script nonce="${cspNonceOf(request)}">start()</script>`;
 * ```
 */
export function cspNonceOf(request: object): string | undefined {
  return nonces.get(raw(request));
}

function raw(request: object): object {
  return (request as { raw?: object }).raw ?? request;
}
