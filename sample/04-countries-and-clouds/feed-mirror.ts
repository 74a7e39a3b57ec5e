import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

/** A few networks of each feed, in the format of its provider. */
const EXCERPTS: Record<string, object> = {
  '/aws.json': {
    createDate: '2026-11-20-00-00-00',
    prefixes: [
      { ip_prefix: '3.248.0.0/13', region: 'eu-west-1', service: 'EC2', network_border_group: 'eu-west-1' },
      { ip_prefix: '52.0.0.0/11', region: 'us-east-1', service: 'EC2', network_border_group: 'us-east-1' },
    ],
    ipv6_prefixes: [
      { ipv6_prefix: '2600:1f18::/33', region: 'us-east-1', service: 'EC2', network_border_group: 'us-east-1' },
    ],
  },
  '/gcp.json': {
    creationTime: '2026-11-20T00:00:00',
    prefixes: [{ ipv4Prefix: '34.0.0.0/15', service: 'Google Cloud', scope: 'us-west1' }],
  },
};

/** Stands in for a mirror of the providers' feeds. */
@Injectable()
export class FeedMirror implements OnApplicationShutdown {
  private readonly server = createServer((request, response) => {
    const excerpt = EXCERPTS[request.url ?? ''];
    response.writeHead(excerpt ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(excerpt ?? {}));
  }).unref();

  async start() {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return { AWS: `${url}/aws.json`, GCP: `${url}/gcp.json` };
  }

  onApplicationShutdown(): void {
    this.server.close();
  }
}
