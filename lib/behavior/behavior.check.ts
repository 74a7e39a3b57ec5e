import { Inject, Injectable, Logger } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import type { GuardedRequest } from '../platform/guarded-request';
import type { Refusal } from '../policy/refusal';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Observer, Probe, SecurityCheck } from '../policy/security-check';
import type { Awaitable } from '../state/state-store';
import { type BodyPattern, observeAnswer } from './answer-observer';
import { BehaviorMonitor, type Reaction } from './behavior-monitor';
import { type BehaviorRule, counterName } from './behavior-rule';
import { ruleListProblems, ruleProblems } from './rule-problems';
import type { ReturnPattern } from './return-pattern';
import { WatchedRule } from './watched-rule';

/** What requests without a route are counted as. */
const NO_ROUTE = '(no route)';

type Step = (request: GuardedRequest) => Awaitable<Refusal | undefined>;

/** Watches what clients do on each route, and acts when one crosses a rule. */
@Injectable()
export class BehaviorCheck implements SecurityCheck {
  static readonly check = 'behavior';
  static readonly fields = ['usageMonitor', 'returnMonitor', 'suspiciousFrequency', 'behaviorAnalysis'] as const;
  readonly name = BehaviorCheck.check;
  readonly stage = 'limits';
  readonly kinds = ['http', 'graphql', 'ws'] as const;
  private readonly logger = new Logger('NestapiGuard');

  constructor(@Inject(BehaviorMonitor) private readonly monitor: BehaviorMonitor) {}

  defaults({ behaviorRules }: GuardConfig): RoutePolicy {
    return behaviorRules.length === 0 ? {} : { behaviorAnalysis: behaviorRules };
  }

  static inspect(policy: RoutePolicy): FieldProblem[] {
    const problems: FieldProblem[] = [];
    const { usageMonitor = [], returnMonitor = [], suspiciousFrequency = [], behaviorAnalysis } = policy;
    for (const rule of usageMonitor) problems.push(...ruleProblems({ type: 'usage', ...rule }, 'usageMonitor'));
    for (const rule of returnMonitor) problems.push(...ruleProblems({ type: 'return', ...rule }, 'returnMonitor'));
    for (const rule of suspiciousFrequency) {
      problems.push(...ruleProblems({ type: 'frequency', ...rule }, 'suspiciousFrequency'));
    }
    if (behaviorAnalysis !== undefined) problems.push(...ruleListProblems(behaviorAnalysis, 'behaviorAnalysis'));
    return problems;
  }

  compile(target: CompileTarget): Probe | undefined {
    const steps = watchedRules(target).flatMap((watched) => this.stepOf(watched));
    return steps.length === 0 ? undefined : (request) => firstRefusal(steps, 0, request);
  }

  observe(target: CompileTarget): Observer | undefined {
    if (target.route !== undefined && !['http', 'graphql'].includes(target.route.kind)) return undefined;
    const watched = watchedRules(target).filter(({ pattern }) => pattern !== undefined);
    if (watched.length === 0) return undefined;
    const patterns = watched.map(({ pattern }) => pattern).filter(isBodyPattern);
    return (request) => this.follow(request, watched, patterns);
  }

  private stepOf(watched: WatchedRule): Step[] {
    if (watched.pattern === undefined) {
      return [
        (request) => {
          const reaction = this.monitor.call(watched, request, request);
          return reaction instanceof Promise ? reaction.then(refusalOf) : reaction.refusal;
        },
      ];
    }
    return watched.rule.action === 'throttle' ? [(request) => this.monitor.throttled(watched, request)] : [];
  }

  private follow(request: GuardedRequest, rules: readonly WatchedRule[], patterns: readonly BodyPattern[]): void {
    const { response, method } = request;
    // What comes over an open connection is not answered on the response of its upgrade.
    if (response === undefined || !request.metDoor || method === 'HEAD') return;
    observeAnswer(response, patterns, (status, found) => {
      for (const watched of rules) {
        const { pattern } = watched;
        const matches = pattern?.kind === 'status' ? pattern.status === status : found.has(pattern!);
        if (!matches) continue;
        this.monitor.answer(watched, request, request).catch((error: unknown) => {
          this.logger.error(`GUARD_BEHAVIOR_NOT_COUNTED ${watched.subject}: ${String(error)}`);
        });
      }
    });
  }
}

function watchedRules({ policy, route }: CompileTarget): WatchedRule[] {
  const subject = route?.template ?? NO_ROUTE;
  // A rule that two layers repeat would count everything twice.
  const rules = new Map(rulesOf(policy).map((rule) => [counterName(rule), rule]));
  return [...rules.values()].map((rule) => new WatchedRule(subject, rule));
}

function rulesOf(policy: RoutePolicy): BehaviorRule[] {
  const { usageMonitor = [], returnMonitor = [], suspiciousFrequency = [], behaviorAnalysis = [] } = policy;
  return [
    ...usageMonitor.map((rule) => ({ type: 'usage' as const, ...rule })),
    ...suspiciousFrequency.map((rule) => ({ type: 'frequency' as const, ...rule })),
    ...returnMonitor.map((rule) => ({ type: 'return' as const, ...rule })),
    ...behaviorAnalysis,
  ];
}

function isBodyPattern(pattern: ReturnPattern | undefined): pattern is BodyPattern {
  return pattern !== undefined && pattern.kind !== 'status';
}

function refusalOf({ refusal }: Reaction): Refusal | undefined {
  return refusal;
}

function firstRefusal(steps: readonly Step[], from: number, request: GuardedRequest): ReturnType<Probe> {
  for (let index = from; index < steps.length; index++) {
    const refusal = steps[index]!(request);
    if (refusal instanceof Promise)
      return refusal.then((settled) => settled ?? firstRefusal(steps, index + 1, request));
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
