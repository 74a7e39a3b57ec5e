import { setTimeout as delay } from 'node:timers/promises';

/** No test asserts a time: on a busy machine everything takes several times as long, and what never happens still fails. */
const PATIENCE = 5;

/** Waits until something holds, for things that happen on another clock (files, sockets, processes). */
export async function until(holds: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<void> {
  const deadline = performance.now() + withinMs * PATIENCE;
  while (!(await holds())) {
    if (performance.now() > deadline)
      throw new Error(`it did not happen within ${withinMs * PATIENCE} ms: ${holds.toString()}`);
    await delay(10);
  }
}
