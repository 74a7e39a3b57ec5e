import { type CloudFeed, type FeedEntry, textField } from './feed';
import { jsonFeed } from './json-feed';

const network =
  (field: string) =>
  (element: unknown): FeedEntry[] => [
    { prefix: textField(element, field) ?? '', region: textField(element, 'region') ?? '' },
  ];

// https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-syntax.html
export const awsFeed: CloudFeed = {
  provider: 'AWS',
  url: 'https://ip-ranges.amazonaws.com/ip-ranges.json',
  read: () => jsonFeed({ prefixes: network('ip_prefix'), ipv6_prefixes: network('ipv6_prefix') }),
};
