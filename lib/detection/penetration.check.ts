import { Inject, Injectable } from '@nestjs/common';
import { SuspicionService } from '../bans/suspicion.service';
import type { FieldProblem } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import type { GuardedRequest } from '../platform/guarded-request';
import type { Refusal } from '../policy/refusal';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { type DetectionPolicy, STRIKE_SCORE } from './detection-policy';
import { categoryProblem, exclusionProblems } from './detection.config';
import { DetectionService } from './detection.service';
import { capturedForm } from './form-capture.check';
import { watchMultipart } from './multipart-watch';
import { type DetectionExclusions, type DetectionResult, type Threat } from './detection.types';
import { type SuspiciousDetectionOptions } from './suspicious-detection.decorator';

/** Threats named in an event; the first says what happened, the rest is for the curious. */
const REPORTED = 5;

/** Refuses requests that carry an attack, and counts them against their client. */
@Injectable()
export class PenetrationCheck implements SecurityCheck {
  readonly name = 'penetration';
  readonly stage = 'detection';
  readonly fields = ['suspiciousDetection'] as const;

  constructor(
    @Inject(DetectionService) private readonly detection: DetectionService,
    @Inject(SuspicionService) private readonly suspicion: SuspicionService,
  ) {}

  inspect({ suspiciousDetection: options }: RoutePolicy): FieldProblem[] {
    if (options === undefined) return [];
    return optionProblems(options).map((problem) => ({ ...problem, path: `suspiciousDetection${problem.path ?? ''}` }));
  }

  compile({ policy: { suspiciousDetection: options = {} }, config }: CompileTarget): Probe | undefined {
    if (!(options.enabled ?? config.enablePenetrationDetection)) return undefined;
    const policy = this.detection.compile(routeOptions(options, config), config);
    const overBudget = config.detectionOverBudget;
    return (request) => {
      if (request.trusted) return undefined;
      const result = this.detection.inspectGuarded(request, policy, capturedForm(request));
      const refusal = this.judge(request, result, overBudget);
      if (refusal === undefined) this.watchBody(request, policy, overBudget);
      return refusal;
    };
  }

  /** What arrives after the guards is broken off when it turns out to be an attack. */
  private watchBody(
    request: GuardedRequest,
    policy: DetectionPolicy,
    overBudget: GuardConfig['detectionOverBudget'],
  ): void {
    watchMultipart(request, this.detection, policy, (result) => {
      const refusal = this.judge(request, result, overBudget);
      const tap = request.tapBody();
      // Counting may take a round trip to Redis; the body does not wait for it.
      if (refusal instanceof Promise) {
        refusal.catch(() => undefined);
        tap?.interrupt(refusalOf(result));
      } else if (refusal !== undefined) tap?.interrupt(refusal);
    });
  }

  /** The refusal that a verdict comes to. */
  judge(
    request: GuardedRequest,
    result: DetectionResult,
    overBudget: GuardConfig['detectionOverBudget'],
  ): Refusal | undefined | Promise<Refusal | undefined> {
    if (!result.suspicious)
      return result.truncated !== undefined && overBudget === 'refuse' ? tooMuch(result) : undefined;
    const worst = worstOf(result.threats);
    const refusal = refusalOf(result);
    if (worst.score < STRIKE_SCORE) return refusal;
    const outcome = this.suspicion.strike(request, {
      check: 'penetration',
      reason: worst.category,
      evidence: refusal.evidence,
    });
    const settle = ({ banned }: { banned: boolean }): Refusal =>
      banned ? { ...refusal, status: 403, message: 'Forbidden' } : refusal;
    return outcome instanceof Promise ? outcome.then(settle) : settle(outcome);
  }
}

/** What a route adds to the configuration: exclusions come on top, the rest replaces. */
export function routeOptions({ categories, exclude, sensitivity }: SuspiciousDetectionOptions, config: GuardConfig) {
  return {
    ...(categories === undefined ? {} : { categories }),
    ...(sensitivity === undefined ? {} : { sensitivity }),
    ...(exclude === undefined ? {} : { exclude: joinExclusions(config.detectionExclude, exclude) }),
  };
}

function joinExclusions(first: DetectionExclusions, second: DetectionExclusions): DetectionExclusions {
  const join = (name: keyof DetectionExclusions): string[] => [...(first[name] ?? []), ...(second[name] ?? [])];
  return { headers: join('headers'), params: join('params'), bodyFields: join('bodyFields'), cookies: join('cookies') };
}

function refusalOf(result: DetectionResult): Refusal {
  const { category } = worstOf(result.threats);
  return { status: 400, message: 'Bad request', check: 'penetration', reason: category, evidence: evidenceOf(result) };
}

function worstOf(threats: readonly Threat[]): Threat {
  return threats.reduce((worst, threat) => (threat.score > worst.score ? threat : worst));
}

function tooMuch({ truncated = [] }: DetectionResult): Refusal {
  return {
    status: 400,
    message: 'Bad request',
    check: 'penetration',
    reason: 'inspection budget',
    code: 'GUARD_INSPECTION_BUDGET',
    evidence: { truncated },
  };
}

function evidenceOf({ score, threats }: DetectionResult): Readonly<Record<string, unknown>> {
  return {
    score,
    threats: threats
      .slice(0, REPORTED)
      .map(({ category, detector, path, excerpt, decoded, reason }) => ({
        category,
        detector,
        path,
        excerpt,
        decoded,
        reason,
      })),
  };
}

const OPTION_NAMES = ['enabled', 'categories', 'exclude', 'sensitivity'];

function optionProblems(options: SuspiciousDetectionOptions): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { enabled, categories, exclude, sensitivity } = options;
  for (const name of Object.keys(options)) {
    if (!OPTION_NAMES.includes(name))
      problems.push({ path: `.${name}`, message: `is not known; use ${OPTION_NAMES.join(', ')}` });
  }
  if (enabled !== undefined && typeof enabled !== 'boolean')
    problems.push({ path: '.enabled', value: enabled, message: 'is not accepted; use true or false' });
  if (categories !== undefined) {
    const list: unknown = categories;
    if (!Array.isArray(list))
      problems.push({ path: '.categories', value: list, message: 'is not a list of categories' });
    else {
      list.forEach((category: unknown, index) => {
        const message = categoryProblem(category);
        if (message !== undefined) problems.push({ path: `.categories[${index}]`, value: category, message });
      });
    }
  }
  if (sensitivity !== undefined && !['low', 'default', 'high'].includes(sensitivity)) {
    problems.push({
      path: '.sensitivity',
      value: sensitivity,
      message: 'is not accepted; use "low", "default" or "high"',
    });
  }
  if (exclude !== undefined)
    problems.push(
      ...exclusionProblems(exclude).map((problem) => ({ ...problem, path: `.exclude${problem.path ?? ''}` })),
    );
  return problems;
}
