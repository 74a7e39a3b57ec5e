import { Inject, Injectable } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import type { BanEvent } from '../observability/guard-event';
import { GuardEvents } from '../observability/guard-events.service';
import { GuardLog } from '../observability/guard-log.service';
import type { LogLevel } from '../observability/log-level';
import type { LogFields } from '../observability/log-line';

/** Writes one line per ban. */
@Injectable()
export class BanLog {
  private readonly config: GuardConfig;

  constructor(
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(GuardEvents) events: GuardEvents,
    @Inject(GuardLog) private readonly log: GuardLog,
  ) {
    this.config = live.current;
    events.on('banned', (event) => this.tell(event, this.config.logSuspiciousLevel));
    events.on('would_ban', (event) => this.tell(event, this.config.logSuspiciousLevel));
    events.on('unbanned', (event) => this.tell(event, 'INFO'));
  }

  private tell(event: BanEvent, level: LogLevel | null): void {
    this.log.write(level, event.type, banFields(event));
  }
}

function banFields({ target, reason, seconds, automatic, request, evidence }: BanEvent): LogFields {
  const by = automatic ? 'guard' : 'application';
  const { method, path, requestId: id } = request ?? {};
  return { target, by, reason, seconds, method, path, id, evidence };
}
