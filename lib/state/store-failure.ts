/** The store did not do what it was asked. Carries a code and one safe line; never a reply, a command or a credential. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';

  constructor(
    /** Redis' error code, Node's, or `TIMEOUT`, `CLOSED`, `REPLY`. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const KNOWN: Readonly<Record<string, string>> = {
  READONLY: 'the server is a read-only replica',
  LOADING: 'the server is loading its data',
  OOM: 'the server is out of memory',
  NOAUTH: 'the server demands a password',
  WRONGPASS: 'the server refused the credentials',
  NOPERM: 'the user may not run the commands of the guard',
  MOVED: 'the server is a node of a cluster: name its nodes',
  CLUSTERDOWN: 'the cluster is down',
  MASTERDOWN: 'the master is down',
  MISCONF: 'the server cannot save and refuses writes',
  NOREPLICAS: 'the server lacks replicas and refuses writes',
  WRONGTYPE: 'a key of the guard holds something else',
  ERR: 'the server refused a command: it is older than Redis 6.2, has no such database, or the user may not run it',
  BUSY: 'the server is busy with a script',
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'the host is unknown',
  ETIMEDOUT: 'no connection in time',
  ECONNRESET: 'the connection was reset',
  TIMEOUT: 'no answer in time',
  CLOSED: 'the connection closed',
  REPLY: 'an answer that makes no sense',
};

/**
 * What went wrong, without the error that said so: ioredis attaches the command to its errors, and with AUTH the password.
 */
export function failureOf(error: unknown): StoreFailure {
  if (error instanceof StoreFailure) return error;
  return failure(codeOf(error));
}

/** A failure by its code. */
export function failure(code: string): StoreFailure {
  return new StoreFailure(code, KNOWN[code] === undefined ? code : `${KNOWN[code]} (${code})`);
}

/** What an error says; an error of another realm is no instance of ours. */
export const messageOf = (error: unknown): string => String((error as Partial<Error> | undefined)?.message ?? '');

function codeOf(error: unknown): string {
  const cause = (error as { lastNodeError?: unknown } | undefined)?.lastNodeError;
  if (cause !== undefined && cause !== null) return codeOf(cause);
  const message = messageOf(error);
  const reply = /^([A-Z]{2,24})(?= |$)/.exec(message)?.[1];
  if (reply !== undefined) return reply;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (typeof code === 'string' && /^[A-Z_]{2,40}$/.test(code)) return code;
  if (/^protocol error/i.test(message)) return 'REPLY';
  return /clos|writeable|ready|abort/i.test(message) ? 'CLOSED' : 'FAILED';
}
