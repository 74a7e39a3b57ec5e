import { PrefixList } from '../network/prefix-list';
import { PrefixMap } from '../network/prefix-set';
import { runInSlices } from '../network/slices';
import type { Unsubscribe } from '../state/state-store';
import type { CloudLog, CloudProviderStatus, CloudRangeOptions, CloudStatus } from './cloud.types';
import { type CloudOwner, type CloudProvider, type CloudRule, cloudProvider } from './cloud-provider';
import { type CloudRanges, STEP } from './cloud-ranges';
import { messageOf, RangeKeeper } from './range-keeper';

const STALE_SECONDS = 7 * 86_400;

/**
 * Tells which cloud provider an address belongs to, from the ranges that the providers publish. Ranges are kept for the
 * providers that some rule names, and refreshed in the background alone: a lookup never waits.
 *
 * @example
 * ```ts
 * @Injectable()
 * class SignUps {
 *   constructor(private readonly clouds: CloudRangeService) {}
 *   needsCaptcha(ip: string) {
 *     return this.clouds.providerOf(ip) !== undefined;
 *   }
 * }
 * ```
 */
export class CloudRangeService {
  private readonly used = new Set<CloudProvider>();
  private readonly unchecked = new Set<CloudRule>();
  private readonly unknownRegions = new Set<string>();
  private readonly stop = new AbortController();
  private readonly keeper: RangeKeeper;
  private owners = PrefixMap.from<CloudOwner>([]);
  private started = false;
  private timer?: NodeJS.Timeout;
  private work: Promise<void> = Promise.resolve();
  private unsubscribe?: Unsubscribe;

  /** @hidden Nest makes it. */
  constructor(
    options: CloudRangeOptions,
    private readonly logger: CloudLog,
  ) {
    this.keeper = new RangeKeeper(options, logger, this.stop.signal);
  }

  /**
   * Keeps the ranges of the rule's providers from now on.
   *
   * @internal
   */
  use(rule: CloudRule): void {
    const added = rule.providers.filter((provider) => !this.used.has(provider));
    added.forEach((provider) => this.used.add(provider));
    this.unchecked.add(rule);
    if (!this.started) return;
    if (added.length > 0) void this.inTurn(() => this.begin(added));
    else this.checkRegions();
  }

  /** Reads caches and snapshots, so that rules hold from the first request on, and starts refreshing. */
  async onApplicationBootstrap(): Promise<void> {
    this.started = true;
    this.unsubscribe = this.keeper.shared?.onPut((name) => this.adoptShared(name));
    if (this.used.size > 0) await this.inTurn(() => this.begin([...this.used]));
  }

  onApplicationShutdown(): void {
    this.stop.abort();
    clearTimeout(this.timer);
    this.unsubscribe?.();
  }

  /** Whose address it is; undefined when it belongs to no provider in use. */
  providerOf(ip: string): CloudProvider | undefined {
    return this.owners.get(ip)?.provider;
  }

  /** Like {@link providerOf}, with the region as the provider's feed names it, in lower case. */
  ownerOf(ip: string): CloudOwner | undefined {
    return this.owners.get(ip);
  }

  /**
   * Whether addresses of the provider can be told.
   *
   * @internal
   */
  knows(provider: CloudProvider): boolean {
    return this.keeper.current.has(provider);
  }

  /** When the ranges in use were downloaded from the provider. */
  lastUpdated(provider: CloudProvider): Date | undefined {
    return this.keeper.current.get(provider)?.updatedAt;
  }

  status(): CloudStatus {
    const providers = [...this.used].map((provider) => this.providerStatus(provider));
    return { healthy: providers.every(({ ready }) => ready), providers };
  }

  /**
   * Downloads the ranges of the providers in use, or of the given ones, now, unless another instance is doing so. What
   * cannot be downloaded or believed leaves the last good ranges in use: look at `problem` of the result. Never rejects.
   */
  async refresh(providers?: readonly CloudProvider[]): Promise<CloudStatus> {
    providers?.forEach((provider) => this.used.add(provider));
    await this.inTurn(() => this.refreshAll([...(providers ?? this.used)], true));
    return this.status();
  }

  private providerStatus(provider: CloudProvider): CloudProviderStatus {
    const ranges = this.keeper.current.get(provider);
    const status: CloudProviderStatus = {
      provider,
      ready: ranges !== undefined,
      networks: ranges?.size ?? 0,
      regions: ranges?.regions ?? [],
      stale: false,
    };
    if (ranges) {
      status.updatedAt = ranges.updatedAt;
      status.age = Math.max(0, Math.round((Date.now() - ranges.updatedAt.getTime()) / 1000));
      status.stale = status.age > STALE_SECONDS;
    }
    const problem = this.keeper.problems.get(provider);
    if (problem !== undefined) status.problem = problem;
    return status;
  }

  /** One thing at a time: loading, refreshing, adopting. */
  private inTurn(task: () => Promise<void>): Promise<void> {
    this.work = this.work.then(task).catch((error: unknown) => {
      if (!this.stop.signal.aborted) this.logger.error(`Cloud ranges: ${messageOf(error)}`);
    });
    return this.work;
  }

  private async begin(providers: readonly CloudProvider[]): Promise<void> {
    await this.keeper.load(providers);
    await this.rebuild();
    const missing = providers.filter((provider) => !this.knows(provider));
    if (missing.length > 0) {
      this.logger.error(
        `GUARD_CLOUD_RANGES_MISSING: no address ranges of ${missing.join(', ')}, neither cached nor packaged. ` +
          'Rules on them are inactive until the first download succeeds. See docs/cloud.md.',
      );
    }
    this.schedule();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.stop.signal.aborted || !this.started || this.used.size === 0) return;
    const wait = Math.max(0, this.keeper.nextDue(this.used) - Date.now());
    // Instances that were deployed together must not ask together.
    const jitter = Math.random() * (500 + 0.1 * wait);
    this.timer = setTimeout(
      () => void this.inTurn(() => this.refreshAll([...this.used], false)),
      wait + jitter,
    ).unref();
  }

  private async refreshAll(providers: readonly CloudProvider[], now: boolean): Promise<void> {
    const before = new Map(this.keeper.current);
    for (const provider of providers) {
      if (this.stop.signal.aborted) return;
      await this.keeper.refresh(provider, now);
    }
    await this.take(before);
  }

  private adoptShared(name: string): void {
    const provider = cloudProvider(name);
    if (provider === undefined || !this.used.has(provider)) return;
    void this.inTurn(async () => {
      const before = new Map(this.keeper.current);
      await this.keeper.takeShared(provider);
      await this.take(before);
    });
  }

  private async take(before: ReadonlyMap<CloudProvider, CloudRanges>): Promise<void> {
    const { current } = this.keeper;
    if ([...current].some(([provider, ranges]) => before.get(provider) !== ranges)) {
      await this.rebuild();
      await this.keeper.save();
    }
    this.schedule();
  }

  private async rebuild(): Promise<void> {
    this.owners = await PrefixMap.fromList(await runInSlices(ownersOf(this.keeper.current.values())));
    this.checkRegions();
  }

  /** Each rule is checked once, as soon as the regions of its providers are known. */
  private checkRegions(): void {
    for (const rule of this.unchecked) {
      if (!rule.providers.every((provider) => this.knows(provider))) continue;
      this.unchecked.delete(rule);
      for (const provider of rule.providers) {
        const { regions } = this.keeper.current.get(provider)!;
        const unknown = rule.sparedRegions(provider).filter((region) => !regions.includes(region));
        const subject = `${provider} ${unknown.join()}`;
        if (unknown.length === 0 || this.unknownRegions.has(subject)) continue;
        this.unknownRegions.add(subject);
        this.logger.error(
          `GUARD_CLOUD_REGION_UNKNOWN: ${provider} has no region ${unknown.join(', ')}, which a rule wants to spare. ` +
            `Known are ${regions.join(', ')}.`,
        );
      }
    }
  }
}

function* ownersOf(all: Iterable<CloudRanges>): Generator<void, PrefixList<CloudOwner>> {
  const list = new PrefixList<CloudOwner>();
  for (const { provider, networks } of all) {
    const owners = new Map(networks.values.map((region) => [region, { provider, region }]));
    for (const [prefix, region] of networks) {
      list.add(prefix, owners.get(region)!);
      if (list.size % STEP === 0) yield;
    }
  }
  return list;
}
