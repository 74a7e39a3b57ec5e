import { type OutgoingHttpHeader, type OutgoingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http';
import { Stream } from 'node:stream';
import type { Answer } from './answer';
import type { GuardedRequest } from './guarded-request';

const JSON_TYPE = 'application/json; charset=utf-8';
/** What the framework derives from the body that it sends (RFC 9112 section 6). */
const FRAMING = new Set(['connection', 'content-length', 'keep-alive', 'trailer', 'transfer-encoding', 'upgrade']);
const UNREAD = Symbol('nestapi-guard:unread');
const PLAIN_TYPE = 'text/plain; charset=utf-8';

/**
 * An answer as `customResponseModifier` sees it: what it changes here is what the client gets. It may as well return an object
 * with a `status`, `headers` to add, or a `body`.
 *
 * @example
 * ```ts
 * const customResponseModifier = (response: GuardedResponse) => {
 *   response.headers['x-served-by'] = 'api-3';
 *   if (response.status >= 400) response.body = { detail: response.body };
 * };
 * ```
 */
export class GuardedResponse {
  /** The status; one from 200 to 599. */
  status: number;
  /** The headers, by lower-case name; set, replace and `delete` them. */
  readonly headers: OutgoingHttpHeaders;

  private readonly presented: OutgoingHttpHeaders;
  private current: unknown;
  private copied = false;
  /** What reading the body came to. */
  private shown: unknown = UNREAD;

  constructor(
    private readonly answer: Answer,
    /** The request that is answered, as the checks saw it. */
    readonly request: GuardedRequest | undefined,
  ) {
    this.status = answer.status;
    this.presented = { ...answer.headers() };
    this.presented['content-type'] ??= typeof answer.body === 'string' ? answer.textType : JSON_TYPE;
    this.headers = { ...this.presented };
  }

  /**
   * The body: a text, or the value that becomes JSON. A copy, as the client would read it, so that changes reach neither the
   * handler's own objects nor other answers.
   */
  get body(): unknown {
    if (this.copied) return this.current;
    const { body } = this.answer;
    this.shown = typeof body === 'string' ? body : (JSON.parse(JSON.stringify(body)) as unknown);
    this.body = this.shown;
    return this.current;
  }

  set body(body: unknown) {
    this.copied = true;
    this.current = body;
  }

  /** @internal Takes over what was returned instead of this response: `{ status?, headers?, body? }`. */
  replace(returned: unknown): void {
    if (typeof returned !== 'object' || returned === null || returned === this) return;
    const { status = this.status, headers } = returned as Partial<GuardedResponse>;
    this.status = status;
    if ('body' in returned) this.body = returned.body;
    if (headers !== undefined && headers !== this.headers) Object.assign(this.headers, headers);
  }

  /**
   * @internal Makes the changes the answer's.
   * @throws TypeError or RangeError for a change that could not be sent; nothing has changed then.
   */
  commit(): void {
    const changed = this.changedHeaders();
    if (!Number.isInteger(this.status) || this.status < 200 || this.status > 599) {
      throw new RangeError(`the status ${String(this.status)} cannot be sent`);
    }
    for (const [name, value] of changed) validate(name, value);
    const { answer } = this;
    if (this.changed) {
      assertSendable(this.current);
      answer.body = this.current ?? '';
      answer.removeHeader('content-length');
    }
    if (this.status !== answer.status) answer.status = this.status;
    for (const [name, value] of changed) {
      if (value === undefined) answer.removeHeader(name);
      else answer.setHeader(name, value);
    }
  }

  /** Whether the body has to be sent anew: nobody can tell what was changed within an object. */
  private get changed(): boolean {
    const { copied, current, shown } = this;
    return copied && (current !== shown || (typeof current === 'object' && current !== null));
  }

  private changedHeaders(): [string, OutgoingHttpHeader | undefined][] {
    const mayChange = (name: string): boolean => !FRAMING.has(name.toLowerCase());
    const changed = Object.entries(this.headers).filter(
      ([name, value]) => mayChange(name) && value !== this.presented[name],
    );
    const removed = Object.keys(this.presented).filter((name) => mayChange(name) && !(name in this.headers));
    const all = [...removed.map((name): [string, undefined] => [name, undefined]), ...changed];
    if (!this.changed || all.some(([name]) => name.toLowerCase() === 'content-type')) return all;
    const [was, is] = [typeof this.answer.body === 'string', typeof (this.current ?? '') === 'string'];
    return was === is ? all : [...all, ['content-type', is ? PLAIN_TYPE : JSON_TYPE]];
  }
}

function validate(name: string, value: OutgoingHttpHeader | undefined): void {
  validateHeaderName(name);
  for (const single of Array.isArray(value) ? value : [value]) {
    if (single !== undefined) validateHeaderValue(name, String(single));
  }
}

function assertSendable(body: unknown): void {
  if (typeof body === 'string' || body === undefined) return;
  if (ArrayBuffer.isView(body) || body instanceof Stream) {
    throw new TypeError('a body can be a text or JSON, not bytes or a stream');
  }
  if (JSON.stringify(body) === undefined) throw new TypeError('the body is no JSON');
}
