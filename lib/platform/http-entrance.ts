import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { HttpException, type HttpServer } from '@nestjs/common';
import { attachExpress } from './express-entrance';
import { attachFastify } from './fastify-entrance';
import type { GuardedRequest } from './guarded-request';

export type EntranceVerdict = HttpException | undefined;

/** Who decides about requests as they arrive. */
export interface Entrance {
  /** Receives a request once. When the response has ended afterwards, it was answered. */
  open(raw: IncomingMessage, response: ServerResponse): EntranceVerdict | Promise<EntranceVerdict>;
  openUpgrade(raw: IncomingMessage): EntranceVerdict | Promise<EntranceVerdict>;
  /** Decides about a request that no route matches. */
  unmatched(request: GuardedRequest): EntranceVerdict | Promise<EntranceVerdict>;
  known(raw: IncomingMessage): GuardedRequest | undefined;
}

/** What the server needs of a framework to have a refusal answered by the application's exception filters. */
export interface Framework {
  /** Routes a request past whatever else listens on the server. */
  handle(raw: IncomingMessage, response: ServerResponse): void;
  /** To be called once all routes exist. */
  attachUnmatched?(): void;
}

/**
 * Attaches an entrance to the framework: first in its stack, so that its refusals pass through the application's filters.
 */
export function attachFramework(adapter: HttpServer, entrance: Entrance): Framework {
  return adapter.getType() === 'fastify' ? attachFastify(adapter, entrance) : attachExpress(adapter, entrance);
}

/**
 * Puts an entrance in front of everything that listens on a Node server. A framework's hooks miss what they do not route:
 * `OPTIONS *` and undecodable paths on Fastify, upgrades, and requests that socket.io takes from the server.
 */
export function attachServer(server: Server, framework: Framework, entrance: Entrance): void {
  const emit = server.emit.bind(server) as (event: string, ...args: unknown[]) => boolean;
  server.emit = (event: string, ...args: unknown[]): boolean => {
    if (event === 'request') {
      const [raw, response] = args as [IncomingMessage, ServerResponse];
      const verdict = entrance.open(raw, response);
      if (verdict === undefined) return response.writableEnded || emit(event, raw, response);
      void settle(verdict, (settled) => {
        if (settled !== undefined) refuse(raw, response, settled, framework, entrance);
        else if (!response.writableEnded) emit(event, raw, response);
      });
      return true;
    }
    if (event === 'upgrade' && server.listenerCount('upgrade') > 0) {
      const [raw, socket] = args as [IncomingMessage, Duplex];
      // Until someone takes the socket over, an error on it has no other listener.
      const ignore = () => undefined;
      socket.on('error', ignore);
      void settle(entrance.openUpgrade(raw), (settled) => {
        if (settled !== undefined) return refuseUpgrade(socket, settled);
        socket.off('error', ignore);
        if (!socket.destroyed) emit(event, ...args);
      });
      return true;
    }
    return emit(event, ...args);
  };
}

/** Passes a verdict on, at once when it is there. */
export function settle<T>(verdict: T | Promise<T>, pass: (settled: T) => void): void | Promise<void> {
  return verdict instanceof Promise ? verdict.then(pass) : pass(verdict);
}

function refuse(
  raw: IncomingMessage,
  response: ServerResponse,
  verdict: HttpException,
  framework: Framework,
  entrance: Entrance,
): void {
  const request = entrance.known(raw);
  if (request !== undefined) request.refusedWith = verdict;
  framework.handle(raw, response);
}

function refuseUpgrade(socket: Duplex, verdict: HttpException): void {
  const status = verdict.getStatus();
  const body = JSON.stringify(verdict.getResponse());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n` +
      'Content-Type: application/json; charset=utf-8\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n` +
      `Cache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
