import type { ExecutionContext } from '@nestjs/common';
import { StageRunner, type Verdict } from '../pipeline/stage-runner';
import type { GuardedRequest } from '../platform/guarded-request';
import type { CheckName } from '../policy/check-name';
import type { CompiledProbe } from '../policy/compiled-route';
import type { Facet } from './recorded-request';

/** What a check cannot do without; `never`: it calls functions of the application. */
const NEEDS: Readonly<Partial<Record<CheckName, Facet | 'never'>>> = {
  https: 'scheme',
  request_size: 'headers',
  content_type: 'headers',
  required_headers: 'headers',
  authentication: 'never',
  referrer: 'referrer',
  custom_validation: 'never',
  custom_request: 'never',
  ip: 'address',
  country: 'address',
  clouds: 'address',
  user_agent: 'agent',
  // All clients without an address would share one limit.
  behavior: 'address',
  rate_limit: 'address',
};

/** Leaves out the checks that a recorded request cannot answer: what was not recorded was not missing. */
export class RecordedRunner extends StageRunner {
  /** What is known of the request at hand; requests are replayed one by one. */
  facets: ReadonlySet<Facet> = new Set();
  /** How many requests each check could not be asked about. */
  readonly unjudged = new Map<CheckName, number>();
  private readonly counted = new WeakMap<GuardedRequest, Set<CheckName>>();

  override run(
    probes: readonly CompiledProbe[],
    request: GuardedRequest,
    context?: ExecutionContext,
    from = 0,
  ): Verdict | Promise<Verdict> {
    // A stage that goes on after waiting has been through here.
    if (from > 0) return super.run(probes, request, context, from);
    const judged = probes.filter(({ check }) => this.canJudge(check) || !this.leaveOut(check, request));
    return super.run(judged, request, context);
  }

  private canJudge(check: CheckName): boolean {
    const need = NEEDS[check];
    return need === undefined || (need !== 'never' && this.facets.has(need));
  }

  private leaveOut(check: CheckName, request: GuardedRequest): true {
    const checks = this.counted.get(request) ?? new Set();
    this.counted.set(request, checks);
    if (!checks.has(check)) this.unjudged.set(check, (this.unjudged.get(check) ?? 0) + 1);
    checks.add(check);
    return true;
  }
}
