import { Inject, Injectable } from '@nestjs/common';
import { LiveConfig } from '../config/live-config';
import type { BehaviorEvent } from '../observability/guard-event';
import { GuardEvents } from '../observability/guard-events.service';
import { GuardLog } from '../observability/guard-log.service';

/** Writes one line per crossing. */
@Injectable()
export class BehaviorLog {
  constructor(
    @Inject(LiveConfig) { current: config }: LiveConfig,
    @Inject(GuardEvents) events: GuardEvents,
    @Inject(GuardLog) log: GuardLog,
  ) {
    events.on('behavior', (event) => {
      const level = event.severity === 'critical' ? 'ERROR' : config.logSuspiciousLevel;
      log.write(level, event.type, crossingFields(event));
    });
  }
}

function crossingFields({ action, client, subject, reason, count }: BehaviorEvent) {
  return { action, client, subject, reason, count };
}
