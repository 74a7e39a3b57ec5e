import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import { addFirstHook } from './fastify-hooks';

/** An answer with a body, before it is serialised and sent. */
export interface Answer {
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
  /** The type that the framework gives a text that has none. */
  readonly textType: string;
  status: number;
  /** A text, or what becomes JSON. */
  body: unknown;
  headers(): OutgoingHttpHeaders;
  setHeader(name: string, value: OutgoingHttpHeader): void;
  removeHeader(name: string): void;
}

/** Sees every answer whose body is a text or becomes JSON, whoever gives it, and may change it. Never throws. */
export type AnswerVisitor = (answer: Answer) => void;

const VISITED = Symbol('nestapi-guard:answer');

type Visited = ServerResponse & { [VISITED]?: boolean };

/** Shows a visitor the answers of handlers, of filters, and of whatever else answers by the framework. */
export function attachAnswers(adapter: HttpServer, visit: AnswerVisitor): void {
  if (adapter.getType() === 'fastify') attachFastifyAnswers(adapter, visit);
  else attachExpressAnswers(adapter, visit);
}

type Reply = (response: unknown, body: unknown, status?: number) => unknown;
type Replier = Omit<HttpServer, 'reply'> & { reply: Reply };

type Send = (this: ExpressResponse, body?: unknown) => unknown;

interface ExpressResponse extends ServerResponse {
  json: Send;
  send: Send;
}

function attachExpressAnswers(adapter: HttpServer, visit: AnswerVisitor): void {
  // The prototype of all responses of this application, and of no other.
  const { response: prototype } = adapter.getInstance() as { response: ExpressResponse };
  const { json, send } = prototype;
  const show = (response: ExpressResponse, body: unknown, asItWas: () => unknown): unknown => {
    const answer = nodeAnswer(response, body, 'text/html; charset=utf-8');
    return once(response, () => {
      visit(answer);
      if (answer.body === body) return asItWas();
      return (typeof answer.body === 'string' ? send : json).call(response, answer.body);
    });
  };
  prototype.send = function (this: ExpressResponse, body?: unknown) {
    if (isVisited(this) || !isVisible(body)) return send.call(this, body);
    return show(this, body, () => send.call(this, body));
  };
  prototype.json = function (this: ExpressResponse, body?: unknown) {
    if (isVisited(this)) return json.call(this, body);
    if (isVisible(body) || body instanceof Error) return show(this, body, () => json.call(this, body));
    // What is left alone is so too as the text that `json()` passes on to `send()`.
    return once(this, () => json.call(this, body));
  };
  // What a handler answers with null is to be seen as on Fastify, although Nest sends nothing for it on Express.
  const replier = adapter as Replier;
  const reply: Reply = replier.reply.bind(adapter);
  replier.reply = (response, body, status) => {
    if (body !== null || isVisited(response as ServerResponse)) return reply(response, body, status);
    if (status !== undefined) (response as ServerResponse).statusCode = status;
    return show(response as ExpressResponse, body, () => reply(response, body));
  };
}

interface FastifyReply {
  readonly raw: ServerResponse;
  readonly request: { readonly raw: IncomingMessage };
  statusCode: number;
  send(body?: unknown): unknown;
  code(status: number): void;
  header(name: string, value: OutgoingHttpHeader): void;
  getHeaders(): OutgoingHttpHeaders;
  removeHeader(name: string): void;
}

function attachFastifyAnswers(adapter: HttpServer, visit: AnswerVisitor): void {
  addFirstHook<unknown, FastifyReply>(adapter, (_request, reply, done) => {
    const send = reply.send.bind(reply);
    reply.send = (body) => {
      if (isVisited(reply.raw) || !isVisible(body)) return send(body);
      const answer = replyAnswer(reply, body);
      return once(reply.raw, () => {
        visit(answer);
        return send(answer.body);
      });
    };
    done();
  });
  // What Nest middleware answers with has no reply of Fastify.
  const replier = adapter as Replier;
  const reply: Reply = replier.reply.bind(adapter);
  replier.reply = (response, body, status) => {
    const isReply = 'status' in (response as object);
    if (isReply || isVisited(response as ServerResponse) || !isVisible(body)) return reply(response, body, status);
    const raw = response as ServerResponse;
    if (status !== undefined) raw.statusCode = status;
    const answer = nodeAnswer(raw, body, 'text/plain; charset=utf-8');
    return once(raw, () => {
      visit(answer);
      return reply(raw, answer.body, answer.status);
    });
  };
}

/** What fails to be sent is answered anew, by a filter. */
function once(response: ServerResponse, send: () => unknown): unknown {
  (response as Visited)[VISITED] = true;
  try {
    return send();
  } catch (error) {
    (response as Visited)[VISITED] = false;
    throw error;
  }
}

function isVisited(response: ServerResponse): boolean {
  return (response as Visited)[VISITED] === true;
}

/** Streams, files, buffers and what has no body are left alone, and so are errors on their way to a filter. */
function isVisible(body: unknown): boolean {
  if (body === undefined || typeof body === 'function' || typeof body === 'symbol') return false;
  if (typeof body !== 'object' || body === null) return true;
  if (ArrayBuffer.isView(body) || body instanceof ArrayBuffer || body instanceof Error || body instanceof Blob)
    return false;
  return !['pipe', 'getStream', 'getReader', 'arrayBuffer'].some((method) => {
    return typeof (body as Record<string, unknown>)[method] === 'function';
  });
}

function nodeAnswer(response: ServerResponse, body: unknown, textType: string): Answer {
  return {
    raw: response.req,
    response,
    textType,
    body,
    get status() {
      return response.statusCode;
    },
    set status(status: number) {
      response.statusCode = status;
    },
    headers: () => response.getHeaders(),
    setHeader: (name, value) => void response.setHeader(name, value),
    removeHeader: (name) => response.removeHeader(name),
  };
}

function replyAnswer(reply: FastifyReply, body: unknown): Answer {
  const removeHeader = (name: string): void => {
    reply.removeHeader(name);
    reply.raw.removeHeader(name);
  };
  return {
    raw: reply.request.raw,
    response: reply.raw,
    textType: 'text/plain; charset=utf-8',
    body,
    get status() {
      return reply.statusCode;
    },
    set status(status: number) {
      reply.code(status);
    },
    headers: () => reply.getHeaders(),
    setHeader(name, value) {
      // Cookies that Fastify is told of are added to those that it knows.
      removeHeader(name);
      reply.header(name, value);
    },
    removeHeader,
  };
}
