import type { CheckName } from './check-name';

declare module '../platform/body-tap' {
  interface BodyRefusal extends Refusal {}
}

/** Why a request is not served. Data only: the pipeline turns it into an answer, an event and a log line. */
export interface Refusal {
  readonly status: number;
  /** What the client is told. Never contains anything that the client sent. */
  readonly message: string;
  readonly check: CheckName;
  /** Why, for operators: a short phrase in a fixed vocabulary, such as `not in whitelist`. */
  readonly reason: string;
  /** The body of the answer, where the check knows it better than the configuration. */
  readonly body?: object;
  /** `GUARD_…`; by default derived from the check. */
  readonly code?: string;
  /** Headers of the answer, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The event that tells of it besides `refused`; its evidence is the refusal's. */
  readonly incident?: 'limited' | 'threat';
  /** What was found, for events and logs. May quote the request; is redacted before it leaves the process. */
  readonly evidence?: Readonly<Record<string, unknown>>;
  /** Nothing in the evidence comes from the request: there is nothing to redact. */
  readonly ownWords?: boolean;
  /** Refused whatever the mode, because the request cannot be processed at all (a header flood). */
  readonly always?: boolean;
  /** Ends the connection with the answer: the client would go on sending a body that nobody reads. */
  readonly closesConnection?: boolean;
}
