import type { FieldProblem } from '../config/config-problem';
import { nearestName } from '../config/nearest-name';
import { ListOf, Setting, Text, Whole } from '../config/setting';
import { isDownloadable } from '../network/download';
import { addressProblem } from '../platform/address-problem';
import { CLOUD_PROVIDERS, type CloudProvider, parseCloudRule } from './cloud-provider';

declare module '../config/guard-config' {
  interface GuardConfig extends CloudConfig {}
}

export const CLOUD_LIST = 'a list of cloud providers, such as ["AWS", "GCP:!europe-west1"]';

/** Rules about the clouds that addresses belong to, and where their ranges come from. */
export class CloudConfig {
  /**
   * Cloud providers whose addresses are refused with 403: `AWS`, `GCP`, `Azure`, `DigitalOcean`, `Linode`, `Oracle`,
   * `Vultr`, `Cloudflare`, in any case; `'AWS:!eu-west-1'` spares a region. Default: none.
   */
  @ListOf(cloudRuleProblem, CLOUD_LIST)
  blockCloudProviders: string[] = [];

  /**
   * The only cloud providers, addresses and CIDRs that may connect, such as the CDN in front: `['Cloudflare']`. What
   * counts is the peer of the socket, or of a trusted proxy. Everyone else gets 403. Default: everyone may.
   */
  @ListOf(peerProblem, 'a list of cloud providers, IP addresses and CIDRs, such as ["Cloudflare", "10.0.0.0/8"]')
  onlyFrom: string[] = [];

  /** Seconds between two downloads of a provider's address ranges. 60 to 86400, default 3600. */
  @Whole({ min: 60, max: 86_400 })
  cloudIpRefreshInterval = 3600;

  /** A file in which downloaded ranges are kept, so that a restart needs no download. Default: none. */
  @Text('the path of a file')
  cloudSnapshotPath?: string;

  /** Mirrors of the providers' feeds: https, or http on this machine. Default: the published addresses. */
  @Setting(feedProblems)
  cloudFeedUrls: Partial<Record<CloudProvider, string>> = {};
}

export function cloudRuleProblem(entry: unknown): string | undefined {
  const rule = parseCloudRule(entry);
  return typeof rule === 'string' ? rule : undefined;
}

function peerProblem(entry: unknown): string | undefined {
  return typeof entry === 'string' && namesProvider(entry) ? cloudRuleProblem(entry) : addressProblem(entry);
}

/** Whether an entry of `onlyFrom` means a provider, known or not, rather than an address. */
export function namesProvider(entry: string): boolean {
  return /^[a-z]+(:!|$)/i.test(entry);
}

function feedProblems(value: unknown): FieldProblem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ value, message: 'is not accepted; use an object such as { AWS: "https://mirror.example/aws.json" }' }];
  }
  return Object.entries(value).flatMap(([provider, url]: [string, unknown]): FieldProblem[] => {
    if (!CLOUD_PROVIDERS.some((known) => known === provider)) {
      const suggestion = nearestName(provider, CLOUD_PROVIDERS);
      const message = `is not the name of a provider; use ${CLOUD_PROVIDERS.join(', ')}`;
      return [{ path: `.${provider}`, message, ...(suggestion && { suggestion }) }];
    }
    if (typeof url === 'string' && isDownloadable(url)) return [];
    return [{ path: `.${provider}`, value: url, message: 'is not an https address' }];
  });
}
