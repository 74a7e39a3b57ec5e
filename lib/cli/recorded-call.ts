import { type IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionContext, Type } from '@nestjs/common';
import type { CompiledRoute } from '../policy/compiled-route';
import { rawRequest } from '../testing/raw-request';
import type { RecordedRequest } from './recorded-request';
import type { RouteMatch } from './route-table';

const JSON_TYPE = /^application\/(?:[\w.-]{1,80}\+)?json\b/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded\b/i;

/** Node's request, and what a framework adds to it. */
type FrameworkMessage = IncomingMessage & { body?: unknown; query?: unknown; params?: unknown };

/** A recorded request as Node and a framework would hand it over, without a connection. */
export class RecordedCall {
  readonly raw: FrameworkMessage;
  readonly response: ServerResponse;

  constructor(private readonly recorded: RecordedRequest) {
    const { method, target, headers, body, ip: peer, secure = false } = recorded;
    const length = body === undefined ? [] : ['content-length', String(Buffer.byteLength(body))];
    this.raw = rawRequest({ method, target, headers: [...headers, ...length], peer, secure });
    this.response = new ServerResponse(this.raw);
  }

  /** The body arrives, and the framework has parsed it. */
  arrive(): void {
    const { body, target } = this.recorded;
    const { raw } = this;
    if (body !== undefined) raw.push(Buffer.from(body));
    raw.push(null);
    const start = target.indexOf('?');
    raw.query = start < 0 ? {} : fieldsOf(target.slice(start + 1));
    if (body !== undefined) raw.body = parse(body, raw.headers['content-type'] ?? '');
  }

  /** What guards are called with for a route. */
  contextOf({ route, params }: RouteMatch): ExecutionContext {
    this.raw.params = params;
    return new RecordedContext(route, this.raw, this.response);
  }

  /** The request is answered as it was recorded, and over. */
  finish(): void {
    const { response, recorded } = this;
    if (recorded.status !== undefined) response.statusCode = recorded.status;
    if (!response.writableEnded) response.end();
    response.emit('finish');
    response.emit('close');
    this.raw.destroy();
  }
}

class RecordedContext implements ExecutionContext {
  constructor(
    private readonly route: CompiledRoute,
    private readonly raw: IncomingMessage,
    private readonly response: ServerResponse,
  ) {}

  getType<Kind extends string>(): Kind {
    return 'http' as Kind;
  }

  getClass<T>(): Type<T> {
    return this.route.classRef as unknown as Type<T>;
  }

  getHandler() {
    return this.route.handler;
  }

  getArgs<Args extends unknown[]>(): Args {
    return [this.raw, this.response, () => undefined] as unknown as Args;
  }

  getArgByIndex<T>(index: number): T {
    return this.getArgs()[index] as T;
  }

  switchToHttp() {
    return {
      getRequest: <T>() => this.raw as T,
      getResponse: <T>() => this.response as T,
      getNext: <T>() => this.getArgByIndex<T>(2),
    };
  }

  switchToRpc(): never {
    throw new TypeError('A recorded request is no RPC message');
  }

  switchToWs(): never {
    throw new TypeError('A recorded request is no WebSocket message');
  }
}

function parse(body: string, type: string): unknown {
  if (FORM_TYPE.test(type)) return fieldsOf(body);
  // A recording without headers does not tell what its bodies are.
  if (type !== '' && !JSON_TYPE.test(type)) return body;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}

/** The last value of a repeated name is enough: detection reads what was sent. */
function fieldsOf(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}
