import type { GuardedRequest } from '../platform/guarded-request';
import type { CheckName } from './check-name';
import type { PolicyField, PolicyLayer, RoutePolicy } from './route-policy';
import type { RouteWays } from './route-ways';
import type { Observer, Probe, RouteInfo, Stage } from './security-check';

export interface CompiledProbe {
  readonly check: CheckName;
  readonly probe: Probe;
}

/** Probes in the order in which a request meets them. */
export class ProbePlan {
  /** An excluded path skips everything but emergency mode. */
  private readonly onExcludedPath: readonly CompiledProbe[];

  constructor(private readonly probes: readonly CompiledProbe[]) {
    this.onExcludedPath = probes.filter(({ check }) => check === 'emergency');
  }

  get isEmpty(): boolean {
    return this.probes.length === 0;
  }

  for(request: GuardedRequest): readonly CompiledProbe[] {
    return request.excluded ? this.onExcludedPath : this.probes;
  }

  get checks(): CheckName[] {
    return [...new Set(this.probes.map(({ check }) => check))];
  }

  static join(...plans: readonly ProbePlan[]): ProbePlan {
    return new ProbePlan(plans.flatMap((plan) => plan.probes));
  }
}

/** A target's policy, made ready. */
export interface CompiledTarget extends Readonly<Record<Stage, ProbePlan>> {
  readonly policy: RoutePolicy;
  /** What is left of `access` once `arrival` has been asked. */
  readonly arrived: ProbePlan;
  readonly observers: readonly Observer[];
  readonly bypassed: ReadonlySet<CheckName>;
}

/** The compiled policy of one handler. */
export interface CompiledRoute extends CompiledTarget, RouteInfo {
  readonly ways: RouteWays;
  readonly sources: Readonly<Partial<Record<PolicyField, PolicyLayer>>>;
  /** The fields that are what they would be if nobody had configured or decorated anything. */
  readonly untouched: ReadonlySet<PolicyField>;
  /** What a message on an open connection meets instead of `access`: it came through no door of its own. */
  readonly message: ProbePlan;
}

/** What applies to requests that no route matches. */
export interface CompiledUnmatched {
  /** The whole door, including what was left to the routes because some of them bypass it. */
  readonly threshold: ProbePlan;
  /** What a preflight meets of it: limits are not among that. */
  readonly preflight: ProbePlan;
  /** Every stage behind the door. */
  readonly guarded: ProbePlan;
  /** The door and everything behind it. */
  readonly everything: ProbePlan;
  readonly observers: readonly Observer[];
}
