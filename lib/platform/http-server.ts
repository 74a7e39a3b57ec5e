import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { awaitContinue, sendContinue, takeContinue } from './continuation';
import { type Entrance, type Framework, refuse, settle } from './http-entrance';

/**
 * Puts an entrance in front of everything that listens on a Node server. A framework's hooks miss what they do not route:
 * `OPTIONS *` and undecodable paths on Fastify, upgrades, and requests that socket.io takes from the server.
 */
export function attachServer(server: Server, framework: Framework, entrance: Entrance): void {
  const emit = server.emit.bind(server) as (event: string, ...args: unknown[]) => boolean;

  const arrive = (event: string, raw: IncomingMessage, response: ServerResponse): boolean => {
    // A listener of `checkContinue` may pass on a request that has been here.
    if (entrance.known(raw) !== undefined) return emit(event, raw, response);
    const verdict = entrance.open(raw, response, framework.writesHeadAtOnce);
    if (verdict === undefined) return response.writableEnded || emit(event, raw, response);
    void settle(verdict, (settled) => {
      if (response.writableEnded) return;
      if (settled === undefined) return void emit(event, raw, response);
      refuse(raw, response, settled, framework, entrance);
    });
    return true;
  };

  server.emit = (event: string, ...args: unknown[]): boolean => {
    switch (event) {
      case 'request':
      case 'checkContinue':
      case 'checkExpectation':
        return arrive(event, ...(args as [IncomingMessage, ServerResponse]));
      case 'upgrade': {
        if (server.listenerCount('upgrade') === 0) return emit(event, ...args);
        const [raw, socket] = args as [IncomingMessage, Socket];
        admitUpgrade(raw, socket, framework, entrance, () => emit(event, ...args));
        return true;
      }
      default:
        return emit(event, ...args);
    }
  };

  // What Node answers by itself when nobody listens would miss the entrance: no header of ours, no ban, no limit.
  if (server.listenerCount('checkExpectation') === 0) {
    server.on('checkExpectation', (_raw: IncomingMessage, response: ServerResponse) => {
      response.writeHead(417).end();
    });
  }
  // After a refusal Node closes the connection by itself: the next request must not pass for the body that was never sent.
  if (server.listenerCount('checkContinue') > 0) return;
  server.on('checkContinue', (raw: IncomingMessage, response: ServerResponse) => {
    awaitContinue(response);
    server.emit('request', raw, response);
    // Whoever took the request without asking the entrance about its body will want to read it.
    if (takeContinue(response)) sendContinue(response);
  });
}

/** Lets an upgrade through that the entrance admits, and refuses the others with an ordinary answer. */
export function admitUpgrade(
  raw: IncomingMessage,
  socket: Socket,
  framework: Framework,
  entrance: Entrance,
  pass: () => void,
): void {
  if (entrance.known(raw) !== undefined) return pass();
  // Until someone takes the socket over, an error on it has no other listener.
  const ignore = () => undefined;
  socket.on('error', ignore);
  const response = new ServerResponse(raw);
  void settle(entrance.openUpgrade(raw, response), (refused) => {
    if (socket.destroyed) return;
    if (refused === undefined) {
      socket.off('error', ignore);
      return pass();
    }
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('close', () => socket.destroySoon());
    response.once('finish', () => response.detachSocket(socket));
    response.once('finish', () => socket.end());
    refuse(raw, response, refused, framework, entrance);
  });
}
