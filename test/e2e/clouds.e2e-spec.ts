import { Controller, Get, Inject } from '@nestjs/common';
import { BlockClouds, Bypass, CloudRangeService, type GuardConfigInput, RequireIp } from 'nestapi-guard';
import { feedUrls, serveFeeds } from '../support/cloud-feeds';
import { type LocalServer, startLocalServer } from '../support/local-server';
import { PLATFORMS, type Platform, type RunningApp, startApp, type StartOptions } from '../support/platforms';
import { RedisServer } from '../support/redis-server';
import { until } from '../support/until';

const IRISH_AWS = '3.248.1.1';
const US_AWS = '52.1.2.3';
const AWS_V6 = '2600:1f18::1';
const GCP = '34.0.1.1';
const CDN = '173.245.48.1';
const HOME = '81.2.69.1';

const FEEDS = {
  AWS: { 'eu-west-1': ['3.248.0.0/13'], 'us-east-1': ['52.0.0.0/11', '2600:1f18::/33'] },
  GCP: { 'us-west1': ['34.0.0.0/15'] },
  Azure: { westeurope: ['20.0.0.0/16'] },
  DigitalOcean: { 'US-NJ': ['5.101.0.0/17'] },
  Linode: { 'US-NJ': ['45.33.0.0/17'] },
  Oracle: { 'us-phoenix-1': ['129.146.0.0/21'] },
  Vultr: { 'US-NJ': ['45.32.0.0/21'] },
  Cloudflare: { '': ['173.245.48.0/20', '2400:cb00::/32'] },
};

@Controller()
class SignUpController {
  constructor(@Inject(CloudRangeService) private readonly clouds: CloudRangeService) {}

  @Get('open')
  open() {
    return 'open';
  }

  @Get('bypassed')
  @Bypass(['clouds'])
  bypassed() {
    return 'ok';
  }

  @Get('status')
  @RequireIp({ whitelist: [HOME] })
  status() {
    return { provider: this.clouds.providerOf(US_AWS) ?? null, ...this.clouds.status() };
  }
}

@Controller()
class RuledController {
  @Get('no-cloud')
  @BlockClouds()
  noCloud() {
    return 'ok';
  }

  @Get('no-gcp')
  @BlockClouds(['gcp'])
  noGcp() {
    return 'ok';
  }
}

describe.each(PLATFORMS)('Clouds on %s', (platform: Platform) => {
  let feeds: LocalServer;
  const apps: RunningApp[] = [];

  beforeEach(async () => {
    feeds = await startLocalServer(serveFeeds(FEEDS));
  });
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close();
    await feeds.close();
  });

  async function start(config: GuardConfigInput, options: StartOptions = {}): Promise<RunningApp> {
    const cloudFeedUrls = feedUrls(feeds);
    const defaults: GuardConfigInput = { trustedProxies: ['loopback'], enableRateLimiting: false, cloudFeedUrls };
    const app = await startApp(platform, {
      controllers: [SignUpController],
      ...options,
      config: { ...defaults, ...config },
    });
    apps.push(app);
    return app;
  }

  const ranges = (app: RunningApp) => app.app.get(CloudRangeService);
  const ready = async (app: RunningApp) => {
    await until(() => ranges(app).status().healthy && ranges(app).status().providers.length > 0);
  };
  const statuses = (app: RunningApp, path: string, clients: readonly string[]) =>
    Promise.all(clients.map(async (from) => (await app.get(path, { from })).status));

  const everyone = [IRISH_AWS, US_AWS, AWS_V6, GCP, CDN, HOME, '10.0.0.1'];

  it.each<[string, GuardConfigInput, number[]]>([
    ['a provider', { blockCloudProviders: ['AWS'] }, [403, 403, 403, 200, 200, 200, 200]],
    ['a spared region', { blockCloudProviders: ['aws:!eu-west-1', 'GCP'] }, [200, 403, 403, 403, 200, 200, 200]],
    ['an exempt client', { blockCloudProviders: ['AWS'], exemptIps: [US_AWS] }, [403, 200, 403, 200, 200, 200, 200]],
    [
      'a dry run',
      { blockCloudProviders: ['AWS'], checkModes: { clouds: 'dry-run' } },
      [200, 200, 200, 200, 200, 200, 200],
    ],
    ['passive mode', { blockCloudProviders: ['AWS'], passiveMode: true }, [200, 200, 200, 200, 200, 200, 200]],
  ])('blockCloudProviders: %s', async (_, config, expected) => {
    const app = await start(config);
    await ready(app);
    expect(await statuses(app, '/open', everyone)).toEqual(expected);
  });

  it('hold where no route is', async () => {
    const app = await start({ blockCloudProviders: ['AWS'] });
    await ready(app);
    expect(await statuses(app, '/nowhere', [US_AWS, HOME])).toEqual([403, 404]);
  });

  it('are refused with the standard body', async () => {
    const app = await start({ blockCloudProviders: ['AWS'] });
    await ready(app);
    const answer = await app.get('/open', { from: US_AWS });
    expect(answer.json()).toEqual({ statusCode: 403, message: 'Forbidden', error: 'Forbidden', code: 'GUARD_CLOUDS' });
  });

  it('@BlockClouds knows every provider, and replaces the global rule', async () => {
    const app = await start({ blockCloudProviders: ['AWS'] }, { controllers: [SignUpController, RuledController] });
    await ready(app);
    const all = Object.values(FEEDS).map((regions) => Object.values(regions)[0]![0]!.split('/')[0]!);
    expect(await statuses(app, '/no-cloud', all)).toEqual(all.map(() => 403));
    expect(await statuses(app, '/no-cloud', [HOME, '10.0.0.1'])).toEqual([200, 200]);
    expect(await statuses(app, '/no-gcp', [US_AWS, GCP])).toEqual([200, 403]);
    expect(await statuses(app, '/bypassed', [US_AWS])).toEqual([200]);
  });

  it('is inactive, and unhealthy, until some feed has answered', async () => {
    const answer = feeds.answer;
    feeds.answer = (_, response) => response.writeHead(503).end();
    const app = await start({ blockCloudProviders: ['AWS'] });
    await until(() => feeds.requests.length > 0);
    expect(await statuses(app, '/open', [US_AWS])).toEqual([200]);
    expect((await app.get('/status', { from: HOME })).json()).toMatchObject({ healthy: false, provider: null });
    feeds.answer = answer;
    await ranges(app).refresh();
    expect(await statuses(app, '/open', [US_AWS])).toEqual([403]);
    expect((await app.get('/status', { from: HOME })).json()).toMatchObject({ healthy: true, provider: 'AWS' });
  });

  it('spares a region within a network of another, in any spelling of the client', async () => {
    feeds.answer = serveFeeds({
      AWS: { GLOBAL: ['52.0.0.0/11', '2600:1f00::/24'], 'eu-west-1': ['52.16.0.0/15', '2600:1f18::/33'] },
    });
    const app = await start({ blockCloudProviders: ['AWS:!EU-West-1'] });
    await ready(app);
    const spared = ['52.16.0.1', '52.17.255.255', '::ffff:52.16.0.1', '2600:1f18::1', '2600:1F18:0:0::1'];
    const blocked = ['52.15.255.255', '52.18.0.0', '::ffff:52.18.0.0', '2600:1f18:8000::', '2600:1f19::1'];
    expect(await statuses(app, '/open', spared)).toEqual(spared.map(() => 200));
    expect(await statuses(app, '/open', blocked)).toEqual(blocked.map(() => 403));
  });

  const entries = (count: number): string[] =>
    Array.from(
      { length: count },
      (_, index) => `{"ip_prefix":"52.${index % 32}.${index >> 5}.0/24","region":"us-east-1"}`,
    );
  const lines = (...all: string[]): LocalServer['answer'] => {
    return (_, response) => response.end(`{"prefixes":[${all.join()}]}`);
  };

  it.each<[what: string, answer: LocalServer['answer'], problem: RegExp]>([
    ['was not modified', (_, response) => response.writeHead(304).end(), /answered 304/],
    ['has nothing to say', (_, response) => response.writeHead(204).end(), /answered 204/],
    [
      'is a part',
      (_, response) => response.writeHead(206).end(`{"prefixes":[${entries(900).join()}]}`),
      /answered 206/,
    ],
    [
      'is half as long as it says',
      (_, response) => response.writeHead(200, { 'content-length': 9_000 }).end('{"prefixes":['),
      /broke off/,
    ],
    ['lacks a third', lines(...entries(600)), /shrank to 6/],
    [
      'is rubbish to a fiftieth',
      lines(...entries(882), ...Array<string>(18).fill('{"ip_prefix":"52.x","region":"x"}')),
      /18 of its 900 entries/,
    ],
    [
      'leads elsewhere over plain HTTP',
      (_, response) => response.writeHead(302, { location: 'http://example.com/' }).end(),
      /not https/,
    ],
    [
      'is no gzip',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('{"prefixes":[]}'),
      /./,
    ],
  ])('keeps the last good ranges, and repeats no line, when the feed %s', async (_, answer, problem) => {
    feeds.answer = lines(...entries(900));
    const said: string[] = [];
    const record = (line: unknown) => void said.push(String(line));
    const silent = () => undefined;
    const app = await start(
      { blockCloudProviders: ['AWS'] },
      { configure: (nest) => nest.useLogger({ log: silent, warn: record, error: record }) },
    );
    await ready(app);
    feeds.answer = answer;
    for (let time = 0; time < 2; time++) {
      const [aws] = (await ranges(app).refresh()).providers;
      expect(aws).toMatchObject({ ready: true, problem: expect.stringMatching(problem) });
      expect(await statuses(app, '/open', ['52.31.0.1', '52.0.27.1', HOME])).toEqual([403, 403, 200]);
    }
    const failures = said.filter((line) => line.includes('could not be refreshed'));
    expect(failures.length).toBeGreaterThan(0);
    expect(failures).toEqual([...new Set(failures)]);
    feeds.answer = lines(...entries(900), ...Array<string>(9).fill('{"ip_prefix":"52.x","region":"x"}'));
    expect((await ranges(app).refresh()).providers[0]).not.toHaveProperty('problem');
  });

  it('keeps blocking, and answering, while every feed misbehaves', async () => {
    const app = await start({ blockCloudProviders: ['AWS'] });
    await ready(app);
    const flood = '{"ip_prefix":"52.0.0.0/24","region":"x"},'.repeat(2000);
    feeds.answer = (request, response) => {
      response.write('{"prefixes":[');
      let pieces = 30;
      const more = () => {
        if (pieces-- > 0) response.write(flood, () => setImmediate(more));
        else request.socket.destroy();
      };
      more();
    };
    const refresh = ranges(app).refresh();
    let over = false;
    void refresh.then(() => (over = true));
    let served = 0;
    for (; !over; served++) expect(await statuses(app, '/open', [US_AWS, HOME])).toEqual([403, 200]);
    expect((await refresh).healthy).toBe(true);
    expect(served).toBeGreaterThan(5);
    expect(await statuses(app, '/open', [US_AWS, HOME])).toEqual([403, 200]);
  });

  describe('onlyFrom', () => {
    it('lets only the CDN connect, seen through a proxy of one’s own', async () => {
      const app = await start({ onlyFrom: ['Cloudflare'] });
      await ready(app);
      expect(await statuses(app, '/open', [CDN, '2400:cb00::7', HOME, '10.0.0.1'])).toEqual([200, 200, 403, 403]);
      expect(await statuses(app, '/nowhere', [CDN, HOME])).toEqual([404, 403]);
      expect((await app.get('/open')).status).toBe(403);
    });

    it('believes no header of a client that is not behind a trusted proxy', async () => {
      const app = await start({ onlyFrom: ['Cloudflare'], trustedProxies: [] });
      await ready(app);
      expect(await statuses(app, '/open', [CDN])).toEqual([403]);
    });

    it('sees the CDN between a proxy of one’s own and the client', async () => {
      const trustedProxies = ['loopback', '173.245.48.0/20'];
      const app = await start({ onlyFrom: ['Cloudflare'], trustedProxies, trustedProxyDepth: 2 });
      await ready(app);
      expect(await statuses(app, '/open', [`${HOME}, ${CDN}`, `${CDN}, ${HOME}`, HOME])).toEqual([200, 403, 403]);
    });

    it('takes addresses and networks, without any feed', async () => {
      const app = await start({ onlyFrom: ['127.0.0.0/8'], trustedProxies: [] });
      expect((await app.get('/open')).status).toBe(200);
      const other = await start({ onlyFrom: ['10.0.0.0/8', '2001:db8::1'], trustedProxies: [] });
      expect((await other.get('/open')).status).toBe(403);
      expect(feeds.requests).toHaveLength(0);
    });

    it('spares whom the configuration exempts', async () => {
      const app = await start({ onlyFrom: ['Cloudflare'], exemptIps: [HOME] });
      await ready(app);
      expect(await statuses(app, '/open', [HOME, GCP])).toEqual([200, 403]);
    });

    it('is inactive while the ranges of the CDN are not to be had', async () => {
      feeds.answer = (_, response) => response.writeHead(503).end();
      const app = await start({ onlyFrom: ['Cloudflare'] });
      expect(await statuses(app, '/open', [HOME])).toEqual([200]);
    });

    it('can be bypassed by a route', async () => {
      const app = await start({ onlyFrom: ['Cloudflare'] });
      await ready(app);
      expect(await statuses(app, '/bypassed', [HOME])).toEqual([200]);
    });
  });

  it.each<[GuardConfigInput, RegExp]>([
    [
      { blockCloudProviders: ['AWZ'] },
      /blockCloudProviders\[0\]: "AWZ" names no known.*known are AWS, GCP.*did you mean "AWS"/,
    ],
    [{ blockCloudProviders: ['AWS:eu-west-1'] }, /must spare regions/],
    [{ blockCloudProviders: ['Cloudflare:!eu'] }, /has none/],
    [{ onlyFrom: ['Cloudflair'] }, /onlyFrom\[0\].*did you mean "Cloudflare"/],
    [{ onlyFrom: ['10.0.0.0/33'] }, /onlyFrom\[0\].*prefix length/],
    [{ cloudIpRefreshInterval: 59 }, /cloudIpRefreshInterval: 59.*60 to 86400/],
    [{ cloudFeedUrls: { AWS: 'http://example.com/' } }, /cloudFeedUrls.AWS.*https/],
    [
      { cloudFeedUrls: { Amazon: 'https://example.com/' } as GuardConfigInput['cloudFeedUrls'] },
      /cloudFeedUrls.Amazon/,
    ],
  ])('%# stops the boot on a wrong configuration', async (config, why) => {
    await expect(start(config)).rejects.toThrow(why);
  });

  it('stops the boot on a wrong decorator', async () => {
    @Controller()
    class WrongController {
      @Get('wrong')
      @BlockClouds(['Hetzner'])
      wrong() {
        return '';
      }
    }
    const wrong = start({}, { controllers: [WrongController] });
    await expect(wrong).rejects.toThrow(/WrongController.wrong @BlockClouds\[0\].*known are AWS/);
  });

  describe('on several instances', () => {
    let redis: RedisServer;
    beforeAll(async () => {
      redis = await RedisServer.start();
    });
    afterAll(() => redis.stop());
    beforeEach(() => redis.admin().flushall());

    it('downloads once for all of them', async () => {
      const config: GuardConfigInput = { blockCloudProviders: ['AWS'], redisUrl: redis.url };
      const instances = await Promise.all([start(config), start(config), start(config)]);
      await Promise.all(instances.map(ready));
      for (const app of instances) expect(await statuses(app, '/open', [US_AWS, HOME])).toEqual([403, 200]);
      expect(feeds.requests).toHaveLength(1);

      const late = await start(config);
      expect(await statuses(late, '/open', [US_AWS])).toEqual([403]);
      expect(feeds.requests).toHaveLength(1);
    });

    it('tells the others what one has refreshed', async () => {
      const config: GuardConfigInput = { blockCloudProviders: ['AWS'], redisUrl: redis.url };
      const [first, second] = [await start(config), await start(config)];
      await Promise.all([ready(first), ready(second)]);
      feeds.answer = serveFeeds({ AWS: { ...FEEDS.AWS, 'eu-west-3': ['15.188.0.0/16'] } });
      await ranges(first).refresh();
      await until(async () => (await statuses(second, '/open', ['15.188.1.1']))[0] === 403);
    });
  });
});
