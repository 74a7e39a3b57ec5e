import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import type { CheckFailedEvent, EventRequest, RefusalEvent } from './guard-event';
import { GuardEvents } from './guard-events.service';
import { GuardLog, sameness } from './guard-log.service';
import type { LogFields } from './log-line';

/** Writes one line per refusal, and calls `onBlock`. */
@Injectable()
export class RefusalLog implements OnApplicationShutdown {
  private readonly config: GuardConfig;

  constructor(
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(GuardEvents) private readonly events: GuardEvents,
    @Inject(GuardLog) private readonly log: GuardLog,
  ) {
    this.config = live.current;
    events.on('refused', (event) => this.tell(event));
    events.on('would_refuse', (event) => this.tell(event));
    events.on('check_failed', (event) => log.write('ERROR', 'check_failed', failureFields(event)));
    events.on('refused', (event) => this.config.onBlock?.(event));
  }

  /** The last events become the last lines. */
  async onApplicationShutdown(): Promise<void> {
    this.events.close();
    await this.log.close();
  }

  private tell(event: RefusalEvent): void {
    const { type, status, check, reason, mode, request, evidence } = event;
    const { ip, method, path, route } = request;
    const found = evidence === undefined ? '' : sameness(evidence);
    const same = `${status} ${check} ${reason}\n${mode} ${ip} ${method} ${path} ${route}\n${found}`;
    this.log.fold(this.config.logSuspiciousLevel, type, same, () => refusalFields(event));
  }
}

function refusalFields({ type, status, check, reason, mode, request, evidence }: RefusalEvent): LogFields {
  const shownMode = type === 'refused' ? undefined : mode;
  return { status, check, reason, mode: shownMode, ...requestFields(request), evidence };
}

function failureFields({ check, error, origin, refused, request }: CheckFailedEvent): LogFields {
  return { check, refused, error, origin, ...requestFields(request) };
}

/** What a line says about the request that caused it. */
export function requestFields({ ip, method, path, route, requestId }: EventRequest): LogFields {
  return { client: ip ?? 'none', method, path, route, id: requestId };
}
