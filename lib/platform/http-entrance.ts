import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpException } from '@nestjs/common';
import { sendContinue, takeContinue } from './continuation';
import type { GuardedRequest } from './guarded-request';
import type { MarkedHandler } from './marked-handler';

export type EntranceVerdict = HttpException | undefined;

/** Who decides about requests as they arrive. */
export interface Entrance {
  /**
   * Receives a request once. When the response has ended afterwards, it was answered.
   *
   * @param writesHeadAtOnce whether the framework hands all headers to `writeHead`, see `MergedHead`.
   */
  open(
    raw: IncomingMessage,
    response: ServerResponse,
    writesHeadAtOnce?: boolean,
  ): EntranceVerdict | Promise<EntranceVerdict>;
  /** The same for an upgrade; the response is where its refusal goes. */
  openUpgrade(raw: IncomingMessage, response: ServerResponse): EntranceVerdict | Promise<EntranceVerdict>;
  /** Remembers which upgrade a WebSocket client came with. */
  connect(client: object, raw: IncomingMessage): void;
  /**
   * Receives a request once more when the framework is about to read its body.
   *
   * @param findHandler the handler of Nest that the framework will call, when that can be told for certain.
   */
  arrive(
    request: GuardedRequest,
    findHandler: () => MarkedHandler | undefined,
  ): EntranceVerdict | Promise<EntranceVerdict>;
  /** Decides about a request that no route matches. */
  unmatched(request: GuardedRequest): EntranceVerdict | Promise<EntranceVerdict>;
  known(raw: IncomingMessage): GuardedRequest | undefined;
}

/** What the server needs of a framework to have a refusal answered by the application's exception filters. */
export interface Framework {
  /** Whether it hands all headers of an answer to `writeHead`. */
  readonly writesHeadAtOnce?: boolean;
  /** Routes a request past whatever else listens on the server. */
  handle(raw: IncomingMessage, response: ServerResponse): void;
}

/** Passes a verdict on, at once when it is there. */
export function settle<T>(verdict: T | Promise<T>, pass: (settled: T) => void): void | Promise<void> {
  return verdict instanceof Promise ? verdict.then(pass) : pass(verdict);
}

/** Asks the entrance about a request whose body is about to be read, and its client for that body when nothing speaks against it. */
export function arrive(
  entrance: Entrance,
  request: GuardedRequest,
  findHandler: () => MarkedHandler | undefined,
  pass: (refused: EntranceVerdict) => void,
): void {
  const { response } = request;
  const awaited = takeContinue(response);
  void settle(entrance.arrive(request, findHandler), (refused) => {
    if (awaited && refused === undefined) sendContinue(response!);
    pass(refused);
  });
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
