import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { HttpException } from '@nestjs/common';
import { type BodyRefusal, BodyTap } from './body-tap';
import { closeAfterAnswer } from './connection-close';
import { parseCookies } from './cookies';
import type { FrameworkRequest, MatchedRoute, RequestKind } from './framework-request';
import type { MergedHead } from './merged-head';
import type { RequestIdentity } from './request-identity';
import { pathOfTarget, queryOfTarget } from '../network/canonical-path';
import type { ReportedRefusal, RequestVerdict } from './request-verdict';
import type { ClientAddress } from '../network/client-address';

/**
 * A request as every check sees it, whatever the platform. Everything that costs something is computed on first use.
 *
 * Custom checks and validators receive it, too.
 *
 * @example
 * ```ts
 * const onlyPartners = (request: GuardedRequest) => request.headers['x-partner'] === 'acme' && request.ip !== undefined;
 * ```
 */
export class GuardedRequest {
  /** The request target as received: Express changes that of Node's request while it is in mounted middleware. */
  readonly url: string;
  /** The route that the request was matched to; undefined before routing and for what matches no route. */
  route: MatchedRoute | undefined;
  /** @internal The route whose questions about the body have been asked before it was read. */
  arrivedAt: MatchedRoute | undefined;
  /**
   * What the verifiers of `@RequireAuth` and `@ApiKeyAuth` returned, by scheme (`bearer`, `basic` …) or header name
   * (`x-api-key`), in lower case.
   */
  credentials: Readonly<Record<string, unknown>> | undefined;
  /** @internal Where headers of the answer go on a platform that writes all of them at once. */
  head: MergedHead | undefined;
  /** @internal Whoever refuses a request while its body is being read. Set by the door. */
  refuseBody: ((refusal: BodyRefusal, request: GuardedRequest) => HttpException | undefined) | undefined;
  /** The framework's own request object, once there is one. */
  framework: FrameworkRequest | undefined;
  /** @internal Whether a guard of this module has decided on it: what none has seen is accounted when it is finished. */
  seen = false;
  /** @internal What the entrance decided to refuse the request with; the framework's first hook raises it. */
  refusedWith: HttpException | undefined;
  /** Whether it, or one of the GraphQL fields that it asks for, is refused. */
  refused = false;
  /** @internal Milliseconds that the checks took so far; measured only where metrics are configured. */
  checkedMs: number | undefined;
  /** Whether the request target is in `excludePaths`. */
  excluded = false;
  /**
   * @internal Whether the door decided on exactly this request. Messages on an open connection came through it long ago, RPC messages
   * never: what it asks, they are asked by the guards.
   */
  metDoor = false;

  private origin: GuardedRequest | undefined;
  private tap: BodyTap | undefined;
  private readBody: (() => unknown) | undefined;
  private memory: Map<unknown, unknown> | undefined;
  private address: ClientAddress | undefined;
  private trust: boolean | undefined;
  private key: string | undefined;
  private secureTransport: boolean | undefined;
  private cookieValues: Record<string, string> | undefined;
  private pathText: string | undefined;

  /** @hidden The module makes it. */
  constructor(
    readonly kind: RequestKind,
    /** Node's request: for WebSocket messages the upgrade request of their connection; none for RPC. */
    readonly raw: IncomingMessage | undefined,
    /** Node's response, where the answer is HTTP. */
    readonly response: ServerResponse | undefined,
    private readonly identity: RequestIdentity,
    /** The payload of a WebSocket or RPC message. */
    private payload?: unknown,
  ) {
    this.url = (raw as { originalUrl?: string } | undefined)?.originalUrl ?? raw?.url ?? '';
  }

  /** @internal A WebSocket message on this request's connection, with its client address: a lost connection has none any more. */
  ofMessage(payload: unknown): GuardedRequest {
    return this.derive('ws', payload);
  }

  /**
   * @internal One of the GraphQL operations that this request brings. One HTTP request may bring several, and so may one connection;
   * only the former has come through the door with them.
   *
   * @param readBody what the operation's fields can read; called when somebody asks.
   */
  ofOperation(readBody: () => unknown): GuardedRequest {
    const operation = this.derive('graphql');
    operation.readBody = readBody;
    if (this.kind === 'http') {
      operation.origin = this;
      operation.metDoor = this.metDoor;
    }
    return operation;
  }

  /** @internal This operation as one of its fields meets it: with a route of its own, everything else shared. */
  ofField(): GuardedRequest {
    const field = this.derive('graphql');
    field.origin = this;
    field.metDoor = this.metDoor;
    field.memory = (this.origin ?? this).memory ??= new Map();
    return field;
  }

  /** Whether it came from some client, while nothing tells from which. An RPC message has none by its nature. */
  get lost(): boolean {
    return this.raw === undefined && this.kind !== 'rpc';
  }

  /** The GraphQL operation that a field belongs to; the request itself, of every other kind. */
  get operation(): GuardedRequest {
    return this.kind === 'graphql' ? (this.origin ?? this) : this;
  }

  /** @internal Whether it came to the application that has this identity. */
  isOf(identity: RequestIdentity): boolean {
    return this.identity === identity;
  }

  /** The HTTP request that a GraphQL field or operation came with; the request itself, of every other kind. */
  get whole(): GuardedRequest {
    return this.origin?.whole ?? this;
  }

  /** @internal Remembers that a guard has decided on the request. */
  markSeen(): void {
    this.seen = true;
    if (this.origin !== undefined) this.origin.markSeen();
  }

  /**
   * Computes something once per request, however many GraphQL fields and operations it brings. Only what does not depend on
   * a field's arguments belongs here.
   *
   * @param key whoever asks: an object of its own, or a text that begins with the name of the room.
   */
  once<T>(key: unknown, compute: () => T): T {
    const memory = (this.memory ??= new Map());
    if (!memory.has(key)) memory.set(key, compute());
    return memory.get(key) as T;
  }

  /** @internal Remembers what the request would have been refused for, had refusals been enforced. */
  report(refusal: ReportedRefusal): void {
    this.once<ReportedRefusal[]>(REPORTS, () => []).push(refusal);
  }

  /** What the checks that were asked so far came to. */
  get verdict(): RequestVerdict {
    const wouldRefuse = (this.memory?.get(REPORTS) as readonly ReportedRefusal[] | undefined) ?? [];
    return { trusted: this.trusted, excluded: this.excluded, wouldRefuse };
  }

  /** The id that the framework, or the proxy in front by `X-Request-Id`, gave the request. */
  get id(): string | undefined {
    const given = this.headers['x-request-id'];
    if (typeof given === 'string') return given;
    const { id } = this.framework ?? {};
    return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
  }

  get method(): string {
    return this.raw?.method ?? '';
  }

  /** The path of the request target, not decoded, without the query. */
  get path(): string {
    return (this.pathText ??= pathOfTarget(this.url));
  }

  /** The query of the request target, not decoded, without the question mark. */
  get rawQuery(): string {
    return queryOfTarget(this.url);
  }

  get headers(): IncomingHttpHeaders {
    return this.raw?.headers ?? NO_HEADERS;
  }

  get userAgent(): string | undefined {
    return this.headers['user-agent'];
  }

  get cookies(): Readonly<Record<string, string>> {
    return (this.cookieValues ??= parseCookies(this.headers.cookie));
  }

  /**
   * The parsed body, as the handler will read it; the payload of a WebSocket or RPC message; of a GraphQL operation its
   * variables and the arguments of all its fields.
   */
  get body(): unknown {
    if (this.kind === 'graphql') return this.graphqlBody();
    return this.payload === undefined ? this.framework?.body : this.payload;
  }

  /** The query as the framework parsed it. */
  get query(): unknown {
    return this.framework?.query;
  }

  /** Whom a guard of the application has found to be calling, as `request.user`; undefined before such a guard ran. */
  get user(): unknown {
    return this.framework?.user;
  }

  get params(): unknown {
    return this.framework?.params;
  }

  /** The canonical address of the client; undefined when there is none (unix sockets, RPC). */
  get ip(): string | undefined {
    return this.clientAddress.ip;
  }

  /** The country of the client's address, where some rule or lookup has had its source loaded and its answer is at hand. */
  get country(): string | undefined {
    return this.identity.countryOf(this.ip);
  }

  /** The canonical address of the peer of the socket: the last proxy, or the client itself. */
  get peer(): string | undefined {
    return this.clientAddress.peer;
  }

  get viaTrustedProxy(): boolean {
    return this.clientAddress.viaTrustedProxy;
  }

  get clientAddress(): ClientAddress {
    return (this.address ??= this.identity.addressOf(this.raw));
  }

  /** What limits, bans and behaviour count by: the address, an IPv6 one reduced to `ipv6Subnet`. */
  get clientKey(): string {
    return (this.key ??= this.identity.keyOf(this.ip));
  }

  /** In `whitelist` or `exemptIps`: not limited, not inspected, never banned. */
  get trusted(): boolean {
    return (this.trust ??= this.identity.isTrusted(this.ip));
  }

  /** Whether the client's connection is encrypted, as far as this can be believed. */
  get secure(): boolean {
    return (this.secureTransport ??= this.identity.isSecure(this));
  }

  get protocol(): 'http' | 'https' {
    return this.secure ? 'https' : 'http';
  }

  /** Sets a header of the answer, where the answer has headers and they are not sent yet. */
  setResponseHeader(name: string, value: string | readonly string[]): void {
    if (this.response === undefined || this.response.headersSent) return;
    if (this.head !== undefined) this.head.set(name, value);
    else this.response.setHeader(name, value);
  }

  /** @internal Watches the body while it is read; undefined where nobody could break it off. */
  tapBody(): BodyTap | undefined {
    if (this.origin !== undefined) return this.origin.tapBody();
    const { raw, response, refuseBody } = this;
    if (raw === undefined || response === undefined || refuseBody === undefined) return undefined;
    return (this.tap ??= new BodyTap(raw, response, (refusal) => refuseBody(refusal, this)));
  }

  /** Has the connection closed once the answer is sent, where it can be. */
  closeConnection(): void {
    if (this.raw !== undefined && this.response !== undefined) closeAfterAnswer(this.raw, this.response);
  }

  private derive(kind: RequestKind, payload?: unknown): GuardedRequest {
    const response = kind === 'graphql' && this.kind !== 'upgrade' ? this.response : undefined;
    const derived = new GuardedRequest(kind, this.raw, response, this.identity, payload);
    derived.address = this.clientAddress;
    derived.excluded = this.excluded;
    derived.framework = this.framework;
    derived.head = this.head;
    return derived;
  }

  private graphqlBody(): unknown {
    this.payload ??= this.readBody?.();
    this.readBody = undefined;
    return this.payload ?? this.origin?.body;
  }
}

const REPORTS = Symbol('nestapi-guard:reports');

const NO_HEADERS: IncomingHttpHeaders = Object.freeze(Object.create(null) as IncomingHttpHeaders);
