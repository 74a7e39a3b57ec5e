import type { Refusal } from '../policy/refusal';

const DEFAULT_REALM = 'api';

/** The refusals of one protected route. RFC 9110 §15.5.2: a 401 says by `WWW-Authenticate` what would be accepted. */
export interface Challenges {
  /** There is no credential, or none of the right scheme. */
  readonly missing: Refusal;
  /** There is a credential, and it is not accepted. */
  rejected(reason: string, error?: unknown): Refusal;
}

/**
 * @param scheme as it is to be written
 * @param parameters of the challenge besides the realm, such as `charset="UTF-8"`
 * @param errorCode names what is wrong with a rejected credential; RFC 6750 §3.1, for `Bearer` only
 */
export function compileChallenges(
  scheme: string,
  {
    realm = DEFAULT_REALM,
    parameters = '',
    errorCode = '',
  }: { realm?: string; parameters?: string; errorCode?: string },
): Challenges {
  const challenge = `${scheme} realm="${realm}"${parameters}`;
  return {
    missing: unauthorized('no credential', challenge),
    rejected: (reason, error) => unauthorized(reason, challenge + errorCode, error),
  };
}

/** What is wrong with a realm, or undefined. It becomes a quoted string (RFC 9110 §5.6.4). */
export function realmProblem(realm: unknown): string | undefined {
  if (realm === undefined || (typeof realm === 'string' && /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/.test(realm)))
    return undefined;
  return 'is not accepted; use printable ASCII without quotes and backslashes';
}

function unauthorized(reason: string, challenge: string, error?: unknown): Refusal {
  return {
    status: 401,
    message: 'Unauthorized',
    check: 'authentication',
    reason,
    headers: { 'WWW-Authenticate': challenge },
    ...(error === undefined ? {} : { evidence: { error: error instanceof Error ? error.name : typeof error } }),
  };
}
