/** Names whose values are nobody's business, on top of those that give themselves away. */
export interface SensitiveNames {
  /** Request headers. */
  readonly headers?: readonly string[];
  /** Parameters of the query, and of routes. */
  readonly params?: readonly string[];
  /** Fields of a body, at any depth. */
  readonly bodyFields?: readonly string[];
}

/** Parts of names that give a secret away wherever they occur. */
const TELLING =
  /authorization|cookie|token|secret|passw|passphrase|passcode|pwd|apikey|accesskey|privatekey|signingkey|credential|session|sessid|jwt|signature|csrf|xsrf|otp$|^otp|cardnumber|securitycode/;

/** Names that only as a whole mean a secret. */
const SECRETS = new Set([
  'auth',
  'key',
  'sig',
  'sid',
  'pass',
  'pin',
  'cvv',
  'cvc',
  'cvv2',
  'ssn',
  'code',
  'nonce',
  'pan',
]);

/** Whether a name is that of a secret by convention. */
export function givesItselfAway(name: string): boolean {
  return SECRETS.has(plainName(name)) || tellsASecret(name);
}

/** Whether a name in the middle of a text is: there, `code: 42` is none. */
export function tellsASecret(name: string): boolean {
  return TELLING.test(plainName(name));
}

/** A name without what conventions differ in: `X-API-Key`, `x_api_key` and `xApiKey` are one. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
