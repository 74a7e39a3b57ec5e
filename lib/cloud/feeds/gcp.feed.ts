import { type CloudFeed, textField } from './feed';
import { jsonFeed } from './json-feed';

// https://cloud.google.com/vpc/docs/configure-private-google-access#ip-addr-defaults : customers' addresses, not Google's
// own services (goog.json), so that a rule against GCP does not stop Googlebot.
export const gcpFeed: CloudFeed = {
  provider: 'GCP',
  url: 'https://www.gstatic.com/ipranges/cloud.json',
  read: () =>
    jsonFeed({
      prefixes: (element) => [
        {
          prefix: textField(element, 'ipv4Prefix') ?? textField(element, 'ipv6Prefix') ?? '',
          region: textField(element, 'scope') ?? '',
        },
      ],
    }),
};
