import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpException, HttpServer } from '@nestjs/common';
import { attachExpress } from './express-entrance';
import { attachFastify } from './fastify-entrance';
import type { GuardedRequest } from './guarded-request';

export type EntranceVerdict = HttpException | undefined;

/** Who decides about requests as they arrive. */
export interface Entrance {
  /** Receives a request once. When the response has ended afterwards, it was answered. */
  open(raw: IncomingMessage, response: ServerResponse): EntranceVerdict | Promise<EntranceVerdict>;
  /** The same for an upgrade; the response is where its refusal goes. */
  openUpgrade(raw: IncomingMessage, response: ServerResponse): EntranceVerdict | Promise<EntranceVerdict>;
  /** Remembers which upgrade a WebSocket client came with. */
  connect(client: object, raw: IncomingMessage): void;
  /** Decides about a request that no route matches. */
  unmatched(request: GuardedRequest): EntranceVerdict | Promise<EntranceVerdict>;
  known(raw: IncomingMessage): GuardedRequest | undefined;
}

/** What the server needs of a framework to have a refusal answered by the application's exception filters. */
export interface Framework {
  /** Routes a request past whatever else listens on the server. */
  handle(raw: IncomingMessage, response: ServerResponse): void;
}

/**
 * Attaches an entrance to the framework: first in its stack, so that its refusals pass through the application's filters.
 */
export function attachFramework(adapter: HttpServer, entrance: Entrance): Framework {
  return adapter.getType() === 'fastify' ? attachFastify(adapter, entrance) : attachExpress(adapter, entrance);
}

/** Passes a verdict on, at once when it is there. */
export function settle<T>(verdict: T | Promise<T>, pass: (settled: T) => void): void | Promise<void> {
  return verdict instanceof Promise ? verdict.then(pass) : pass(verdict);
}

/** Has the framework refuse a request, so that the application's exception filters shape the answer. */
export function refuse(
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
