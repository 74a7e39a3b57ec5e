import { nearestName } from '../config/nearest-name';

/** The providers whose published address ranges are known. */
export const CLOUD_PROVIDERS = [
  'AWS',
  'GCP',
  'Azure',
  'DigitalOcean',
  'Linode',
  'Oracle',
  'Vultr',
  'Cloudflare',
] as const;

export type CloudProvider = (typeof CLOUD_PROVIDERS)[number];

/** Who an address belongs to. */
export interface CloudOwner {
  readonly provider: CloudProvider;
  /** As the provider's feed names it, in lower case; empty when the feed has none. */
  readonly region: string;
}

/** One entry of a rule, read. */
export interface CloudRuleEntry {
  readonly provider: CloudProvider;
  /** Lower case. */
  readonly sparedRegions: readonly string[];
}

const WITHOUT_REGIONS: readonly CloudProvider[] = ['Cloudflare'];
const REGION = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** The provider of that name, in whatever case. */
export function cloudProvider(name: string): CloudProvider | undefined {
  const wanted = name.trim().toLowerCase();
  return CLOUD_PROVIDERS.find((provider) => provider.toLowerCase() === wanted);
}

/** Reads one entry of a rule; a string answer says what is wrong with it and what is accepted. */
export function parseCloudRule(spec: unknown): CloudRuleEntry | string {
  if (typeof spec !== 'string') return `is not the name of a cloud provider; ${KNOWN}`;
  const [name = '', ...rest] = spec.split(':');
  const provider = cloudProvider(name);
  if (provider === undefined) {
    const near = nearestName(name, CLOUD_PROVIDERS);
    return `names no known cloud provider; ${KNOWN}${near === undefined ? '' : `; did you mean "${near}"?`}`;
  }
  if (rest.length === 0) return { provider, sparedRegions: [] };
  if (WITHOUT_REGIONS.includes(provider)) return `cannot spare a region: the feed of ${provider} has none`;
  const regions = rest
    .join(':')
    .split(',')
    .map((region) => region.trim().toLowerCase());
  const wrong = regions.find((region) => !region.startsWith('!') || !REGION.test(region.slice(1)));
  if (wrong !== undefined)
    return `must spare regions as in "${provider}:!eu-west-1" or "${provider}:!eu-west-1,!eu-west-2"`;
  return { provider, sparedRegions: regions.map((region) => region.slice(1)) };
}

const KNOWN = `known are ${CLOUD_PROVIDERS.join(', ')}`;

/** Providers and the regions that a rule spares of each. */
export class CloudRule {
  private readonly spared: ReadonlyMap<CloudProvider, ReadonlySet<string>>;

  constructor(entries: readonly CloudRuleEntry[]) {
    const spared = new Map<CloudProvider, Set<string>>();
    for (const { provider, sparedRegions } of entries) {
      const regions = spared.get(provider) ?? new Set<string>();
      sparedRegions.forEach((region) => regions.add(region));
      spared.set(provider, regions);
    }
    this.spared = spared;
  }

  /** A rule of entries that are known to be sound; an unsound one is left out. */
  static of(specs: readonly string[]): CloudRule {
    return new CloudRule(specs.map(parseCloudRule).filter((entry) => typeof entry !== 'string'));
  }

  get providers(): CloudProvider[] {
    return [...this.spared.keys()];
  }

  sparedRegions(provider: CloudProvider): string[] {
    return [...(this.spared.get(provider) ?? [])];
  }

  matches(owner: CloudOwner): boolean {
    const regions = this.spared.get(owner.provider);
    return regions !== undefined && !regions.has(owner.region);
  }
}
