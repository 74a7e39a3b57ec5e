import { Inject, Injectable, Logger } from '@nestjs/common';
import type { BanEvent } from '../observability/guard-event';
import { GuardEvents } from '../observability/guard-events.service';
import { quote } from '../observability/log-text';

/** Writes one line per ban through Nest's logger. */
@Injectable()
export class BanLog {
  private readonly logger = new Logger('NestapiGuard');

  constructor(@Inject(GuardEvents) events: GuardEvents) {
    events.on('banned', (event) => this.logger.warn(banLine('banned', event)));
    events.on('would_ban', (event) => this.logger.warn(banLine('would ban', event)));
    events.on('unbanned', (event) => this.logger.log(banLine('unbanned', event)));
  }
}

function banLine(verb: string, { target, reason, seconds, automatic, request }: BanEvent): string {
  const length = seconds === undefined ? '' : ` seconds=${seconds}`;
  const cause = request === undefined ? '' : ` ${request.method} ${quote(request.path)}`;
  return `${verb} ${target} by=${automatic ? 'guard' : 'application'} reason=${quote(reason)}${length}${cause}`;
}
