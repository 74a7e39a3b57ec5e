import { Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import { inspectList } from '../config/setting';
import type { Refusal } from '../policy/refusal';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { headerText } from './header-text';
import { parseReferrerRule, readReferrer } from './referrer-rule';

const MISSING = refusal('no referrer');
const FOREIGN = refusal('referrer not listed');

/** Asks which page a request comes from. */
@Injectable()
export class RequireReferrerCheck implements SecurityCheck {
  static readonly check = 'referrer';
  static readonly fields = ['requireReferrer'] as const;
  readonly name = RequireReferrerCheck.check;
  readonly stage = 'access';
  readonly kinds = ['http', 'graphql'] as const;

  static inspect({ requireReferrer: hosts }: RoutePolicy): FieldProblem[] {
    if (hosts === undefined) return [];
    const path = 'requireReferrer';
    if (Array.isArray(hosts) && hosts.length === 0) {
      return [{ path, value: hosts, message: 'is empty and would refuse everyone; name a host' }];
    }
    const problems = inspectList(hosts, ruleProblem, 'a list of hosts such as ["myapp.com"]');
    return problems.map((problem) => ({ ...problem, path: `${path}${problem.path ?? ''}` }));
  }

  compile({ policy: { requireReferrer } }: CompileTarget): Probe | undefined {
    if (requireReferrer === undefined) return undefined;
    const rules = requireReferrer.map((entry) => parseReferrerRule(entry)!);
    return ({ headers }) => {
      const header = headerText(headers, 'referer');
      if (header === undefined || header === '') return MISSING;
      const referrer = readReferrer(header);
      if (referrer === undefined) return FOREIGN;
      for (const admits of rules) if (admits(referrer)) return undefined;
      return FOREIGN;
    };
  }
}

function ruleProblem(entry: unknown): string | undefined {
  if (typeof entry === 'string' && parseReferrerRule(entry) !== undefined) return undefined;
  return 'is not a host; use "myapp.com", "myapp.com:8443" or "https://myapp.com", without a path';
}

function refusal(reason: string): Refusal {
  return { status: 403, message: 'Forbidden', check: 'referrer', reason };
}
