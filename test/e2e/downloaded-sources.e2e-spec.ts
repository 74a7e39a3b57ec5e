import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get } from '@nestjs/common';
import { CloudRangeService, type GuardConfigInput } from 'nestapi-guard';
import { feedUrls, serveFeeds } from '../support/cloud-feeds';
import { type LocalServer, startLocalServer } from '../support/local-server';
import { writeMmdb } from '../support/mmdb-writer';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { until } from '../support/until';

const FRENCH = '81.2.69.1';
const AWS = '52.1.2.3';
const HOME = '9.9.9.9';
const TOKEN = 'planted-ipinfo-token';

@Controller()
class ShopController {
  @Get('open')
  open() {
    return 'open';
  }
}

describe.each(PLATFORMS)('sources that are downloaded, on %s', (platform) => {
  let folder: string;
  let server: LocalServer;
  let app: RunningApp | undefined;
  const said: string[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guard-sources-'));
    said.length = 0;
  });
  afterEach(async () => {
    await app?.close();
    await server.close();
    rmSync(folder, { recursive: true });
  });

  async function start(config: GuardConfigInput): Promise<void> {
    await app?.close();
    const record = (line: unknown) => void said.push(String(line));
    app = await startApp(platform, {
      controllers: [ShopController],
      config: { trustedProxies: ['loopback'], ...config },
      configure: (nest) => nest.useLogger({ log: record, warn: record, error: record }),
    });
  }
  const status = async (from: string) => (await app!.get('/open', { from })).status;

  it('countries of IPinfo: with the token, from the mirror, kept where it is told', async () => {
    const database = writeMmdb({ '81.2.69.0/24': { country: 'FR' } }, { builtAt: new Date() });
    server = await startLocalServer((request, response) => {
      if (request.headers.authorization !== `Bearer ${TOKEN}`) return void response.writeHead(401).end();
      response.end(database);
    });
    const ipinfoCachePath = join(folder, 'cache', 'countries.mmdb');
    const config = {
      blockedCountries: ['FR'],
      ipinfoToken: TOKEN,
      ipinfoUrl: `${server.url}/lite.mmdb`,
      ipinfoCachePath,
    };
    await start(config);
    await until(async () => (await status(FRENCH)) === 403);
    expect(await status(HOME)).toBe(200);
    await until(() => existsSync(ipinfoCachePath));
    expect(statSync(ipinfoCachePath).mode & 0o077).toBe(0);

    server.answer = (_, response) => response.writeHead(500).end();
    await start(config);
    expect(await status(FRENCH)).toBe(403);
    expect(server.requests.map(({ url }) => url)).toEqual(['/lite.mmdb']);
    expect(said.join('\n')).not.toContain(TOKEN);
  });

  it('countries of IPinfo: nobody is refused for a token that is refused', async () => {
    server = await startLocalServer((_, response) => response.writeHead(403).end());
    const ipinfoUrl = `${server.url}/lite.mmdb`;
    await start({
      blockedCountries: ['FR'],
      ipinfoToken: TOKEN,
      ipinfoUrl,
      ipinfoCachePath: join(folder, 'none.mmdb'),
    });
    await until(() => said.some((line) => line.includes('answered 403') || line.includes('ipinfoToken')));
    expect(await status(FRENCH)).toBe(200);
    expect(said.join('\n')).not.toContain(TOKEN);
  });

  it('ranges of clouds: kept where they are told, and in force after a restart', async () => {
    server = await startLocalServer(serveFeeds({ AWS: { 'us-east-1': ['52.0.0.0/11'] } }));
    const cloudSnapshotPath = join(folder, 'cache', 'clouds.jsonl');
    const config = { blockCloudProviders: ['AWS'], cloudFeedUrls: feedUrls(server), cloudSnapshotPath };
    await start(config);
    await until(async () => (await status(AWS)) === 403);
    await until(() => existsSync(cloudSnapshotPath));

    server.answer = (_, response) => response.writeHead(503).end();
    await start(config);
    expect([await status(AWS), await status(HOME)]).toEqual([403, 200]);
    expect(server.requests).toHaveLength(1);
  });

  it('ranges of clouds: again once cloudIpRefreshInterval is over', async () => {
    server = await startLocalServer(serveFeeds({ AWS: { 'us-east-1': ['52.0.0.0/11'] } }));
    const config = { blockCloudProviders: ['AWS'], cloudFeedUrls: feedUrls(server) };
    const cloudSnapshotPath = join(folder, 'clouds.jsonl');
    await start({ ...config, cloudSnapshotPath });
    const updated = () => app!.app.get(CloudRangeService).lastUpdated('AWS');
    await until(() => updated() !== undefined && existsSync(cloudSnapshotPath));
    const twoMinutesLater = Date.now() + 120_000;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => twoMinutesLater);
    try {
      await start({ ...config, cloudSnapshotPath, cloudIpRefreshInterval: 3600 });
      expect(server.requests).toHaveLength(1);
      await start({ ...config, cloudSnapshotPath, cloudIpRefreshInterval: 60 });
      await until(() => server.requests.length === 2);
    } finally {
      clock.mockRestore();
    }
  });
});
