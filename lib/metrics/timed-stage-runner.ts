import type { ExecutionContext } from '@nestjs/common';
import type { Enforcement } from '../pipeline/enforcement.service';
import { StageRunner, type Verdict } from '../pipeline/stage-runner';
import type { GuardedRequest } from '../platform/guarded-request';
import type { CompiledProbe } from '../policy/compiled-route';
import { INSTRUMENTS } from './instruments';
import type { Metrics } from './metrics.service';

/**
 * Measures how long the checks take and what becomes of HTTP requests. It takes the place of the plain runner where metrics
 * are configured, so that measuring nothing costs nothing.
 */
export class TimedStageRunner extends StageRunner {
  private readonly countRequest: (labels: { outcome: string }) => void;
  private readonly record: (seconds: number) => void;

  constructor(enforcement: Enforcement, metrics: Metrics) {
    super(enforcement);
    this.countRequest = metrics.counter(INSTRUMENTS.requests);
    this.record = metrics.histogram(INSTRUMENTS.pipeline);
  }

  override run(
    probes: readonly CompiledProbe[],
    request: GuardedRequest,
    context?: ExecutionContext,
    from = 0,
  ): Verdict | Promise<Verdict> {
    // A stage that goes on after waiting is measured from its start.
    if (from > 0) return super.run(probes, request, context, from);
    const started = performance.now();
    const verdict = super.run(probes, request, context);
    if (verdict instanceof Promise) return verdict.finally(() => this.add(request, performance.now() - started));
    this.add(request, performance.now() - started);
    return verdict;
  }

  private add(request: GuardedRequest, ms: number): void {
    const { whole } = request;
    if (whole.kind !== 'http' || whole.response === undefined) return;
    if (whole.checkedMs === undefined) {
      whole.checkedMs = 0;
      if (whole.response.closed) this.conclude(whole);
      else whole.response.once('close', () => this.conclude(whole));
    }
    whole.checkedMs += ms;
  }

  private conclude(request: GuardedRequest): void {
    this.record((request.checkedMs ?? 0) / 1000);
    this.countRequest({ outcome: outcomeOf(request) });
  }
}

function outcomeOf({ refused, verdict }: GuardedRequest): string {
  if (refused) return 'refused';
  return verdict.wouldRefuse.length > 0 ? 'would_refuse' : 'passed';
}
