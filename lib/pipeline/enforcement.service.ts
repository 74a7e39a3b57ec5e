import { Inject, Injectable } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { describeRequest } from '../observability/event-request';
import type { LimitedEvent, RefusalEvent, ThreatEvent } from '../observability/guard-event';
import { GuardEvents } from '../observability/guard-events.service';
import { Redaction } from '../observability/redaction.service';
import type { GuardedRequest } from '../platform/guarded-request';
import type { CheckName } from '../policy/check-name';
import type { Refusal } from '../policy/refusal';
import { compileErrorResponses, type ErrorBodies } from '../response/error-body';
import { createGuardException, type GuardException, refusalCode } from './guard-exception';

/**
 * The one place that turns a refusal into an exception, an event and a log line, and that knows whether refusals are
 * enforced at all.
 */
@Injectable()
export class Enforcement {
  private readonly config: GuardConfig;
  private bodies: ErrorBodies;

  constructor(
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(GuardEvents) private readonly events: GuardEvents,
    @Inject(Redaction) private readonly redaction: Redaction,
  ) {
    this.config = live.current;
    this.bodies = compileErrorResponses(live.current.customErrorResponses);
    live.onPrepare((next) => {
      const bodies = compileErrorResponses(next.customErrorResponses);
      return () => {
        this.bodies = bodies;
      };
    });
  }

  /** The exception to throw, or undefined when the refusal is only to be reported. */
  enforce(refusal: Refusal, request: GuardedRequest): GuardException | undefined {
    const mode = this.modeOf(refusal);
    // Fields of one GraphQL query that are refused for one reason are one incident.
    if (request.kind !== 'graphql') this.report(refusal, mode, request);
    else request.once(`pipeline:${refusal.check}:${refusal.reason}`, () => this.report(refusal, mode, request));
    if (mode !== 'enforce') {
      const { check, reason, status } = refusal;
      request.report({ check, reason, status, mode });
      return undefined;
    }
    request.whole.refused = true;
    for (const name in refusal.headers) request.setResponseHeader(name, refusal.headers[name]!);
    request.setResponseHeader('Cache-Control', 'no-store');
    if (refusal.closesConnection === true) request.closeConnection();
    const { status, message, body = this.bodies.of(status, message, refusalCode(refusal)) } = refusal;
    return createGuardException(refusal, body);
  }

  /** A check threw: what that means is decided by `failSecure`. */
  fail(check: CheckName, error: unknown, request: GuardedRequest): GuardException | undefined {
    const { failSecure } = this.config;
    this.events.emit({
      type: 'check_failed',
      at: new Date(),
      check,
      error: this.redaction.text(errorText(error), request),
      origin: originOf(error),
      refused: failSecure,
      request: describeRequest(request),
    });
    if (!failSecure) return undefined;
    const code = 'GUARD_CHECK_FAILED';
    return this.enforce(
      { status: 500, message: 'Internal server error', check, reason: 'the check failed', code },
      request,
    );
  }

  private report(refusal: Refusal, mode: RefusalEvent['mode'], request: GuardedRequest): void {
    const { check, reason, status, incident, evidence } = refusal;
    const event: RefusalEvent = {
      type: mode === 'enforce' ? 'refused' : 'would_refuse',
      at: new Date(),
      check,
      reason,
      status,
      mode,
      request: describeRequest(request),
      evidence: evidence === undefined || refusal.ownWords ? evidence : this.redaction.evidence(evidence, request),
    };
    this.events.emit(event, 'redacted');
    if (incident !== undefined) this.events.emit(incidentOf(event, incident), 'redacted');
  }

  private modeOf(refusal: Refusal): RefusalEvent['mode'] {
    if (refusal.always === true) return 'enforce';
    if (this.config.passiveMode) return 'passive';
    return this.config.checkModes[refusal.check] === 'dry-run' ? 'dry-run' : 'enforce';
  }
}

/** The check that named the incident has seen to it that its evidence is of the kind. */
function incidentOf({ at, check, reason, mode, request, evidence }: RefusalEvent, type: 'limited' | 'threat') {
  return { type, at, check, reason, mode, request, evidence } as LimitedEvent | ThreatEvent;
}

function errorText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** The first line of the stack trace: enough to find the check that failed. */
function originOf(error: unknown): string | undefined {
  const stack = error instanceof Error ? error.stack : undefined;
  return stack
    ?.split('\n')
    .find((line) => line.startsWith('    at '))
    ?.slice('    at '.length);
}
