import { Inject, Injectable } from '@nestjs/common';
import { SuspicionService } from '../bans/suspicion.service';
import type { FieldProblem } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import type { GuardedRequest } from '../platform/guarded-request';
import { declaredLength } from '../platform/message-body';
import type { Refusal } from '../policy/refusal';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { capturedBody, type CapturedParts, type CapturedText, sentText } from './body-capture.check';
import { type DetectionPolicy, STRIKE_SCORE } from './detection-policy';
import { refusalOf, tooMuch, worstOf } from './detection-refusal';
import { DetectionService } from './detection.service';
import { type DetectionResult } from './detection.types';
import { optionProblems, routeOptions } from './suspicious-detection.options';
import { type StreamedPart } from './values/multipart-stream';

type Answer = Refusal | undefined;

/** How a route is inspected. */
interface Inspection {
  readonly policy: DetectionPolicy;
  readonly overBudget: GuardConfig['detectionOverBudget'];
}

/** Refuses requests that carry an attack, and counts them against their client. */
@Injectable()
export class PenetrationCheck implements SecurityCheck {
  static readonly check = 'penetration';
  static readonly fields = ['suspiciousDetection'] as const;
  readonly name = PenetrationCheck.check;
  readonly stage = 'detection';

  constructor(
    @Inject(DetectionService) private readonly detection: DetectionService,
    @Inject(SuspicionService) private readonly suspicion: SuspicionService,
  ) {}

  static inspect({ suspiciousDetection: options }: RoutePolicy): FieldProblem[] {
    if (options === undefined) return [];
    return optionProblems(options).map((problem) => ({ ...problem, path: `suspiciousDetection${problem.path ?? ''}` }));
  }

  compile({ policy: { suspiciousDetection: options = {} }, config }: CompileTarget): Probe | undefined {
    if (!(options.enabled ?? config.enablePenetrationDetection)) return undefined;
    const policy = this.detection.compile(routeOptions(options, config), config);
    const inspection: Inspection = { policy, overBudget: config.detectionOverBudget };
    return (request) => (request.trusted ? undefined : this.ask(request, inspection));
  }

  private ask(request: GuardedRequest, inspection: Inspection): Answer | Promise<Answer> {
    const captured = capturedBody(request);
    // A text without a length may be a stream that its handler answers piece by piece: waiting for it would stop both.
    const streamed = captured?.kind === 'text' && declaredLength(request.raw!) === undefined;
    if (captured === undefined || captured.ahead.settled || streamed) return this.decide(request, captured, inspection);
    return captured.ahead.arrival().then(() => this.decide(request, captured, inspection));
  }

  private decide(
    request: GuardedRequest,
    captured: CapturedText | CapturedParts | undefined,
    inspection: Inspection,
  ): Answer | Promise<Answer> {
    const result = this.detection.inspectGuarded(request, inspection.policy, sentText(captured));
    const answer = this.answer(request, result, inspection);
    return answer === undefined && captured?.kind === 'multipart'
      ? this.askParts(request, captured, inspection)
      : answer;
  }

  /** What has arrived of a multipart body decides now; what is still to come is broken off when it turns out to be an attack. */
  private askParts(request: GuardedRequest, captured: CapturedParts, inspection: Inspection): Answer | Promise<Answer> {
    const inspect = this.detection.openBody(request, inspection.policy);
    const judge = (part: StreamedPart): DetectionResult => {
      const result = inspect(part);
      return part.shortened && !result.suspicious ? { ...result, truncated: ['text'] } : result;
    };
    for (const part of captured.parts.splice(0)) {
      const answer = this.answer(request, judge(part), inspection);
      if (answer !== undefined) return answer;
    }
    if (captured.ahead.over) return undefined;
    const tap = request.tapBody();
    let refused = false;
    captured.onPart = (part) => {
      if (refused) return;
      const result = judge(part);
      const answer = this.answer(request, result, inspection);
      if (answer === undefined) return;
      refused = true;
      // Counting may take a round trip to Redis; the body does not wait for it.
      if (answer instanceof Promise) answer.catch(() => undefined);
      tap?.interrupt(answer instanceof Promise ? refusalOf(result) : answer);
    };
    return undefined;
  }

  /** The refusal that a verdict comes to, if any. Only confident detections are strikes: nobody is banned for a snippet. */
  private answer(
    request: GuardedRequest,
    result: DetectionResult,
    { overBudget }: Inspection,
  ): Answer | Promise<Answer> {
    if (!result.suspicious) return result.truncated && overBudget === 'refuse' ? tooMuch(result) : undefined;
    const worst = worstOf(result.threats);
    const refusal = refusalOf(result);
    if (worst.score < STRIKE_SCORE) return refusal;
    const suspicion = { check: this.name, reason: worst.category, evidence: refusal.evidence } as const;
    const outcome = this.suspicion.strike(request, suspicion);
    const settle = ({ banned }: { banned: boolean }): Refusal =>
      banned ? { ...refusal, status: 403, message: 'Forbidden' } : refusal;
    return outcome instanceof Promise ? outcome.then(settle) : settle(outcome);
  }
}
