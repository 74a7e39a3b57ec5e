import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { GuardedRequests } from '../platform/guarded-requests';
import type { CompiledRoute } from '../policy/compiled-route';
import { PolicyCompiler } from '../policy/policy-compiler';
import type { Stage } from '../policy/security-check';
import { exceptionFor } from './context-exception';
import { StageRunner, type Verdict } from './stage-runner';

/** What the three guards have in common: find the route's policy by its handler, and walk one stage of it. */
@Injectable()
export class StageGate {
  constructor(
    @Inject(GuardedRequests) private readonly requests: GuardedRequests,
    @Inject(PolicyCompiler) private readonly compiler: PolicyCompiler,
    @Inject(StageRunner) private readonly runner: StageRunner,
  ) {}

  /** True, or the refusal as an exception of the kind that the context understands. */
  pass(stage: Stage, context: ExecutionContext): boolean | Promise<boolean> {
    const request = this.requests.of(context);
    const route = this.compiler.routeOf(context.getClass(), context.getHandler() as CompiledRoute['handler']);
    request.route = route;
    request.seen = true;
    const plan = stage === 'access' && route.kind === 'ws' ? route.message : route[stage];
    const probes = plan.for(request);
    if (probes.length === 0) return true;
    const verdict = this.runner.run(probes, request, context);
    if (verdict === undefined) return true;
    if (verdict instanceof Promise) return verdict.then((settled) => admit(settled, context));
    return admit(verdict, context);
  }
}

function admit(verdict: Verdict, context: ExecutionContext): boolean {
  if (verdict !== undefined) throw exceptionFor(verdict, context.getType<string>());
  return true;
}
