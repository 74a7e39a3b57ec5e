import { type HttpServer, Inject, Injectable } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { GuardLog } from '../observability/guard-log.service';
import { onEnableCors } from '../platform/framework-cors';
import type { GuardedRequest } from '../platform/guarded-request';
import { HeaderBlock } from '../platform/merged-head';
import { compileCors, type CompiledCors, type CorsAnswer } from '../response/cors';
import { corsOptionsOf } from '../response/cors.config';
import { type CspNonceTemplate, issueNonce } from '../response/csp-nonce';
import { compileSecurityHeaders } from '../response/security-headers';
import { appendVary } from '../response/header-syntax';
import { keepVary } from '../response/vary';

interface Compiled {
  readonly plain: HeaderBlock;
  readonly secure: HeaderBlock;
  readonly nonce: CspNonceTemplate | undefined;
  readonly cors: CompiledCors | undefined;
}

/** Writes the headers of every answer at the door, so that whoever answers later may still replace them. */
@Injectable()
export class ResponseHeaders {
  private compiled: Compiled;

  constructor(
    @Inject(LiveConfig) private readonly live: LiveConfig,
    @Inject(GuardLog) private readonly log: GuardLog,
  ) {
    this.compiled = this.compile(live.current);
    live.onPrepare((next) => {
      const compiled = this.compile(next);
      return () => {
        this.compiled = compiled;
      };
    });
  }

  writeSecurityHeaders(request: GuardedRequest): void {
    const { response, raw } = request;
    if (response === undefined || raw === undefined) return;
    const { plain, secure, nonce } = this.compiled;
    const block = request.secure ? secure : plain;
    if (request.head !== undefined) request.head.setBlock(block);
    else for (const [name, value] of block.fields) response.setHeader(name, value);
    if (nonce !== undefined) request.setResponseHeader(nonce.name, nonce.value(issueNonce(raw)));
  }

  /** What CORS has to say about a request; undefined when CORS is off. */
  cors(request: GuardedRequest): CorsAnswer | Promise<CorsAnswer> | undefined {
    return request.raw === undefined ? undefined : this.compiled.cors?.answer(request.raw);
  }

  writeCors(request: GuardedRequest, answer: CorsAnswer): void {
    const { response } = request;
    if (response === undefined || response.headersSent) return;
    for (const [name, value] of answer.headers) request.setResponseHeader(name, value);
    const { vary } = answer;
    if (vary === undefined) return;
    if (request.head !== undefined) request.head.amend('Vary', (value) => appendVary(value, vary));
    else keepVary(response, vary);
  }

  /** Warns when the application has its framework write CORS headers as well. */
  watchFramework(adapter: HttpServer): void {
    onEnableCors(adapter, () => {
      if (!this.live.current.enableCors) return;
      const message = 'is on as well as app.enableCors(), and both write the headers of every answer: use one of them';
      this.log.write('WARNING', `GUARD_CORS_TWICE enableCors ${message} (docs/errors.md#guard_cors_twice)`, {});
    });
  }

  private compile(config: GuardConfig): Compiled {
    const onOriginError = (error: unknown): void => {
      const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      this.log.write('ERROR', 'an origin function failed and denied', { field: 'corsAllowOrigins', error: text });
    };
    const { plain, secure, nonce } = compileSecurityHeaders(config.securityHeaders);
    return {
      plain: new HeaderBlock(plain),
      secure: new HeaderBlock(secure),
      nonce,
      cors: config.enableCors ? compileCors({ ...corsOptionsOf(config), onOriginError }) : undefined,
    };
  }
}
