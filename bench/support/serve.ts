import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Tells the parent process the port, and answers its questions about CPU time. */
export function serveParent(server: Server): void {
  process.send?.({ port: (server.address() as AddressInfo).port });
  process.on('message', (question) => {
    if (question === 'cpu') process.send?.(process.cpuUsage());
  });
  process.on('disconnect', () => process.exit(0));
}
