import type { CloudFeed } from './feed';
import { geofeed } from './geofeed';

// https://docs.digitalocean.com/products/platform/#ip-ranges
export const digitalOceanFeed: CloudFeed = {
  provider: 'DigitalOcean',
  url: 'https://www.digitalocean.com/geo/google.csv',
  read: geofeed,
};
