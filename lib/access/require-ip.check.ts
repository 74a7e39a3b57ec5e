import { Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import type { ConfigWarning } from '../config/config-section';
import { inspectList } from '../config/setting';
import { PrefixSet } from '../network/prefix-set';
import { ADDRESS_LIST, addressProblem } from '../platform/address-problem';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { BLACKLISTED, NOT_WHITELISTED } from './address-rules.check';

/** The address rule of a route. */
@Injectable()
export class RequireIpCheck implements SecurityCheck {
  static readonly check = 'ip';
  static readonly fields = ['requireIp'] as const;
  readonly name = RequireIpCheck.check;
  readonly stage = 'access';
  readonly kinds = ['http', 'graphql', 'ws'] as const;

  static inspect({ requireIp: rule }: RoutePolicy): FieldProblem[] {
    if (rule === undefined) return [];
    if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) {
      return [{ path: 'requireIp', value: rule, message: 'is not accepted; use { whitelist: […], blacklist: […] }' }];
    }
    return Object.entries(rule as Record<string, unknown>).flatMap(([list, entries]) => {
      if (list !== 'whitelist' && list !== 'blacklist') {
        return [{ path: `requireIp.${list}`, message: 'is not known; use whitelist and blacklist' }];
      }
      const problems = entries === undefined ? [] : inspectList(entries, addressProblem, ADDRESS_LIST);
      return problems.map((problem) => ({ ...problem, path: `requireIp.${list}${problem.path ?? ''}` }));
    });
  }

  warnings({ policy: { requireIp }, route }: CompileTarget): ConfigWarning[] {
    if (requireIp === undefined || requireIp.whitelist?.length) return [];
    const path = `${route?.name} @RequireIp`;
    if (requireIp.whitelist !== undefined) {
      return [{ code: 'GUARD_EMPTY_WHITELIST', path: `${path}.whitelist`, message: 'is empty and restricts nobody' }];
    }
    if (requireIp.blacklist?.length) return [];
    return [{ code: 'GUARD_EMPTY_WHITELIST', path, message: 'lists no address and restricts nobody' }];
  }

  compile({ policy: { requireIp } }: CompileTarget): Probe | undefined {
    if (requireIp === undefined) return undefined;
    const refused = PrefixSet.from(requireIp.blacklist ?? []);
    const admitted = requireIp.whitelist?.length ? PrefixSet.from(requireIp.whitelist) : undefined;
    return ({ ip }) => {
      if (ip === undefined) return NOT_WHITELISTED;
      if (refused.has(ip)) return BLACKLISTED;
      return admitted === undefined || admitted.has(ip) ? undefined : NOT_WHITELISTED;
    };
  }
}
