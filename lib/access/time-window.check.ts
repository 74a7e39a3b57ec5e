import { Inject, Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import type { Refusal } from '../policy/refusal';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { WALL_CLOCK, type WallClock } from '../state/wall-clock';
import { compileTimeWindow, timeWindowProblems } from './time-window';
import { ZoneClock } from './wall-time';

const CLOSED: Refusal = { status: 403, message: 'Forbidden', check: 'time_window', reason: 'outside the time window' };

/** Serves a route at certain times of day only. */
@Injectable()
export class TimeWindowCheck implements SecurityCheck {
  static readonly check = 'time_window';
  static readonly fields = ['timeWindow'] as const;
  readonly name = TimeWindowCheck.check;
  readonly stage = 'access';
  /** Routes share the clock of their zone. */
  private readonly zones = new Map<string, ZoneClock>();

  constructor(@Inject(WALL_CLOCK) private readonly clock: WallClock) {}

  static inspect({ timeWindow: rule }: RoutePolicy): FieldProblem[] {
    if (rule === undefined) return [];
    return timeWindowProblems(rule).map((problem) => ({ ...problem, path: `timeWindow${problem.path ?? ''}` }));
  }

  compile({ policy: { timeWindow } }: CompileTarget): Probe | undefined {
    if (timeWindow === undefined) return undefined;
    const isOpen = compileTimeWindow(timeWindow);
    const zone = this.zoneOf(timeWindow.zone ?? 'UTC');
    return () => (isOpen(zone.at(this.clock())) ? undefined : CLOSED);
  }

  private zoneOf(name: string): ZoneClock {
    const zone = this.zones.get(name) ?? new ZoneClock(name);
    this.zones.set(name, zone);
    return zone;
  }
}
