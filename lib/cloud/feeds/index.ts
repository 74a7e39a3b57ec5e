import type { CloudProvider } from '../cloud-provider';
import { awsFeed } from './aws.feed';
import { azureFeed } from './azure.feed';
import { cloudflareFeed } from './cloudflare.feed';
import { digitalOceanFeed } from './digitalocean.feed';
import type { CloudFeed } from './feed';
import { gcpFeed } from './gcp.feed';
import { linodeFeed } from './linode.feed';
import { oracleFeed } from './oracle.feed';
import { vultrFeed } from './vultr.feed';

export const CLOUD_FEEDS: Readonly<Record<CloudProvider, CloudFeed>> = {
  AWS: awsFeed,
  GCP: gcpFeed,
  Azure: azureFeed,
  DigitalOcean: digitalOceanFeed,
  Linode: linodeFeed,
  Oracle: oracleFeed,
  Vultr: vultrFeed,
  Cloudflare: cloudflareFeed,
};
