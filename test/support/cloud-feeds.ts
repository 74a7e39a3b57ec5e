import { CLOUD_PROVIDERS, type CloudProvider } from '../../lib/cloud/cloud-provider';
import type { LocalServer } from './local-server';

/** Networks by region, as a test wants a provider to have them. */
export type FeedNetworks = Record<string, readonly string[]>;

const isIpv6 = (network: string) => network.includes(':');
const flat = (networks: FeedNetworks) =>
  Object.entries(networks).flatMap(([region, prefixes]) => prefixes.map((prefix) => ({ region, prefix })));

/** Writes a provider's feed in the provider's own format. */
export const WRITE_FEED: Record<CloudProvider, (networks: FeedNetworks) => string> = {
  AWS: (networks) =>
    JSON.stringify(
      {
        syncToken: '1763769600',
        createDate: '2026-11-20-00-00-00',
        prefixes: flat(networks)
          .filter(({ prefix }) => !isIpv6(prefix))
          .flatMap(({ region, prefix }) =>
            ['AMAZON', 'EC2'].map((service) => ({ ip_prefix: prefix, region, service, network_border_group: region })),
          ),
        ipv6_prefixes: flat(networks)
          .filter(({ prefix }) => isIpv6(prefix))
          .map(({ region, prefix }) => ({
            ipv6_prefix: prefix,
            region,
            service: 'AMAZON',
            network_border_group: region,
          })),
      },
      null,
      2,
    ),
  GCP: (networks) =>
    JSON.stringify(
      {
        syncToken: '1763769600000',
        creationTime: '2026-11-20T00:00:00.000',
        prefixes: flat(networks).map(({ region, prefix }) => ({
          [isIpv6(prefix) ? 'ipv6Prefix' : 'ipv4Prefix']: prefix,
          service: 'Google Cloud',
          scope: region,
        })),
      },
      null,
      2,
    ),
  Azure: (networks) =>
    JSON.stringify(
      {
        changeNumber: 421,
        cloud: 'Public',
        values: [
          { name: 'ActionGroup', id: 'ActionGroup', properties: tag('', []) },
          ...Object.entries(networks).map(([region, prefixes]) => ({
            name: region ? `AzureCloud.${region}` : 'AzureFrontDoor',
            id: region,
            properties: tag(region, prefixes),
          })),
        ],
      },
      null,
      2,
    ),
  DigitalOcean: (networks) =>
    flat(networks)
      .map(({ region, prefix }) => `${prefix},US,${region},Somewhere,12345`)
      .join('\n'),
  Linode: (networks) =>
    [
      '# Linode geofeed',
      '# ip_prefix,alpha2code,region,city,postal_code',
      ...flat(networks).map(({ region, prefix }) => `${prefix},US,${region},Somewhere,`),
      '',
    ].join('\r\n'),
  Oracle: (networks) =>
    JSON.stringify({
      last_updated_timestamp: '2026-11-20T00:00:00.000000',
      regions: Object.entries(networks).map(([region, prefixes]) => ({
        region,
        cidrs: prefixes.map((cidr) => ({ cidr, tags: ['OCI'] })),
      })),
    }),
  Vultr: (networks) =>
    JSON.stringify({
      description: 'Vultr.com (AS20473) self-published Geo IP feed, RFC8805 format',
      asn: 20473,
      email: 'geo-feeds@vultr.com',
      updated: '2026-11-20T00:00:00.000',
      subnets: flat(networks).map(({ region, prefix }) => ({
        ip_prefix: prefix,
        alpha2code: 'US',
        region,
        city: 'Somewhere',
        postal_code: '12345',
      })),
    }),
  Cloudflare: (networks) =>
    JSON.stringify({
      result: {
        ipv4_cidrs: flat(networks)
          .map(({ prefix }) => prefix)
          .filter((prefix) => !isIpv6(prefix)),
        ipv6_cidrs: flat(networks)
          .map(({ prefix }) => prefix)
          .filter(isIpv6),
        etag: '38f79d050aa027e3be3865e495dcc9bc',
      },
      success: true,
      errors: [],
      messages: [],
    }),
};

function tag(region: string, addressPrefixes: readonly string[]) {
  return {
    changeNumber: 7,
    region,
    regionId: 0,
    platform: 'Azure',
    systemService: '',
    addressPrefixes,
    networkFeatures: ['NSG'],
  };
}

/** The addresses of every feed on a local server. */
export function feedUrls(server: LocalServer): Record<CloudProvider, string> {
  const urls = CLOUD_PROVIDERS.map((provider) => [provider, `${server.url}/${provider}`] as const);
  return Object.fromEntries(urls) as Record<CloudProvider, string>;
}

/** Answers every feed from `networks`; Azure's through its download page. */
export function serveFeeds(networks: Partial<Record<CloudProvider, FeedNetworks>>): LocalServer['answer'] {
  return (request, response) => {
    const path = request.url!.slice(1);
    const provider = path.startsWith('download/') ? 'Azure' : (path as CloudProvider);
    if (path === 'Azure') {
      const file = `http://${request.headers.host}/download/7/1/d/71d86715/ServiceTags_Public_20261116.json`;
      response.setHeader('content-type', 'text/html');
      return void response.end(`<!DOCTYPE html><html><body><a href="${file}" class="link">Download</a></body></html>`);
    }
    const wanted = networks[provider];
    if (!wanted) return void response.writeHead(404).end();
    response.end(WRITE_FEED[provider](wanted));
  };
}
