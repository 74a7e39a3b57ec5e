import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { type FrameworkRequest, GuardedRequest, type RequestKind } from './guarded-request';
import { RequestIdentity } from './request-identity';

// A property of Node's request, not a WeakMap entry: one hidden class transition against an ephemeron that every garbage
// collection has to visit. Fastify wraps Node's request, Express extends it; both lead back to it.
const GUARDED = Symbol('nestapi-guard:request');

type Carrier = IncomingMessage & { [GUARDED]?: GuardedRequest };

/** Finds or makes the `GuardedRequest` of whatever a platform hands over. */
@Injectable()
export class GuardedRequests {
  constructor(@Inject(RequestIdentity) private readonly identity: RequestIdentity) {}

  /** The request that the door has seen, if it has. */
  known(raw: IncomingMessage): GuardedRequest | undefined {
    return (raw as Carrier)[GUARDED];
  }

  create(kind: RequestKind, raw: IncomingMessage, response?: ServerResponse): GuardedRequest {
    const request = new GuardedRequest(kind, raw, response, this.identity);
    (raw as Carrier)[GUARDED] = request;
    return request;
  }

  /** The request behind an HTTP handler's arguments. */
  ofFramework(framework: FrameworkRequest, response?: { raw?: ServerResponse }): GuardedRequest {
    const raw = framework.raw ?? (framework as IncomingMessage);
    const request = this.known(raw) ?? this.create('http', raw, response?.raw ?? (response as ServerResponse | undefined));
    request.framework = framework;
    return request;
  }

  /** The request that a handler of any kind was called for. */
  of(context: ExecutionContext): GuardedRequest {
    switch (context.getType<string>()) {
      case 'http':
        return this.ofFramework(context.getArgByIndex<FrameworkRequest>(0), context.getArgByIndex(1));
      default:
        return new GuardedRequest('rpc', undefined, undefined, this.identity, context.getArgByIndex(0));
    }
  }
}
