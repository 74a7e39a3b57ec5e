import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Runs a long computation in slices of a few milliseconds, with a turn of the event loop for requests in between.
 * The generator yields wherever it may be interrupted.
 */
export async function inSlices<T>(work: Generator<void, T>, sliceMs = 4, signal?: AbortSignal): Promise<T> {
  let deadline = performance.now() + sliceMs;
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (performance.now() < deadline) continue;
    await nextTurn();
    signal?.throwIfAborted();
    deadline = performance.now() + sliceMs;
  }
}
