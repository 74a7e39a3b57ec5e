import { type CloudFeed, textField } from './feed';
import { jsonFeed } from './json-feed';

// https://docs.vultr.com/vultr-ip-space : a geofeed (RFC 8805) as JSON.
export const vultrFeed: CloudFeed = {
  provider: 'Vultr',
  url: 'https://geofeed.constant.com/?json',
  read: () =>
    jsonFeed({
      subnets: (element) => [
        { prefix: textField(element, 'ip_prefix') ?? '', region: textField(element, 'region') ?? '' },
      ],
    }),
};
