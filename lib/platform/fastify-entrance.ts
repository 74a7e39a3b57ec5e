import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import { isRoutable } from '../network/canonical-path';
import type { FrameworkRequest } from './framework-request';
import type { GuardedRequest } from './guarded-request';
import { arrive, type Entrance, type EntranceVerdict, type Framework, settle } from './http-entrance';
import { handlerOfRouteConfig } from './marked-handler';

type Done = (error?: Error) => void;

interface FastifyRequest extends FrameworkRequest {
  readonly raw: IncomingMessage;
  readonly is404: boolean;
  readonly routeOptions?: { readonly config?: object };
}

interface FastifyReply {
  readonly raw: ServerResponse;
  hijack(): void;
}

interface FastifyInstance {
  routing(raw: IncomingMessage, response: ServerResponse): void;
  addHook(name: 'onRequest', hook: (request: FastifyRequest, reply: FastifyReply, done: Done) => void): void;
}

type Hook = (request: FastifyRequest, reply: FastifyReply, done: Done) => unknown;

/** Nest's adapter, which runs one hook of the application in front of everything that was mounted by `app.use()`. */
interface HookedAdapter {
  onRequestHook?: Hook;
  setOnRequestHook?(hook: Hook): void;
}

export function attachFastify(adapter: HttpServer, entrance: Entrance): Framework {
  const instance = adapter.getInstance() as FastifyInstance;

  const admit = (guarded: GuardedRequest, request: FastifyRequest, done: Done): void =>
    arrive(entrance, guarded, () => handlerOfRouteConfig(request.routeOptions?.config), done);
  // `NestFactory.create()` mounts middleware before any hook that is added from here on: it would answer those who are refused.
  hookFirst(adapter as HookedAdapter, (request, reply, done) => {
    const known = entrance.known(request.raw);
    if (known !== undefined) return done(known.refusedWith);
    void settle<EntranceVerdict>(entrance.open(request.raw, reply.raw, true), (refused) => {
      if (reply.raw.writableEnded) return reply.hijack();
      done(refused);
    });
  });
  instance.addHook('onRequest', (request, reply, done) => {
    const guarded = entrance.known(request.raw);
    if (guarded?.refusedWith !== undefined) return done(guarded.refusedWith);
    if (guarded !== undefined && !request.is404) return admit(guarded, request, done);
    // `inject()`, and the second server that Fastify opens for `localhost`, come without a visit to the entrance.
    const opened = guarded === undefined ? entrance.open(request.raw, reply.raw, true) : undefined;
    void settle<EntranceVerdict>(opened, (refused) => {
      if (reply.raw.writableEnded) return reply.hijack();
      if (refused !== undefined) return done(refused);
      const arrived = entrance.known(request.raw)!;
      if (!request.is404) return admit(arrived, request, done);
      arrived.framework = request;
      void settle<EntranceVerdict>(entrance.unmatched(arrived), done);
    });
  });

  return {
    writesHeadAtOnce: true,
    handle(raw, response) {
      // Fastify answers a path that it cannot decode, and `OPTIONS *`, before any hook. Nobody will serve this request, so
      // its path may be one that Fastify understands.
      if (!isRoutable(raw.url ?? '')) raw.url = '/';
      instance.routing(raw, response);
    },
  };
}

/** Runs a hook where Nest runs the application's, and the application's after it. */
function hookFirst(adapter: HookedAdapter, hook: Hook): void {
  if (adapter.setOnRequestHook === undefined) return;
  let theirs = adapter.onRequestHook;
  adapter.setOnRequestHook((request, reply, done) =>
    hook(request, reply, (refused) => {
      if (refused !== undefined || theirs === undefined) return done(refused);
      run(theirs.bind(adapter), request, reply, done);
    }),
  );
  adapter.setOnRequestHook = (hook) => {
    theirs = hook;
  };
}

/** Runs a hook that may call `done`, answer with a promise, or both. */
function run(hook: Hook, request: FastifyRequest, reply: FastifyReply, done: Done): void {
  let called = false;
  const once: Done = (error) => {
    if (!called) done(error);
    called = true;
  };
  try {
    const result = hook(request, reply, once);
    if (result instanceof Promise) result.then(() => once(), once);
  } catch (error) {
    once(error as Error);
  }
}
