import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import { isRoutable } from '../network/canonical-path';
import { addFirstHook } from './fastify-hooks';
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

export function attachFastify(adapter: HttpServer, entrance: Entrance): Framework {
  const instance = adapter.getInstance() as FastifyInstance;

  const admit = (guarded: GuardedRequest, request: FastifyRequest, done: Done): void =>
    arrive(entrance, guarded, () => handlerOfRouteConfig(request.routeOptions?.config), done);
  // Middleware that was mounted before would answer those who are refused.
  addFirstHook<FastifyRequest, FastifyReply>(adapter, (request, reply, done) => {
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
