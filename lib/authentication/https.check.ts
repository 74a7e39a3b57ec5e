import { Injectable } from '@nestjs/common';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { compileHttpsRule } from './https-rule';

/** `enforceHttps` of the configuration. It holds for every request, whatever a route says. */
@Injectable()
export class HttpsCheck implements SecurityCheck {
  readonly name = 'https';
  readonly stage = 'door';
  readonly kinds = ['http', 'graphql', 'ws'] as const;

  compile({ config }: CompileTarget): Probe | undefined {
    return config.enforceHttps ? compileHttpsRule(config) : undefined;
  }
}
