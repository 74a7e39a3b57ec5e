import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Tells the parent process the port, and the CPU time whenever it asks; before that it rests when it asks for that. */
export function serveParent(server: Server): void {
  process.send?.({ port: (server.address() as AddressInfo).port });
  process.on('message', (question) => void answer(question));
  process.on('disconnect', () => process.exit(0));
}

async function answer(question: unknown): Promise<void> {
  if (question === 'rest') await rest();
  process.send?.(process.cpuUsage());
}

/**
 * What V8 does in every application that has nothing to do for a while: it collects all garbage, more than once. With that
 * it forgets the shape of the objects of `process.nextTick()`, which costs ten times as much from then on (Node 20). Without
 * this it would happen to those alone that fill much memory when they start.
 */
async function rest(): Promise<void> {
  await delay(50);
  for (let collection = 0; collection < 4; collection++) globalThis.gc?.();
}
