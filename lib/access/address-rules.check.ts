import { Injectable } from '@nestjs/common';
import { PrefixSet } from '../network/prefix-set';
import type { Refusal } from '../policy/refusal';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';

export const BLACKLISTED = refusal('in blacklist');
export const NOT_WHITELISTED = refusal('not in whitelist');
const NO_ADDRESS = refusal('no client address');

/** The address rules of the configuration: `blacklist` before `whitelist`. They hold for every route. */
@Injectable()
export class AddressRulesCheck implements SecurityCheck {
  readonly name = 'ip';
  readonly stage = 'door';
  readonly kinds = ['http', 'graphql', 'ws'] as const;

  compile({ config }: CompileTarget): Probe {
    const refused = PrefixSet.from(config.blacklist);
    const admitted = config.whitelist?.length ? PrefixSet.from(config.whitelist) : undefined;
    return ({ ip, viaTrustedProxy }) => {
      // Only a trusted unix socket may come without an address, and an allow list fails closed.
      if (ip === undefined) return viaTrustedProxy && admitted === undefined ? undefined : NO_ADDRESS;
      if (refused.has(ip)) return BLACKLISTED;
      return admitted === undefined || admitted.has(ip) ? undefined : NOT_WHITELISTED;
    };
  }
}

function refusal(reason: string): Refusal {
  return { status: 403, message: 'Forbidden', check: 'ip', reason };
}
