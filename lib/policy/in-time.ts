/** What a promise is rejected with that is waited for no longer. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** Waits for an answer of the application's own code, which may hang, for so many milliseconds. */
export function inTime<T>(pending: PromiseLike<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new NoAnswerError(`no answer within ${milliseconds / 1000} s`);
    timer = setTimeout(() => reject(error), milliseconds);
  });
  return Promise.race([pending, late]).finally(() => clearTimeout(timer));
}

/** Whether something is to be waited for; promises of other realms and libraries included. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
