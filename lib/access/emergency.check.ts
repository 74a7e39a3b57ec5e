import { Injectable } from '@nestjs/common';
import { PrefixSet } from '../network/prefix-set';
import type { Refusal } from '../policy/refusal';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';

const EMERGENCY: Refusal = {
  status: 503,
  message: 'Service temporarily unavailable',
  check: 'emergency',
  reason: 'emergency mode',
  headers: { 'Retry-After': '300' },
};

/** While emergency mode is on, refuses everyone outside `emergencyWhitelist`. */
@Injectable()
export class EmergencyCheck implements SecurityCheck {
  readonly name = 'emergency';
  readonly stage = 'door';
  readonly kinds = ['http', 'graphql', 'ws'] as const;

  compile({ config }: CompileTarget): Probe | undefined {
    if (!config.emergencyMode) return undefined;
    const admitted = PrefixSet.from(config.emergencyWhitelist);
    return ({ ip }) => (ip !== undefined && admitted.has(ip) ? undefined : EMERGENCY);
  }
}
