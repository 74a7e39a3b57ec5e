import { Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { compileHttpsRule } from './https-rule';

/** The https rule of a route. */
@Injectable()
export class RequireHttpsCheck implements SecurityCheck {
  readonly name = 'https';
  readonly stage = 'arrival';
  readonly kinds = ['http', 'graphql', 'ws'] as const;
  readonly fields = ['requireHttps'] as const;

  inspect({ requireHttps }: RoutePolicy): FieldProblem[] {
    if (requireHttps === undefined || requireHttps === true) return [];
    return [{ path: 'requireHttps', value: requireHttps, message: 'is not accepted; use true' }];
  }

  compile({ policy, config }: CompileTarget): Probe | undefined {
    // With `enforceHttps` the door has asked already.
    return policy.requireHttps === true && !config.enforceHttps ? compileHttpsRule(config) : undefined;
  }
}
