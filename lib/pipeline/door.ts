import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { RequestLog } from '../observability/request-log';
import { isRoutable, PathPrefixes } from '../network/canonical-path';
import type { GuardedRequest } from '../platform/guarded-request';
import { GuardedRequests } from '../platform/guarded-requests';
import type { Entrance } from '../platform/http-entrance';
import type { MarkedHandler } from '../platform/marked-handler';
import { hasBody } from '../platform/message-body';
import { MergedHead } from '../platform/merged-head';
import type { ProbePlan } from '../policy/compiled-route';
import { PolicyCompiler } from '../policy/policy-compiler';
import type { Refusal } from '../policy/refusal';
import type { CorsAnswer } from '../response/cors';
import { Enforcement } from './enforcement.service';
import { ResponseHeaders } from './response-headers';
import { StageRunner, type Verdict } from './stage-runner';

/**
 * Node stops filling `request.headers` after about a thousand lines without a word, and an address header that the last
 * proxy appended is among what it drops. A request with that many lines has no trustworthy client.
 */
const MAX_HEADER_LINES = 200;

const HEADER_FLOOD: Refusal = {
  status: 431,
  message: 'Too many header fields',
  check: 'ip',
  code: 'GUARD_HEADER_FLOOD',
  reason: `more than ${MAX_HEADER_LINES} header lines`,
  always: true,
};

/** What every request meets first: before routing, body parsing and every other middleware. */
@Injectable()
export class Door implements Entrance {
  private excluded: PathPrefixes;
  private readonly refuseBody: GuardedRequest['refuseBody'] = (refusal, request) =>
    this.enforcement.enforce(refusal, request);

  constructor(
    @Inject(LiveConfig) private readonly live: LiveConfig,
    @Inject(PolicyCompiler) private readonly compiler: PolicyCompiler,
    @Inject(GuardedRequests) private readonly requests: GuardedRequests,
    @Inject(StageRunner) private readonly runner: StageRunner,
    @Inject(Enforcement) private readonly enforcement: Enforcement,
    @Inject(ResponseHeaders) private readonly headers: ResponseHeaders,
    @Inject(RequestLog) private readonly requestLog: RequestLog,
  ) {
    this.excluded = excludedPaths(live.current);
    live.onPrepare((next) => {
      const excluded = excludedPaths(next);
      return () => {
        this.excluded = excluded;
      };
    });
  }

  known(raw: IncomingMessage): GuardedRequest | undefined {
    return this.requests.known(raw);
  }

  /**
   * Receives a request. The verdict is what to refuse it with; when the response has ended, it was a preflight and is
   * answered.
   */
  open(raw: IncomingMessage, response: ServerResponse, writesHeadAtOnce = false): Verdict | Promise<Verdict> {
    const request = this.requests.create('http', raw, response);
    // A response modifier wants to see every header of an answer before its head is written.
    if (writesHeadAtOnce && this.live.current.customResponseModifier === undefined)
      request.head = new MergedHead(response);
    request.metDoor = true;
    request.refuseBody = this.refuseBody;
    request.excluded = this.excluded.matches(request.url);
    this.headers.writeSecurityHeaders(request);
    this.requestLog.follow(request);
    response.on('close', () => this.account(request));
    if (isHeaderFlood(raw)) return this.refuse(request, this.enforcement.enforce(HEADER_FLOOD, request));
    const cors = this.headers.cors(request);
    if (cors instanceof Promise) return cors.then((answer) => this.admit(request, answer));
    return this.admit(request, cors);
  }

  /** The same for an upgrade to another protocol, for which no route exists: the policy of unmatched requests decides. */
  openUpgrade(raw: IncomingMessage, response: ServerResponse): Verdict | Promise<Verdict> {
    const request = this.requests.create('upgrade', raw, response);
    request.excluded = this.excluded.matches(request.url);
    // Messages on the connection will want to know its address when it may be lost already.
    void request.clientAddress;
    this.headers.writeSecurityHeaders(request);
    if (isHeaderFlood(raw)) return this.enforcement.enforce(HEADER_FLOOD, request);
    return this.runner.run(this.compiler.unmatched.everything.for(request), request);
  }

  connect(client: object, raw: IncomingMessage): void {
    this.requests.connect(client, raw);
  }

  /** Asks what the route wants to know before the body is read. Where the route cannot be told yet, its guards ask. */
  arrive(request: GuardedRequest, findHandler: () => MarkedHandler | undefined): Verdict | Promise<Verdict> {
    const { raw } = request;
    if (!this.compiler.awaitsArrivals || request.excluded || raw === undefined || !hasBody(raw)) return undefined;
    request.tapBody();
    const handler = findHandler();
    const route = handler && this.compiler.soleRouteOf(handler);
    if (route === undefined) return undefined;
    request.route = route;
    request.arrivedAt = route;
    const verdict = this.runner.run(route.arrival.for(request), request);
    if (verdict instanceof Promise) return verdict.then((settled) => this.refuse(request, settled));
    return this.refuse(request, verdict);
  }

  /** The stage of requests that no route matches. */
  unmatched(request: GuardedRequest): Verdict | Promise<Verdict> {
    request.seen = true;
    this.observe(request);
    return this.runner.run(this.compiler.unmatched.guarded.for(request), request);
  }

  private admit(request: GuardedRequest, cors: CorsAnswer | undefined): Verdict | Promise<Verdict> {
    if (cors !== undefined) this.headers.writeCors(request, cors);
    const preflight = cors?.status === undefined ? undefined : cors;
    const verdict = this.runner.run(this.planOf(request, preflight).for(request), request);
    if (verdict instanceof Promise) return verdict.then((settled) => this.settle(request, settled, preflight));
    return this.settle(request, verdict, preflight);
  }

  /** What reaches no route for certain is decided here, even where some route is exempt. */
  private planOf(request: GuardedRequest, preflight: CorsAnswer | undefined): ProbePlan {
    if (preflight !== undefined) return this.compiler.unmatched.preflight;
    return isRoutable(request.url) ? this.compiler.door : this.compiler.unmatched.threshold;
  }

  private settle(request: GuardedRequest, verdict: Verdict, preflight: CorsAnswer | undefined): Verdict {
    if (verdict !== undefined) return this.refuse(request, verdict);
    if (preflight === undefined) return undefined;
    // A page that may ask sends as many preflights as it has requests, and those have limits of their own.
    if (preflight.headers.length > 0) {
      request.seen = true;
      this.observe(request);
    }
    // RFC 9110 §8.6: a 204 has no Content-Length.
    request.response?.writeHead(204).end();
    return undefined;
  }

  // Refused requests are not counted.
  private refuse(request: GuardedRequest, verdict: Verdict): Verdict {
    if (verdict !== undefined) request.seen = true;
    return verdict;
  }

  private observe(request: GuardedRequest): void {
    if (request.excluded) return;
    for (const observe of this.compiler.unmatched.observers) observe(request);
  }

  private account(request: GuardedRequest): void {
    if (request.seen || request.excluded) return;
    this.observe(request);
    for (const check of this.compiler.accountants) check.account?.(request);
  }
}

function isHeaderFlood(raw: IncomingMessage): boolean {
  return raw.rawHeaders.length > MAX_HEADER_LINES * 2;
}

function excludedPaths(config: GuardConfig): PathPrefixes {
  return new PathPrefixes(config.excludePaths);
}
