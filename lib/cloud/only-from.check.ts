import { Inject, Injectable } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { createClientAddressResolver } from '../network/client-address';
import { PrefixSet } from '../network/prefix-set';
import type { GuardedRequest } from '../platform/guarded-request';
import type { Refusal } from '../policy/refusal';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { namesProvider } from './cloud.config';
import { CloudRule } from './cloud-provider';
import { CloudRangeService } from './cloud-range.service';

const ELSEWHERE: Refusal = { status: 403, message: 'Forbidden', check: 'clouds', reason: 'peer not in onlyFrom' };

/**
 * Lets only certain peers connect: for origins behind a CDN, which would otherwise be reached around it. Where a proxy of
 * one's own stands in between, the peer of that proxy counts: any hop that the walk behind trusted proxies has verified.
 */
@Injectable()
export class OnlyFromCheck implements SecurityCheck {
  readonly name = 'clouds';
  readonly stage = 'door';
  readonly kinds = ['http', 'graphql', 'ws'] as const;

  constructor(@Inject(CloudRangeService) private readonly clouds: CloudRangeService) {}

  compile({ config }: CompileTarget): Probe | undefined {
    const { onlyFrom } = config;
    if (onlyFrom.length === 0) return undefined;
    const rule = CloudRule.of(onlyFrom.filter(namesProvider));
    const networks = PrefixSet.from(onlyFrom.filter((entry) => !namesProvider(entry)));
    if (rule.providers.length > 0) this.clouds.use(rule);

    const admits = (ip: string | undefined) => {
      if (ip === undefined) return false;
      if (networks.has(ip)) return true;
      const owner = this.clouds.ownerOf(ip);
      return owner !== undefined && rule.matches(owner);
    };
    const hopsBehind = hopResolver(config);
    return (request) => {
      if (admits(request.peer) || request.trusted) return undefined;
      if (request.viaTrustedProxy && hopsBehind(request).some(admits)) return undefined;
      // Without the ranges of a provider nobody could tell its peers from others: see docs/cloud.md.
      return rule.providers.every((provider) => this.clouds.knows(provider)) ? ELSEWHERE : undefined;
    };
  }
}

/** The hops behind the peer, nearest first, as far as they are verified. */
function hopResolver(config: GuardConfig): (request: GuardedRequest) => (string | undefined)[] {
  const resolvers = Array.from({ length: config.trustedProxyDepth }, (_, i) =>
    createClientAddressResolver({ ...config, trustedProxyDepth: i + 1 }),
  );
  return ({ raw, peer }) =>
    raw === undefined ? [] : resolvers.map((resolve) => resolve(peer, raw.headers, peer === undefined).ip);
}
