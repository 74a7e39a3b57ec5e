import { Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { compileHttpsRule } from './https-rule';

/** The https rule of a route. */
@Injectable()
export class RequireHttpsCheck implements SecurityCheck {
  static readonly check = 'https';
  static readonly fields = ['requireHttps'] as const;
  readonly name = RequireHttpsCheck.check;
  readonly stage = 'arrival';
  readonly kinds = ['http', 'graphql', 'ws'] as const;

  static inspect({ requireHttps }: RoutePolicy): FieldProblem[] {
    if (requireHttps === undefined || requireHttps === true) return [];
    return [{ path: 'requireHttps', value: requireHttps, message: 'is not accepted; use true' }];
  }

  compile({ policy, config }: CompileTarget): Probe | undefined {
    // With `enforceHttps` the door has asked already.
    return policy.requireHttps === true && !config.enforceHttps ? compileHttpsRule(config) : undefined;
  }
}
