import { Inject, Injectable, Logger } from '@nestjs/common';
import type { BehaviorEvent } from '../observability/guard-event';
import { GuardEvents } from '../observability/guard-events.service';
import { quote } from '../observability/log-text';

/** Writes one line per crossing through Nest's logger. */
@Injectable()
export class BehaviorLog {
  private readonly logger = new Logger('NestapiGuard');

  constructor(@Inject(GuardEvents) events: GuardEvents) {
    events.on('behavior', (event) => {
      if (event.severity === 'critical') this.logger.error(crossingLine(event));
      else this.logger.warn(crossingLine(event));
    });
  }
}

function crossingLine({ action, client, subject, reason, count }: BehaviorEvent): string {
  return `behavior action=${action} client=${quote(client)} subject=${quote(subject)} reason=${quote(reason)} count=${count}`;
}
