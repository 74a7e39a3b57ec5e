import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { graphqlCall, isNodeRequest, operationValues, requestOfGraphqlContext } from './graphql-operation';
import type { FrameworkRequest, RequestKind } from './framework-request';
import { GuardedRequest } from './guarded-request';
import { RequestIdentity } from './request-identity';

// A property of Node's request, not a WeakMap entry: one hidden class transition against an ephemeron that every garbage
// collection has to visit. Fastify wraps Node's request, Express extends it; both lead back to it.
const GUARDED = Symbol('nestapi-guard:request');

type Carrier = IncomingMessage & { [GUARDED]?: GuardedRequest };

/** By what a GraphQL engine makes anew for each execution of an operation. */
const operations = new WeakMap<object, GuardedRequest>();

/** By the payload of a message, or else by its client: what parameter decorators, which have no injection, find it by. */
const latestMessages = new WeakMap<object, GuardedRequest>();

/** The request that a guard has met before the handler of a context; for parameter decorators. */
export function guardedRequestOf(context: ExecutionContext): GuardedRequest | undefined {
  switch (context.getType<string>()) {
    case 'graphql': {
      const { context: graphqlContext, info } = graphqlCall(context.getArgs());
      const operation = info === undefined ? undefined : operations.get(info.variableValues);
      if (operation === undefined) return knownBehind(requestOfGraphqlContext(graphqlContext));
      return fieldsOf(operation, context).get(context.getHandler());
    }
    case 'http':
      return knownBehind(context.getArgByIndex(0)) ?? messageOf(context);
    default:
      return messageOf(context);
  }
}

function knownBehind(framework: FrameworkRequest | null | undefined): GuardedRequest | undefined {
  return ((framework?.raw ?? framework) as Carrier | null | undefined)?.[GUARDED];
}

function fieldsOf(operation: GuardedRequest, context: ExecutionContext): Map<unknown, GuardedRequest> {
  return operation.once(context.getClass(), () => new Map<unknown, GuardedRequest>());
}

function messageOf(context: ExecutionContext): GuardedRequest | undefined {
  const subject = subjectOf(context);
  return subject === undefined ? undefined : latestMessages.get(subject);
}

function subjectOf(context: ExecutionContext): object | undefined {
  const [first, second] = context.getArgs<[unknown, unknown]>();
  const candidates = context.getType() === 'ws' ? [second, first] : [first];
  return candidates.find((candidate): candidate is object => typeof candidate === 'object' && candidate !== null);
}

/** The upgrade requests of WebSocket clients whose library does not keep them, whichever application they came to. */
const upgrades = new WeakMap<object, IncomingMessage>();

/** Finds or makes the `GuardedRequest` of whatever a platform hands over. */
@Injectable()
export class GuardedRequests {
  /** By the arguments that Nest shows to all guards and interceptors of one message. */
  private readonly messages = new WeakMap<object, GuardedRequest>();

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

  /** Remembers the upgrade request of a WebSocket client. */
  connect(client: object, raw: IncomingMessage): void {
    upgrades.set(client, raw);
  }

  /** The request behind an HTTP handler's arguments. */
  ofFramework(framework: FrameworkRequest, response?: { raw?: ServerResponse }): GuardedRequest {
    const raw = framework.raw ?? (framework as IncomingMessage);
    const request =
      this.known(raw) ?? this.create('http', raw, response?.raw ?? (response as ServerResponse | undefined));
    request.framework = framework;
    return request;
  }

  /** The request that a handler of any kind was called for. */
  of(context: ExecutionContext): GuardedRequest {
    switch (context.getType<string>()) {
      case 'http':
        return this.ofHttp(context);
      case 'ws':
        return this.ofMessage(context, () => this.ofWebSocket(context.getArgByIndex(0), context.getArgByIndex(1)));
      case 'graphql':
        return this.ofGraphql(context);
      default:
        return this.withoutClient(context);
    }
  }

  /** Whether a message came to a gateway of another application in this process. */
  isForeign(context: ExecutionContext): boolean {
    const client = context.getArgByIndex<{ readonly request?: unknown }>(0);
    const raw = upgrades.get(client) ?? client.request;
    const known = isNodeRequest(raw) ? this.known(raw) : undefined;
    return known !== undefined && !known.isOf(this.identity);
  }

  private ofHttp(context: ExecutionContext): GuardedRequest {
    const framework = context.getArgByIndex<FrameworkRequest | null | undefined>(0) ?? undefined;
    const raw: unknown = framework?.raw ?? framework;
    const known = raw === undefined ? undefined : this.known(raw as IncomingMessage);
    if (known !== undefined) {
      known.framework = framework;
      return known;
    }
    return framework !== undefined && isNodeRequest(raw)
      ? this.ofFramework(framework, context.getArgByIndex(1))
      : this.withoutClient(context);
  }

  // Messages of microservices, and handlers that the application calls with something else than HTTP (queues, commands, bots
  // by Nest's `ExternalContextCreator`, whose contexts say "http" unless told otherwise).
  private withoutClient(context: ExecutionContext): GuardedRequest {
    return this.ofMessage(context, () => this.withoutConnection('rpc', context.getArgByIndex(0)));
  }

  private ofMessage(context: ExecutionContext, make: () => GuardedRequest): GuardedRequest {
    const args = context.getArgs();
    let request = this.messages.get(args);
    if (request !== undefined) return request;
    this.messages.set(args, (request = make()));
    const subject = subjectOf(context);
    if (subject !== undefined) latestMessages.set(subject, request);
    return request;
  }

  private ofWebSocket(client: { readonly request?: unknown }, payload: unknown): GuardedRequest {
    // socket.io keeps the request of the handshake, ws does not.
    const raw = upgrades.get(client) ?? client.request;
    return isNodeRequest(raw) ? this.connectionOf(raw).ofMessage(payload) : this.withoutConnection('ws', payload);
  }

  private ofGraphql(context: ExecutionContext): GuardedRequest {
    const { context: graphqlContext, info } = graphqlCall(context.getArgs());
    const readBody = () => (info === undefined ? undefined : operationValues(info));
    const find = (): GuardedRequest => {
      const framework = requestOfGraphqlContext(graphqlContext);
      if (framework === undefined) return this.withoutConnection('graphql');
      const request = this.connectionOf(framework.raw ?? (framework as IncomingMessage));
      request.framework ??= framework;
      return request.ofOperation(readBody);
    };
    if (info === undefined) return find();
    let operation = operations.get(info.variableValues);
    if (operation === undefined) operations.set(info.variableValues, (operation = find()));
    const fields = fieldsOf(operation, context);
    let field = fields.get(context.getHandler());
    if (field === undefined) fields.set(context.getHandler(), (field = operation.ofField()));
    return field;
  }

  private connectionOf(raw: IncomingMessage): GuardedRequest {
    return this.known(raw) ?? this.create(raw.headers.upgrade === undefined ? 'http' : 'upgrade', raw);
  }

  private withoutConnection(kind: RequestKind, payload?: unknown): GuardedRequest {
    return new GuardedRequest(kind, undefined, undefined, this.identity, payload);
  }
}
