import type { GuardException } from './guard-exception';

/** The exception that a kind of context turns into an answer by itself. */
export function exceptionFor(exception: GuardException, _contextType: string): Error {
  return exception;
}
