import { Inject, Injectable } from '@nestjs/common';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { BanService } from './ban.service';

/** Refuses banned clients, before their request is routed or its body parsed. */
@Injectable()
export class IpBanCheck implements SecurityCheck {
  readonly name = 'ip_ban';
  readonly stage = 'door';
  readonly kinds = ['http', 'graphql', 'ws'] as const;

  constructor(@Inject(BanService) private readonly bans: BanService) {}

  compile({ config }: CompileTarget): Probe | undefined {
    if (!config.enableIpBanning) return undefined;
    return ({ ip }) => (ip === undefined ? undefined : this.bans.refusalOf(ip));
  }
}
