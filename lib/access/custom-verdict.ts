import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http';
import { HttpException } from '@nestjs/common';
import type { Refusal } from '../policy/refusal';

/** Why a custom check refuses: what is left out is taken from the defaults. */
export interface CustomRefusal {
  /** 200 to 599. Default 403. */
  readonly status?: number;
  /** What the client is told. Default: the reason phrase of the status. */
  readonly message?: string;
  /** The whole body of the answer, instead of the standard one. */
  readonly body?: object;
  /**
   * Headers of the answer. Those that say where it ends (`Content-Length`, `Transfer-Encoding` …) are left out: only the
   * framework knows.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** For log lines and events. Default: `refused by a custom check`. */
  readonly reason?: string;
}

/**
 * What a custom check answers: nothing (undefined, null) or `true` lets the request pass; `false`, a text for the client, a
 * {@link CustomRefusal} or an `HttpException` refuses it. An `HttpException` may as well be thrown.
 */
export type CustomVerdict = void | undefined | null | boolean | string | CustomRefusal | HttpException;

type CustomCheckName = 'custom_validation' | 'custom_request';

const REASON = 'refused by a custom check';
/** RFC 9110 section 7.6.1 and RFC 9112 section 6: one that does not fit the body desynchronises the connection. */
const FRAMING = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const MEMBERS = ['status', 'message', 'body', 'headers', 'reason'];

/**
 * Reads the verdict of a custom check.
 *
 * @throws TypeError for one that cannot mean anything.
 */
export function refusalOf(verdict: unknown, check: CustomCheckName): Refusal | undefined {
  const refusal: Refusal = { status: 403, message: 'Forbidden', check, reason: REASON };
  if (verdict === undefined || verdict === null || verdict === true) return undefined;
  if (verdict === false) return refusal;
  if (typeof verdict === 'string') return { ...refusal, message: verdict };
  if (verdict instanceof HttpException) return { ...refusal, ...fromException(verdict) };
  if (typeof verdict === 'object' && MEMBERS.some((member) => member in verdict)) {
    return { ...refusal, ...fromObject(verdict) };
  }
  throw new TypeError('a custom check answered something that is neither a verdict nor a refusal');
}

function fromException(exception: HttpException): Partial<Refusal> {
  const answer = exception.getResponse();
  const { message } = exception;
  return { status: exception.getStatus(), message, ...(typeof answer === 'object' ? { body: answer } : {}) };
}

function fromObject({ status = 403, message, body, headers = {}, reason = REASON }: CustomRefusal): Partial<Refusal> {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError('a custom check refused with a status that is none');
  }
  // Written late, one that cannot be sent would fail where nothing catches it: on Fastify it ends the process.
  const sent = Object.entries(headers).filter(([name]) => !FRAMING.has(name.toLowerCase()));
  for (const [name, value] of sent) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
  const text = message ?? STATUS_CODES[status] ?? 'Refused';
  return { status, message: text, headers: Object.fromEntries(sent), reason, ...(body && { body }) };
}
