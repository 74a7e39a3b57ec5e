import { Inject, Injectable } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import type { GuardedRequest } from '../platform/guarded-request';
import { compileCors, type CompiledCors, type CorsAnswer } from '../response/cors';
import { corsOptionsOf } from '../response/cors.config';
import { issueNonce } from '../response/csp-nonce';
import { appendVary } from '../response/header-syntax';
import { compileSecurityHeaders, type CompiledSecurityHeaders } from '../response/security-headers';

interface Compiled {
  readonly security: CompiledSecurityHeaders;
  readonly cors: CompiledCors | undefined;
}

/** Writes the headers of every answer at the door, so that whoever answers later may still replace them. */
@Injectable()
export class ResponseHeaders {
  private compiled: Compiled;

  constructor(@Inject(LiveConfig) live: LiveConfig) {
    this.compiled = compile(live.current);
    live.onPrepare((next) => {
      const compiled = compile(next);
      return () => {
        this.compiled = compiled;
      };
    });
  }

  writeSecurityHeaders(request: GuardedRequest): void {
    const { response, raw } = request;
    if (response === undefined || raw === undefined) return;
    const { plain, secure, nonce } = this.compiled.security;
    for (const [name, value] of request.secure ? secure : plain) response.setHeader(name, value);
    if (nonce !== undefined) response.setHeader(nonce.name, nonce.value(issueNonce(raw)));
  }

  /** What CORS has to say about a request; undefined when CORS is off. */
  cors(request: GuardedRequest): CorsAnswer | Promise<CorsAnswer> | undefined {
    return request.raw === undefined ? undefined : this.compiled.cors?.answer(request.raw);
  }

  writeCors({ response }: GuardedRequest, answer: CorsAnswer): void {
    if (response === undefined || response.headersSent) return;
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    if (answer.vary !== undefined) response.setHeader('Vary', appendVary(response.getHeader('Vary'), answer.vary));
  }
}

function compile(config: GuardConfig): Compiled {
  return {
    security: compileSecurityHeaders(config.securityHeaders),
    cors: config.enableCors ? compileCors(corsOptionsOf(config)) : undefined,
  };
}
