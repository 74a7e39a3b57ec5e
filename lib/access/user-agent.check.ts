import { Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import { inspectList } from '../config/setting';
import type { Refusal } from '../policy/refusal';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { compileUserAgents, userAgentPatternProblem } from './user-agent-patterns';

const BLOCKED: Refusal = { status: 403, message: 'Forbidden', check: 'user_agent', reason: 'blocked user agent' };

/** Refuses clients by their `User-Agent`. */
@Injectable()
export class UserAgentCheck implements SecurityCheck {
  static readonly check = 'user_agent';
  static readonly fields = ['blockUserAgents'] as const;
  readonly name = UserAgentCheck.check;
  readonly stage = 'access';
  readonly kinds = ['http', 'graphql', 'ws'] as const;

  defaults(config: GuardConfig): RoutePolicy {
    return config.blockedUserAgents.length === 0 ? {} : { blockUserAgents: config.blockedUserAgents };
  }

  static inspect({ blockUserAgents: patterns }: RoutePolicy): FieldProblem[] {
    if (patterns === undefined) return [];
    const problems = inspectList(patterns, userAgentPatternProblem, 'a list of strings and regular expressions');
    return problems.map((problem) => ({ ...problem, path: `blockUserAgents${problem.path ?? ''}` }));
  }

  compile({ policy: { blockUserAgents } }: CompileTarget): Probe | undefined {
    if (blockUserAgents === undefined || blockUserAgents.length === 0) return undefined;
    const isBlocked = compileUserAgents(blockUserAgents);
    return (request) => (!request.trusted && isBlocked(request.userAgent) ? BLOCKED : undefined);
  }
}
