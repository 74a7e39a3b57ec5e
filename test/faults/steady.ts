import type { Instance } from './fleet';

/** A path, who asks for it, and the status that is right. */
export type Expected = readonly [path: string, from: string, status: number];

/**
 * Requests at a steady rate until stopped, to each of a fleet in turn: what was answered otherwise than expected, as
 * `path from: status instead of status`.
 */
export function steady(
  fleet: readonly Instance[],
  perSecond: number,
  next: (number: number) => Expected,
): { stop(): Promise<string[]> } {
  const wrong: string[] = [];
  const open = new Set<Promise<void>>();
  const began = performance.now();
  let sent = 0;
  const send = (number: number): void => {
    const [path, from, expected] = next(Math.floor(number / fleet.length));
    const request = fleet[number % fleet.length]!.status(path, from).then((status) => {
      if (status !== expected) wrong.push(`${path} ${from}: ${status} instead of ${expected}`);
      open.delete(request);
    });
    open.add(request);
  };
  const timer = setInterval(() => {
    const due = ((performance.now() - began) * perSecond) / 1_000;
    while (sent < due) send(sent++);
  }, 10);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(open);
      return wrong;
    },
  };
}
