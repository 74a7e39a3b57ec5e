import { Inject, Injectable } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import type { GuardedRequest } from '../platform/guarded-request';
import { describeRequest } from './event-request';
import { GuardLog } from './guard-log.service';
import { Redaction } from './redaction.service';
import { requestFields } from './refusal-log';

/** Writes one line per HTTP request, when it is over, at `logRequestLevel`. */
@Injectable()
export class RequestLog {
  private readonly config: GuardConfig;

  constructor(
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(GuardLog) private readonly log: GuardLog,
    @Inject(Redaction) private readonly redaction: Redaction,
  ) {
    this.config = live.current;
  }

  /** Follows a request that has just arrived. */
  follow(request: GuardedRequest): void {
    const { response } = request;
    if (this.config.logRequestLevel === null || response === undefined) return;
    // A connection that is lost has no address any more.
    void request.clientAddress;
    const started = performance.now();
    response.once('close', () => {
      const status = response.headersSent ? response.statusCode : undefined;
      const ms = Math.round((performance.now() - started) * 10) / 10;
      const aborted = response.writableFinished ? undefined : true;
      const fields = { status, ms, aborted, ...requestFields(this.redaction.described(describeRequest(request))) };
      this.log.writeEach(this.config.logRequestLevel, 'request', fields);
    });
  }
}
