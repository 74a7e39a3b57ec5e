import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { concatMap, type Observable, of } from 'rxjs';
import { GuardedRequests } from '../platform/guarded-requests';
import type { GuardedRequest } from '../platform/guarded-request';
import type { CompiledRoute } from '../policy/compiled-route';
import { PolicyCompiler } from '../policy/policy-compiler';
import type { ResponseProbe } from '../policy/security-check';

/** Shows what handlers return to the checks that watch answers. Registered only when some route has such a check. */
@Injectable()
export class ResponseInterceptor implements NestInterceptor {
  constructor(
    @Inject(GuardedRequests) private readonly requests: GuardedRequests,
    @Inject(PolicyCompiler) private readonly compiler: PolicyCompiler,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = this.requests.of(context);
    const handler = context.getHandler() as CompiledRoute['handler'];
    const { watches } = this.compiler.routeOf(context.getClass(), handler, request.kind);
    if (watches.length === 0) return next.handle();
    return next.handle().pipe(concatMap((body) => watch(watches, request, body)));
  }
}

function watch(
  watches: readonly ResponseProbe[],
  request: GuardedRequest,
  body: unknown,
): Observable<unknown> | Promise<unknown> {
  let current: unknown = body;
  for (const [index, probe] of watches.entries()) {
    current = probe(request, current);
    if (current instanceof Promise) return resume(watches.slice(index + 1), request, current);
  }
  return of(current);
}

async function resume(
  rest: readonly ResponseProbe[],
  request: GuardedRequest,
  pending: Promise<unknown>,
): Promise<unknown> {
  let body = await pending;
  for (const probe of rest) body = await probe(request, body);
  return body;
}
