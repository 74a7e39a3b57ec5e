import { Inject, Injectable } from '@nestjs/common';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { CustomChecks } from './custom-checks.service';

/** The application's own last word: `customRequestCheck`. */
@Injectable()
export class CustomRequestCheck implements SecurityCheck {
  readonly name = 'custom_request';
  readonly stage = 'detection';

  constructor(@Inject(CustomChecks) private readonly customChecks: CustomChecks) {}

  compile({ config: { customRequestCheck } }: CompileTarget): Probe | undefined {
    if (customRequestCheck === undefined) return undefined;
    return this.customChecks.compile(customRequestCheck, this.name, 'customRequestCheck');
  }
}
