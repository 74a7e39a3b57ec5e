import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import { type ExpressRouting, findExpressHandler } from './express-handler';
import type { FrameworkRequest } from './framework-request';
import type { GuardedRequest } from './guarded-request';
import { arrive, type Entrance, type EntranceVerdict, type Framework, settle } from './http-entrance';

type Next = (error?: unknown) => void;
type ExpressApplication = ((raw: IncomingMessage, response: ServerResponse) => void) &
  ExpressRouting & { disable?(setting: string): void; readonly router?: { readonly stack?: unknown[] } };

export function attachExpress(adapter: HttpServer, entrance: Entrance): Framework {
  const application = adapter.getInstance() as ExpressApplication;
  application.disable?.('x-powered-by');

  const admit = (request: GuardedRequest, raw: IncomingMessage, next: Next): void =>
    arrive(entrance, request, () => findExpressHandler(application, raw), next);
  adapter.use((raw: IncomingMessage, response: ServerResponse, next: Next) => {
    const request = entrance.known(raw);
    if (request?.refusedWith !== undefined) return next(request.refusedWith);
    if (request !== undefined) return admit(request, raw, next);
    // Mounted in another server: the request has not met the entrance yet.
    void settle<EntranceVerdict>(entrance.open(raw, response), (verdict) => {
      if (response.writableEnded) return;
      if (verdict !== undefined) return next(verdict);
      admit(entrance.known(raw)!, raw, next);
    });
  });

  // What an Express application had before Nest got it would answer those who are refused.
  const layers = application.router?.stack;
  if (layers !== undefined) layers.unshift(layers.pop());

  const unmatched = (raw: IncomingMessage & FrameworkRequest, _response: ServerResponse, next: Next) => {
    const request = entrance.known(raw);
    if (request === undefined || request.seen) return next();
    request.framework = raw;
    void settle<EntranceVerdict>(entrance.unmatched(request), next);
  };
  // Nest registers its answer to what nobody else answered last of all: after the routes, and after what other modules
  // mount while they start (GraphQL, static files), which `onModuleInit` of this one might precede.
  const stack = adapter as HttpServer & { setNotFoundHandler(...args: unknown[]): unknown };
  const setNotFoundHandler = stack.setNotFoundHandler.bind(adapter);
  stack.setNotFoundHandler = (...args) => {
    adapter.use(unmatched);
    return setNotFoundHandler(...args);
  };

  return { handle: application };
}
