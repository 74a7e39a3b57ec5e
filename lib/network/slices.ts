import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long, in milliseconds, work on large lists may hold the event loop before other requests get their turn. */
const TURN = 1;

/** Runs a task that marks its pauses with `yield` to its end, now. */
export function runAtOnce<T>(task: Generator<void, T>): T {
  let step = task.next();
  while (!step.done) step = task.next();
  return step.value;
}

/** Runs a task that marks its pauses with `yield`, giving the event loop a turn after every few milliseconds of work. */
export async function runInSlices<T>(task: Generator<void, T>): Promise<T> {
  let turnEnds = performance.now() + TURN;
  let step = task.next();
  while (!step.done) {
    if (performance.now() >= turnEnds) {
      await nextTurn();
      turnEnds = performance.now() + TURN;
    }
    step = task.next();
  }
  return step.value;
}
