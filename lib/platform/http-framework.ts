import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import { attachExpress } from './express-entrance';
import { attachFastify } from './fastify-entrance';
import type { Entrance, Framework } from './http-entrance';

/**
 * Attaches an entrance to the framework: first in its stack, so that its refusals pass through the application's filters.
 */
export function attachFramework(adapter: HttpServer, entrance: Entrance): Framework {
  return adapter.getType() === 'fastify' ? attachFastify(adapter, entrance) : attachExpress(adapter, entrance);
}

/** What answers refusals at a gateway's own server in an application without HTTP, which has no filters for them either. */
export function plainFramework(entrance: Entrance): Framework {
  return {
    handle(raw: IncomingMessage, response: ServerResponse) {
      const refusal = entrance.known(raw)?.refusedWith;
      if (refusal === undefined) return;
      const body = JSON.stringify(refusal.getResponse());
      response.writeHead(refusal.getStatus(), {
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Length': Buffer.byteLength(body),
      });
      response.end(body);
    },
  };
}
