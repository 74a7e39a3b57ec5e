import type { CheckName } from './check-name';
import type { PolicyField, PolicySource, RoutePolicy } from './route-policy';
import type { Probe, ResponseProbe, RouteInfo, Stage } from './security-check';

export interface CompiledProbe {
  readonly check: CheckName;
  readonly probe: Probe;
}

/** A target's policy, made ready: the probes of each stage in the order in which a request meets them. */
export interface CompiledTarget extends Readonly<Record<Stage, readonly CompiledProbe[]>> {
  readonly policy: RoutePolicy;
  readonly watches: readonly ResponseProbe[];
  readonly bypassed: ReadonlySet<CheckName>;
}

/** The compiled policy of one handler. */
export interface CompiledRoute extends CompiledTarget, RouteInfo {
  readonly sources: Readonly<Partial<Record<PolicyField, PolicySource>>>;
}
