import type { CloudFeed } from './feed';
import { geofeed } from './geofeed';

// https://techdocs.akamai.com/cloud-computing/docs/how-ip-address-geolocation-works
export const linodeFeed: CloudFeed = {
  provider: 'Linode',
  url: 'https://geoip.linode.com/',
  read: geofeed,
};
