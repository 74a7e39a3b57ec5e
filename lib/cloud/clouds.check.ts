import { Inject, Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import { inspectList } from '../config/setting';
import type { Refusal } from '../policy/refusal';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { CLOUD_LIST, cloudRuleProblem } from './cloud.config';
import { CloudRule } from './cloud-provider';
import { CloudRangeService } from './cloud-range.service';

/** Refuses clients whose address belongs to a cloud. */
@Injectable()
export class CloudsCheck implements SecurityCheck {
  static readonly check = 'clouds';
  static readonly fields = ['blockClouds'] as const;
  readonly name = CloudsCheck.check;
  readonly stage = 'access';
  readonly kinds = ['http', 'graphql', 'ws'] as const;
  private readonly rules = new WeakMap<readonly string[], CloudRule>();

  constructor(@Inject(CloudRangeService) private readonly clouds: CloudRangeService) {}

  defaults({ blockCloudProviders }: GuardConfig): RoutePolicy {
    return blockCloudProviders.length === 0 ? {} : { blockClouds: blockCloudProviders };
  }

  static inspect({ blockClouds }: RoutePolicy): FieldProblem[] {
    if (blockClouds === undefined) return [];
    const problems = inspectList(blockClouds, cloudRuleProblem, CLOUD_LIST);
    return problems.map((problem) => ({ ...problem, path: `blockClouds${problem.path ?? ''}` }));
  }

  compile({ policy: { blockClouds } }: CompileTarget): Probe | undefined {
    if (blockClouds === undefined || blockClouds.length === 0) return undefined;
    const rule = this.ruleOf(blockClouds);
    return ({ ip, trusted }): Refusal | undefined => {
      if (ip === undefined || trusted) return undefined;
      const owner = this.clouds.ownerOf(ip);
      if (owner === undefined || !rule.matches(owner)) return undefined;
      const { provider, region } = owner;
      const evidence = { provider, ...(region && { region }) };
      return { status: 403, message: 'Forbidden', check: 'clouds', reason: 'cloud blocked', evidence };
    };
  }

  /** One rule for all routes that have the same list. */
  private ruleOf(specs: readonly string[]): CloudRule {
    let rule = this.rules.get(specs);
    if (rule === undefined) {
      rule = CloudRule.of(specs);
      this.rules.set(specs, rule);
      this.clouds.use(rule);
    }
    return rule;
  }
}
