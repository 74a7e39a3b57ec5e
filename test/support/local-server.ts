import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LocalServer {
  readonly url: string;
  /** What was asked, in order. */
  readonly requests: IncomingMessage[];
  /** Replaces what the server answers. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  close(): Promise<void>;
}

/** An http server on this machine whose answer a test may change at any time. */
export async function startLocalServer(answer: LocalServer['answer']): Promise<LocalServer> {
  const server = createServer((request, response) => {
    local.requests.push(request);
    local.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const local: LocalServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    answer,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return local;
}
