import { Inject, Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import { inspectList } from '../config/setting';
import { decoratorPlace } from '../policy/decorator-place';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import type { CustomCheck } from './custom-check';
import { customCheckProblem } from './custom-check';
import { CustomChecks } from './custom-checks.service';

/** Asks the application's own checks of a route. */
@Injectable()
export class CustomValidationCheck implements SecurityCheck {
  static readonly check = 'custom_validation';
  static readonly fields = ['customValidation'] as const;
  readonly name = CustomValidationCheck.check;
  readonly stage = 'access';

  constructor(@Inject(CustomChecks) private readonly customChecks: CustomChecks) {}

  static inspect({ customValidation: checks }: RoutePolicy): FieldProblem[] {
    if (checks === undefined) return [];
    const problems = inspectList(listOf(checks), customCheckProblem, 'a list of checks');
    return problems.map((problem) => ({ ...problem, path: 'customValidation' }));
  }

  compile(target: CompileTarget): Probe | undefined {
    const { customValidation } = target.policy;
    if (customValidation === undefined) return undefined;
    const where = decoratorPlace(target, 'customValidation');
    const probes = listOf(customValidation).map((check) => this.customChecks.compile(check, this.name, where));
    return probes.length === 1 ? probes[0] : inOrder(probes);
  }
}

function listOf(checks: CustomCheck | readonly CustomCheck[]): readonly CustomCheck[] {
  return typeof checks === 'function' ? [checks] : checks;
}

function inOrder(probes: readonly Probe[]): Probe {
  return async (request, context) => {
    for (const probe of probes) {
      const refusal = await probe(request, context);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  };
}
