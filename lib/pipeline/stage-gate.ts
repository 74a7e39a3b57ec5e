import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { GuardedRequest } from '../platform/guarded-request';
import { GuardedRequests } from '../platform/guarded-requests';
import type { CompiledRoute, ProbePlan } from '../policy/compiled-route';
import { PolicyCompiler } from '../policy/policy-compiler';
import type { Stage } from '../policy/security-check';
import { exceptionFor } from './context-exception';
import { LostRequests } from './lost-requests';
import { StageRunner, type Verdict } from './stage-runner';

/** What the three guards have in common: find the route's policy by its handler, and walk one stage of it. */
@Injectable()
export class StageGate {
  constructor(
    @Inject(GuardedRequests) private readonly requests: GuardedRequests,
    @Inject(PolicyCompiler) private readonly compiler: PolicyCompiler,
    @Inject(StageRunner) private readonly runner: StageRunner,
    @Inject(LostRequests) private readonly lost: LostRequests,
  ) {}

  /** True, or the refusal as an exception of the kind that the context understands. */
  pass(stage: Stage, context: ExecutionContext): boolean | Promise<boolean> {
    const request = this.requests.of(context);
    const handler = context.getHandler() as CompiledRoute['handler'];
    const route = this.compiler.routeOf(context.getClass(), handler, request.kind);
    request.route = route;
    request.markSeen();
    if (route.observers.length > 0 && !request.excluded) request.once(route.observers, () => observe(route, request));
    if (request.lost) return admit(this.lost.decide(request), context);
    const plan = stage === 'access' ? accessPlan(route, request) : route[stage];
    const verdict = this.decide(stage, plan, request, context);
    if (verdict === undefined) return true;
    if (verdict instanceof Promise) return verdict.then((settled) => admit(settled, context));
    return admit(verdict, context);
  }

  // GraphQL asks for every field that is named in a query. The same plan is walked once: for the limits per request, for the
  // others per operation, since their body is that of the operation.
  private decide(
    stage: Stage,
    plan: ProbePlan,
    request: GuardedRequest,
    context: ExecutionContext,
  ): Verdict | Promise<Verdict> {
    const probes = plan.for(request);
    if (probes.length === 0) return undefined;
    if (request.kind !== 'graphql') return this.runner.run(probes, request, context);
    return (stage === 'limits' ? request : request.operation).once(plan, () =>
      this.runner.run(probes, request, context),
    );
  }
}

function accessPlan(route: CompiledRoute, request: GuardedRequest): ProbePlan {
  if (!request.metDoor) return route.message;
  return request.arrivedAt === route ? route.arrived : route.access;
}

function observe({ observers }: CompiledRoute, request: GuardedRequest): void {
  for (const observer of observers) observer(request);
}

function admit(verdict: Verdict, context: ExecutionContext): boolean {
  if (verdict !== undefined) throw exceptionFor(verdict, context.getType<string>());
  return true;
}
