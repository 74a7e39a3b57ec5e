import { Inject, Injectable, Logger } from '@nestjs/common';
import { GuardEvents } from './guard-events.service';
import { quote } from './log-text';
import type { CheckFailedEvent, RefusalEvent } from './guard-event';

/** Writes one line per refusal through Nest's logger. */
@Injectable()
export class RefusalLog {
  private readonly logger = new Logger('NestapiGuard');

  constructor(@Inject(GuardEvents) events: GuardEvents) {
    events.on('refused', (event) => this.logger.warn(refusalLine('refused', event)));
    events.on('would_refuse', (event) => this.logger.warn(refusalLine('would refuse', event)));
    events.on('check_failed', (event) => this.logger.error(failureLine(event)));
  }
}

function refusalLine(verb: string, { check, reason, status, request }: RefusalEvent): string {
  const client = request.ip ?? 'no address';
  return `${verb} ${status} check=${check} reason=${quote(reason)} client=${client} ${subject(request)}`;
}

function failureLine({ check, error, refused, request }: CheckFailedEvent): string {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `check failed check=${check} ${refused ? 'refused' : 'passed'} error=${quote(message)} ${subject(request)}`;
}

function subject({ method, path, route }: RefusalEvent['request']): string {
  return `${method} ${quote(path)}${route === undefined ? '' : ` route=${quote(route)}`}`;
}
