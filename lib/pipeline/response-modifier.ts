import { type HttpServer, Inject, Injectable } from '@nestjs/common';
import { GuardConfigError } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { describeRequest } from '../observability/event-request';
import { GuardLog } from '../observability/guard-log.service';
import { Redaction } from '../observability/redaction.service';
import { requestFields } from '../observability/refusal-log';
import { type Answer, attachAnswers } from '../platform/answer';
import { GuardedRequests } from '../platform/guarded-requests';
import { GuardedResponse } from '../platform/guarded-response';

/** Has `customResponseModifier` change the answers. Without one, nothing of this takes part in any request. */
@Injectable()
export class ResponseModifier {
  private readonly config: GuardConfig;

  constructor(
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(GuardedRequests) private readonly requests: GuardedRequests,
    @Inject(Redaction) private readonly redaction: Redaction,
    @Inject(GuardLog) private readonly log: GuardLog,
  ) {
    this.config = live.current;
    live.onPrepare((next) => rejectLateComer(live.current, next));
  }

  attach(adapter: HttpServer): void {
    if (this.config.customResponseModifier !== undefined) attachAnswers(adapter, (answer) => this.visit(answer));
  }

  private visit(answer: Answer): void {
    const modify = this.config.customResponseModifier;
    if (modify === undefined) return;
    const request = this.requests.known(answer.raw);
    try {
      const response = new GuardedResponse(answer, request);
      const returned = modify(response);
      if (returned instanceof Promise) {
        returned.catch(() => undefined);
        throw new TypeError('it returned a promise, and an answer cannot wait');
      }
      response.replace(returned);
      response.commit();
    } catch (error) {
      const text = this.redaction.text(String(error), request);
      const about = request && requestFields(this.redaction.described(describeRequest(request)));
      this.log.write('ERROR', 'response_modifier_failed', { error: text, ...about });
    }
  }
}

/** The framework has to know of it before the first route. */
function rejectLateComer({ customResponseModifier: current }: GuardConfig, next: GuardConfig): void {
  if (current !== undefined || next.customResponseModifier === undefined) return;
  const message = 'was not configured when the application started; restart it';
  throw new GuardConfigError([{ path: 'customResponseModifier', message }]);
}
