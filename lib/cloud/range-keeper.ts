import { readFile } from 'node:fs/promises';
import { comparePrefixes, formatPrefix, type Prefix } from '../network/prefix';
import { runInSlices } from '../network/slices';
import type { CloudLog, CloudRangeOptions } from './cloud.types';
import type { CloudProvider } from './cloud-provider';
import { type CloudRanges, STEP } from './cloud-ranges';
import { newestSnapshot, PACKAGED_SNAPSHOTS, parseRanges, writeSnapshot } from './cloud-snapshot';
import { downloadFeed } from './feed-download';
import { CLOUD_FEEDS } from './feeds';
import { RangeAcceptance } from './range-acceptance';
import { SharedRanges } from './shared-ranges';

const FIRST_RETRY_MS = 30_000;
/** When to look again for what another instance is downloading; it also tells when it is done. */
const ELSEWHERE_MS = 15_000;

/** Brings the ranges of providers in, from wherever they are to be had, and keeps the last good ones. */
export class RangeKeeper {
  readonly current = new Map<CloudProvider, CloudRanges>();
  readonly problems = new Map<CloudProvider, string>();
  readonly shared?: SharedRanges;
  private readonly acceptance = new Map<CloudProvider, RangeAcceptance>();
  private readonly due = new Map<CloudProvider, number>();
  private readonly retryMs = new Map<CloudProvider, number>();

  constructor(
    private readonly options: CloudRangeOptions,
    private readonly logger: CloudLog,
    private readonly signal: AbortSignal,
  ) {
    if (options.store) this.shared = new SharedRanges(options.store);
  }

  /** Takes the newest of what is cached on disk, shared by other instances, or packaged. */
  async load(providers: readonly CloudProvider[]): Promise<void> {
    const folder = this.options.packagedSnapshots ?? PACKAGED_SNAPSHOTS;
    const cached = await this.readSnapshot('the cached snapshot', () => this.readCache());
    const packaged = await this.readSnapshot('the packaged snapshot', () => newestSnapshot(folder));
    for (const provider of providers) {
      const shared = await this.shared?.get(provider);
      const newest = [...cached, ...packaged, ...(shared ? [shared] : [])]
        .filter((ranges) => ranges.provider === provider)
        .sort((a, b) => b.updatedAt.getTime() - a.updatedAt.getTime())[0];
      if (newest) this.keep(newest);
    }
  }

  /** When the next of these providers is due, in milliseconds since the epoch. */
  nextDue(providers: Iterable<CloudProvider>): number {
    return Math.min(...[...providers].map((provider) => this.due.get(provider) ?? 0));
  }

  /** Downloads the ranges of a provider, unless another instance is at it or has just done so. */
  async refresh(provider: CloudProvider, now: boolean): Promise<void> {
    if (!now && !this.isDue(provider)) return;
    if (!this.shared) return this.download(provider);
    await this.takeShared(provider);
    if (!now && !this.isDue(provider)) return;
    const ours = await this.shared.alone(provider, () => this.download(provider));
    if (!ours) this.due.set(provider, Date.now() + ELSEWHERE_MS);
  }

  /** Adopts what another instance has downloaded, when it is newer than what this one has. */
  async takeShared(provider: CloudProvider): Promise<void> {
    const ranges = await this.shared?.get(provider);
    if (!ranges || ranges.updatedAt.getTime() <= (this.current.get(provider)?.updatedAt.getTime() ?? 0)) return;
    await this.adopt(ranges);
  }

  async save(): Promise<void> {
    const path = this.options.snapshotPath;
    if (path === undefined) return;
    await writeSnapshot(path, this.current.values()).catch((error: unknown) => {
      this.logger.warn(`Cloud ranges could not be kept in ${path}: ${messageOf(error)}`);
    });
  }

  private get intervalMs(): number {
    return this.options.refreshInterval * 1000;
  }

  private isDue(provider: CloudProvider): boolean {
    return Date.now() >= (this.due.get(provider) ?? 0);
  }

  private async download(provider: CloudProvider): Promise<void> {
    const feed = CLOUD_FEEDS[provider];
    try {
      const next = await downloadFeed(feed, this.options.feedUrls?.[provider] ?? feed.url, this.signal);
      const objection = this.judge(next);
      if (objection !== undefined) {
        // No sooner than the next refresh: what a feed says three times within minutes, it has said once.
        this.due.set(provider, Date.now() + this.intervalMs);
        return this.refuse(provider, objection);
      }
      await this.adopt(next);
      await this.shared?.put(next);
    } catch (error) {
      const wait = this.retryMs.get(provider) ?? FIRST_RETRY_MS;
      this.retryMs.set(provider, wait * 2);
      this.due.set(provider, Date.now() + Math.min(wait, this.intervalMs));
      this.refuse(provider, messageOf(error));
    }
  }

  private judge(next: CloudRanges): string | undefined {
    let acceptance = this.acceptance.get(next.provider);
    if (!acceptance) this.acceptance.set(next.provider, (acceptance = new RangeAcceptance()));
    return acceptance.objection(this.current.get(next.provider), next);
  }

  private async adopt(next: CloudRanges): Promise<void> {
    const before = this.current.get(next.provider);
    this.keep(next);
    const { provider, size: networks, updatedAt: builtAt } = next;
    if (this.problems.delete(provider)) this.logger.changed?.({ type: 'recovered', provider });
    this.logger.changed?.({ type: 'refreshed', provider, builtAt, networks });
    this.retryMs.delete(provider);
    const first = `Cloud ranges of ${provider}: ${networks} networks.`;
    this.logger.log(before ? await runInSlices(describeChange(before, next)) : first);
  }

  private keep(ranges: CloudRanges): void {
    this.current.set(ranges.provider, ranges);
    this.due.set(ranges.provider, ranges.updatedAt.getTime() + this.intervalMs);
  }

  private refuse(provider: CloudProvider, problem: string): void {
    if (this.signal.aborted || this.problems.get(provider) === problem) return;
    if (!this.problems.has(provider)) this.logger.changed?.({ type: 'degraded', provider, reason: problem });
    this.problems.set(provider, problem);
    const inUse = this.current.get(provider)?.updatedAt.toISOString();
    this.logger.error(
      `Cloud ranges of ${provider} could not be refreshed: ${problem}. ` +
        (inUse ? `Those of ${inUse} stay in use.` : 'Rules on them are inactive.'),
    );
  }

  private async readCache(): Promise<string | undefined> {
    const path = this.options.snapshotPath;
    if (path === undefined) return undefined;
    return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
  }

  private async readSnapshot(name: string, read: () => Promise<string | undefined>): Promise<CloudRanges[]> {
    try {
      const text = await read();
      return text === undefined ? [] : await parseRanges(text);
    } catch (error) {
      this.logger.warn(`Cloud ranges: ${name} cannot be used: ${messageOf(error)}`);
      return [];
    }
  }
}

/** `networks added 2 (192.0.2.0/24, …), removed 1 (…)`; networks that merged or split count as both. */
function* describeChange(before: CloudRanges, after: CloudRanges): Generator<void, string> {
  const added = new Tally();
  const removed = new Tally();
  const olds = before.networks[Symbol.iterator]();
  const news = after.networks[Symbol.iterator]();
  let old = olds.next();
  let fresh = news.next();
  for (let step = 1; old.value || fresh.value; step++) {
    const order = !old.value ? 1 : !fresh.value ? -1 : comparePrefixes(old.value[0], fresh.value[0]);
    if (old.value && order < 0) removed.add(old.value[0]);
    if (fresh.value && order > 0) added.add(fresh.value[0]);
    if (order <= 0) old = olds.next();
    if (order >= 0) fresh = news.next();
    if (step % STEP === 0) yield;
  }
  return `Cloud ranges of ${after.provider}: networks added ${added.text}, removed ${removed.text}.`;
}

/** How many networks there are, and the first few of them. */
class Tally {
  private count = 0;
  private readonly first: string[] = [];

  add(prefix: Prefix): void {
    if (this.count++ < 5) this.first.push(formatPrefix(prefix));
  }

  get text(): string {
    if (this.count === 0) return '0';
    return `${this.count} (${this.first.join(', ')}${this.count > this.first.length ? ', …' : ''})`;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
