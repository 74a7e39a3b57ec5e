import { setTimeout as delay } from 'node:timers/promises';

/** Waits until something holds, for things that happen on another clock (files, sockets, processes). */
export async function until(holds: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`it did not happen within ${withinMs} ms: ${holds.toString()}`);
    await delay(10);
  }
}
