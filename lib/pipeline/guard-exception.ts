import { HttpException } from '@nestjs/common';
import type { Refusal } from '../policy/refusal';

/**
 * What the application's exception filters see of a refusal: an `HttpException` with the body
 * `{ statusCode, message, error, code }`.
 *
 * @example
 * ```ts
 * @Catch(GuardException)
 * class RefusalFilter implements ExceptionFilter<GuardException> {
 *   catch(exception: GuardException, host: ArgumentsHost) {
 *     const { httpAdapter } = this.adapterHost;
 *     httpAdapter.reply(host.switchToHttp().getResponse(), { refused: exception.code }, exception.getStatus());
 *   }
 *   constructor(private readonly adapterHost: HttpAdapterHost) {}
 * }
 * ```
 */
export class GuardException extends HttpException {
  /** `GUARD_RATE_LIMIT`, `GUARD_IP` …: see docs/errors.md. */
  readonly code: string;

  constructor(
    readonly refusal: Refusal,
    body: object,
  ) {
    super(body, refusal.status);
    this.code = refusalCode(refusal);
    this.message = refusal.message;
  }

  /** What GraphQL clients find in `errors[].extensions`. */
  get extensions(): Record<string, unknown> {
    return { ...(this.getResponse() as object), code: this.code, statusCode: this.getStatus() };
  }
}

export function refusalCode(refusal: Refusal): string {
  return refusal.code ?? `GUARD_${refusal.check.toUpperCase()}`;
}

export function createGuardException(refusal: Refusal, body: object): GuardException {
  return withoutStack(() => new GuardException(refusal, body));
}

/** A refusal is an answer, not a defect: its stack trace would say nothing and cost more than the rest of it. */
export function withoutStack<T extends Error>(create: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return create();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
