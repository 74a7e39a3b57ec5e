import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { GuardEvents } from '../observability/guard-events.service';
import { GuardLog } from '../observability/guard-log.service';
import { Rehearsal } from './rehearsal';
import { rehearsalReport } from './rehearsal-report';
import type { RehearsalFinding, RehearsalSummary } from './rehearsal-summary';

const INTERVAL_MS = 3_600_000;
const LOGGED = 5;

/**
 * What would have been refused while `passiveMode` is on or checks are in `dry-run`, and how to silence what should not have
 * been. Counts on this instance, in bounded memory, from its start on. Every hour in which something was added, and when the
 * application shuts down, the five likeliest false positives are logged.
 *
 * @example
 * ```ts
 * @Controller('rehearsal')
 * class RehearsalController {
 *   constructor(private readonly rehearsal: RehearsalService) {}
 *
 *   @Get()
 *   @RequireIp({ whitelist: ['10.0.0.0/8'] })
 *   report() {
 *     return this.rehearsal.report();
 *   }
 * }
 * ```
 */
@Injectable()
export class RehearsalService implements OnModuleDestroy {
  private readonly rehearsal = new Rehearsal();
  private readonly timer: NodeJS.Timeout;
  private logged = 0;

  constructor(
    @Inject(GuardEvents) events: GuardEvents,
    @Inject(GuardLog) private readonly log: GuardLog,
  ) {
    events.on('would_refuse', (event) => this.rehearsal.add(event));
    events.on('would_ban', (event) => this.rehearsal.add(event));
    this.timer = setInterval(() => this.tell(), INTERVAL_MS).unref();
  }

  /** What would have been refused so far: by check, by route, by rule, and what is most likely wrong about it. */
  summary(): RehearsalSummary {
    return this.rehearsal.summary();
  }

  /** The summary as a text for people. */
  report(): string {
    return rehearsalReport(this.summary());
  }

  /** Starts anew, such as after the exclusions were applied with `updateConfig`. */
  reset(): void {
    this.rehearsal.reset();
    this.logged = 0;
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.tell();
  }

  private tell(): void {
    const { size } = this.rehearsal;
    if (size === this.logged) return;
    this.logged = size;
    for (const finding of this.summary().candidates.slice(0, LOGGED)) {
      this.log.writeEach('INFO', 'rehearsal', fieldsOf(finding));
    }
  }
}

function fieldsOf({ check, reason, route, place, count, clients, exclusions: [narrowest] }: RehearsalFinding) {
  const silence = narrowest && `${narrowest.code} ${narrowest.where}`;
  return { check, reason, route, place, count, clients, silence };
}
