import { type CloudFeed, textsField } from './feed';
import { jsonFeed } from './json-feed';

// https://developers.cloudflare.com/api/resources/ips/ : no token needed.
export const cloudflareFeed: CloudFeed = {
  provider: 'Cloudflare',
  url: 'https://api.cloudflare.com/client/v4/ips',
  read: () =>
    jsonFeed({
      result: (element) =>
        [...textsField(element, 'ipv4_cidrs'), ...textsField(element, 'ipv6_cidrs')].map((prefix) => ({
          prefix,
          region: '',
        })),
    }),
};
