import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { parseCookies } from './cookies';
import type { RequestIdentity } from './request-identity';
import { pathOfTarget } from '../network/canonical-path';
import type { ClientAddress } from '../network/client-address';

/** What the framework adds to a request once it has routed and parsed it. */
export interface FrameworkRequest {
  readonly body?: unknown;
  readonly query?: unknown;
  readonly params?: unknown;
  readonly id?: unknown;
  readonly raw?: IncomingMessage;
}

/** How a request reached the application. */
export type RequestKind = 'http' | 'upgrade' | 'graphql' | 'ws' | 'rpc';

/** The route a request was matched to, as far as a check needs to know it. */
export interface MatchedRoute {
  readonly name: string;
  readonly template: string;
}

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
  /** The route that the request was matched to; undefined before routing and for what matches no route. */
  route: MatchedRoute | undefined;
  /** The framework's own request object, once there is one. */
  framework: FrameworkRequest | undefined;
  /** Whether a guard of this module has decided on the request: what none has seen is accounted when it is finished. */
  seen = false;
  /** What the entrance decided to refuse the request with; the framework's first hook raises it. */
  refusedWith: Error | undefined;
  /** Whether the request target is in `excludePaths`. */
  excluded = false;

  private address: ClientAddress | undefined;
  private trust: boolean | undefined;
  private key: string | undefined;
  private secureTransport: boolean | undefined;
  private cookieValues: Record<string, string> | undefined;
  private pathText: string | undefined;

  constructor(
    readonly kind: RequestKind,
    /** Node's request: for WebSocket messages the upgrade request of their connection; none for RPC. */
    readonly raw: IncomingMessage | undefined,
    /** Node's response, where the answer is HTTP. */
    readonly response: ServerResponse | undefined,
    private readonly identity: RequestIdentity,
    /** The payload of a WebSocket or RPC message, and the arguments of a GraphQL field. */
    private readonly payload?: unknown,
  ) {}

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

  /** The request target as received. */
  get url(): string {
    return this.raw?.url ?? '';
  }

  /** The path of the request target, not decoded, without the query. */
  get path(): string {
    return (this.pathText ??= pathOfTarget(this.url));
  }

  /** The query of the request target, not decoded, without the question mark. */
  get rawQuery(): string {
    const start = this.url.indexOf('?');
    return start === -1 ? '' : this.url.slice(start + 1);
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

  /** The parsed body, as the handler will read it; the payload of a WebSocket or RPC message. */
  get body(): unknown {
    return this.payload === undefined ? this.framework?.body : this.payload;
  }

  /** The query as the framework parsed it. */
  get query(): unknown {
    return this.framework?.query;
  }

  get params(): unknown {
    return this.framework?.params;
  }

  /** The canonical address of the client; undefined when there is none (unix sockets, RPC). */
  get ip(): string | undefined {
    return this.clientAddress.ip;
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
    if (this.response !== undefined && !this.response.headersSent) this.response.setHeader(name, value);
  }
}

const NO_HEADERS: IncomingHttpHeaders = Object.freeze(Object.create(null) as IncomingHttpHeaders);
