import { type CloudFeed, textField } from './feed';
import { jsonFeed } from './json-feed';

// https://docs.oracle.com/en-us/iaas/Content/General/Concepts/addressranges.htm
export const oracleFeed: CloudFeed = {
  provider: 'Oracle',
  url: 'https://docs.oracle.com/en-us/iaas/tools/public_ip_ranges.json',
  read: () =>
    jsonFeed({
      regions: (element) => {
        const region = textField(element, 'region') ?? '';
        const cidrs = (element as { cidrs?: unknown } | null)?.cidrs;
        return Array.isArray(cidrs) ? cidrs.map((cidr) => ({ prefix: textField(cidr, 'cidr') ?? '', region })) : [];
      },
    }),
};
