import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudRangeOptions } from '../../lib/cloud/cloud.types';
import { CLOUD_PROVIDERS, CloudRule, type CloudRuleEntry, parseCloudRule } from '../../lib/cloud/cloud-provider';
import { CloudRangeService } from '../../lib/cloud/cloud-range.service';
import { feedUrls, serveFeeds, WRITE_FEED } from '../support/cloud-feeds';
import { type LocalServer, startLocalServer } from '../support/local-server';
import { RecordedLog } from '../support/recorded-log';
import { until } from '../support/until';

const rule = (...specs: string[]) => new CloudRule(specs.map((spec) => parseCloudRule(spec) as CloudRuleEntry));
const AWS = { 'eu-west-1': ['3.248.0.0/13'], 'us-east-1': ['52.0.0.0/11', '2600:1f18::/33'] };
const numbered = (count: number) => ({
  'us-east-1': Array.from({ length: count }, (_, i) => `52.${i >> 8}.${i & 255}.0/24`),
});

describe('CloudRangeService', () => {
  let folder: string;
  let server: LocalServer;
  let log: RecordedLog;
  const running: CloudRangeService[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'guard-cloud-'));
    server = await startLocalServer(serveFeeds({ AWS }));
    log = new RecordedLog();
  });
  afterEach(async () => {
    for (const service of running.splice(0)) service.onApplicationShutdown();
    await server.close();
    rmSync(folder, { recursive: true });
  });

  function create(options: Partial<CloudRangeOptions> = {}): CloudRangeService {
    const defaults = { refreshInterval: 3600, feedUrls: feedUrls(server), packagedSnapshots: join(folder, 'packaged') };
    const service = new CloudRangeService({ ...defaults, ...options }, log);
    running.push(service);
    return service;
  }

  async function start(rules: CloudRule[], options?: Partial<CloudRangeOptions>): Promise<CloudRangeService> {
    const service = create(options);
    rules.forEach((each) => service.use(each));
    await service.onApplicationBootstrap();
    return service;
  }

  it('downloads every feed, and tells whose an address is', async () => {
    const networks = CLOUD_PROVIDERS.map((provider, i) => [
      provider,
      { [`region-${i}`]: [`3${i}.0.0.0/12`, `26${i}0::/32`] },
    ]);
    server.answer = serveFeeds(Object.fromEntries(networks));
    const service = await start([rule(...CLOUD_PROVIDERS)]);
    await service.refresh();
    CLOUD_PROVIDERS.forEach((provider, i) => {
      const region = provider === 'Cloudflare' ? '' : `region-${i}`;
      expect(service.ownerOf(`3${i}.1.2.3`)).toEqual({ provider, region });
      expect(service.providerOf(`26${i}0::1`)).toBe(provider);
      expect(service.lastUpdated(provider)!.getTime()).toBeGreaterThan(Date.now() - 60_000);
    });
    expect(service.providerOf('8.8.8.8')).toBeUndefined();
    expect(service.providerOf('nonsense')).toBeUndefined();
    expect(service.status().healthy).toBe(true);
    expect(service.status().providers[0]).toMatchObject({
      provider: 'AWS',
      ready: true,
      networks: 2,
      regions: ['region-0'],
      stale: false,
    });
  });

  it('asks nobody when no rule is in force', async () => {
    const service = await start([]);
    expect(await service.refresh()).toEqual({ healthy: true, providers: [] });
    expect(server.requests).toHaveLength(0);
  });

  it('refreshes what it is asked for, rule or not', async () => {
    const service = create();
    await service.refresh(['AWS']);
    expect(service.providerOf('3.248.1.1')).toBe('AWS');
  });

  it('says loudly that it has nothing, and starts by itself as soon as the feed answers', async () => {
    const answer = server.answer;
    server.answer = (_, response) => response.writeHead(503).end();
    const service = await start([rule('AWS')]);
    expect(service.status()).toMatchObject({ healthy: false, providers: [{ provider: 'AWS', ready: false }] });
    expect(log.of('error').join()).toMatch(/GUARD_CLOUD_RANGES_MISSING: no address ranges of AWS/);
    server.answer = answer;
    await service.refresh();
    expect(service.status().healthy).toBe(true);
  });

  it('begins with a download in the background', async () => {
    const service = await start([rule('AWS')]);
    expect(service.knows('AWS')).toBe(false);
    await until(() => service.knows('AWS'));
  });

  it('takes providers in that a later rule names', async () => {
    server.answer = serveFeeds({ AWS, GCP: { 'us-west1': ['34.0.0.0/15'] } });
    const service = await start([rule('AWS')]);
    await service.refresh();
    service.use(rule('GCP'));
    await until(() => service.providerOf('34.0.1.1') === 'GCP');
    expect(service.providerOf('3.248.1.1')).toBe('AWS');
  });

  it('names the regions that a rule spares in vain', async () => {
    const service = await start([rule('AWS:!eu-west-1'), rule('AWS:!eu-west-9')]);
    await service.refresh();
    await service.refresh();
    const lines = log.of('error').filter((line) => line.includes('GUARD_CLOUD_REGION_UNKNOWN'));
    expect(lines).toEqual([expect.stringMatching(/AWS has no region eu-west-9.*Known are eu-west-1, us-east-1/)]);
  });

  it('logs what came and went', async () => {
    const service = await start([rule('AWS')]);
    await service.refresh();
    server.answer = serveFeeds({ AWS: { ...AWS, 'eu-west-1': ['3.248.0.0/14', '18.200.0.0/16'] } });
    await service.refresh();
    expect(log.of('log').at(-1)).toMatch(
      /AWS: networks added 2 \(3.248.0.0\/14, 18.200.0.0\/16\), removed 1 \(3.248.0.0\/13\)/,
    );
  });

  describe('with good ranges in use', () => {
    const answered =
      (text: string): LocalServer['answer'] =>
      (_, response) =>
        response.end(text);

    it.each<[string, LocalServer['answer'], RegExp]>([
      ['is empty', answered(WRITE_FEED.AWS({})), /no networks/],
      ['is blank', answered(''), /ends in the middle/],
      ['lost most of its networks', answered(WRITE_FEED.AWS(numbered(20))), /shrank to 10 %/],
      ['exploded', answered(WRITE_FEED.AWS(numbered(4000))), /grew 20 times/],
      [
        'has a default route',
        answered(WRITE_FEED.AWS({ ...numbered(200), x: ['0.0.0.0/0'] })),
        /more than any provider/,
      ],
      ['has private addresses', answered(WRITE_FEED.AWS({ ...numbered(200), x: ['10.0.0.0/16'] })), /private/],
      ['is a web page', answered('<!doctype html><title>Welcome</title>'), /HTML/],
      ['is cut off', answered(WRITE_FEED.AWS(numbered(200)).slice(0, 9000)), /ends in the middle/],
      ['is other JSON', answered('{"error":"not today"}'), /no networks/],
      ['is gone', (_, response) => response.writeHead(404).end(), /answered 404/],
      [
        'redirects for ever',
        (request, response) => response.writeHead(301, { location: request.url }).end(),
        /redirects/,
      ],
      [
        'redirects to http',
        (_, response) => response.writeHead(301, { location: 'http://192.0.2.1/' }).end(),
        /not https/,
      ],
      [
        'claims to have 200 MB',
        (_, response) => response.writeHead(200, { 'content-length': 2e8 }).write('{'),
        /more than/,
      ],
    ])('keeps them when the feed %s', async (_, answer, why) => {
      server.answer = serveFeeds({ AWS: numbered(200) });
      const service = await start([rule('AWS')]);
      await service.refresh();
      const before = service.lastUpdated('AWS');
      server.answer = answer;
      const { healthy, providers } = await service.refresh();
      await service.refresh();
      expect(healthy).toBe(true);
      expect(providers[0]!.problem).toMatch(why);
      expect(service.lastUpdated('AWS')).toBe(before);
      for (let i = 0; i < 200; i++) expect(service.providerOf(`52.0.${i}.1`)).toBe('AWS');
      expect(log.of('error').filter((line) => why.test(line)).length).toBeGreaterThan(0);
      server.answer = serveFeeds({ AWS: numbered(200) });
      expect((await service.refresh()).providers[0]!.problem).toBeUndefined();
    });

    it('tells of a failure once, however long it lasts', async () => {
      const service = await start([rule('AWS')]);
      await service.refresh();
      server.answer = (_, response) => response.writeHead(500).end();
      for (let i = 0; i < 5; i++) await service.refresh();
      expect(log.of('error').filter((line) => line.includes('answered 500'))).toHaveLength(1);
    });

    it('believes a smaller feed the third time', async () => {
      server.answer = serveFeeds({ AWS: numbered(200) });
      const service = await start([rule('AWS')]);
      await service.refresh();
      server.answer = serveFeeds({ AWS: numbered(100) });
      await service.refresh();
      await service.refresh();
      expect(service.providerOf('52.0.150.1')).toBe('AWS');
      await service.refresh();
      expect(service.providerOf('52.0.150.1')).toBeUndefined();
      expect(service.providerOf('52.0.50.1')).toBe('AWS');
    });

    it('breaks an endless answer off, and lets requests through meanwhile', async () => {
      server.answer = serveFeeds({ AWS: numbered(200) });
      const service = await start([rule('AWS')]);
      await service.refresh();
      let sent = 0;
      server.answer = (_, response) => {
        response.write('{"prefixes":[');
        const piece = '{"ip_prefix":"52.0.0.0/24","region":"us-east-1"},'.repeat(1000);
        const more = () => {
          if (response.destroyed) return;
          sent += piece.length;
          response.write(piece, () => setImmediate(more));
        };
        more();
      };
      let over = false;
      const refresh = service.refresh().finally(() => (over = true));
      let turns = 0;
      for (; !over; turns++) {
        await new Promise(setImmediate);
        expect(service.providerOf('52.0.7.1')).toBe('AWS');
      }
      expect((await refresh).providers[0]!.problem).toMatch(/more than (20971520 bytes|300000 entries)/);
      expect(sent).toBeLessThan(30 * 1024 * 1024);
      expect(turns).toBeGreaterThan(100);
    });

    it('gives up after ten seconds on a server that trickles', async () => {
      const service = await start([rule('AWS')]);
      await service.refresh();
      jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
      try {
        server.answer = (_, response) => response.write('{"prefixes":[');
        const asked = server.requests.length;
        const refresh = service.refresh();
        for (let turn = 0; turn < 10_000 && server.requests.length === asked; turn++) await new Promise(setImmediate);
        jest.advanceTimersByTime(10_001);
        expect((await refresh).providers[0]!.problem).toMatch(/within 10 s/);
        expect(service.providerOf('3.248.1.1')).toBe('AWS');
      } finally {
        jest.useRealTimers();
      }
    });
  });

  describe('with a cache on disk', () => {
    it('is ready at once after a restart, without a download', async () => {
      const snapshotPath = join(folder, 'cache', 'clouds.jsonl');
      await (await start([rule('AWS')], { snapshotPath })).refresh();
      const downloads = server.requests.length;
      const next = await start([rule('AWS')], { snapshotPath });
      expect(next.ownerOf('3.248.1.1')).toEqual({ provider: 'AWS', region: 'eu-west-1' });
      expect(next.status().healthy).toBe(true);
      expect(server.requests).toHaveLength(downloads);
      expect(await readdir(join(folder, 'cache'))).toEqual(['clouds.jsonl']);
    });

    it('starts without it when it is broken', async () => {
      const snapshotPath = join(folder, 'clouds.jsonl');
      await writeFile(snapshotPath, '{"provider":"AWS"');
      const service = await start([rule('AWS')], { snapshotPath });
      expect(log.of('warn').join()).toMatch(/the cached snapshot cannot be used/);
      await service.refresh();
      expect(service.knows('AWS')).toBe(true);
      expect(await readFile(snapshotPath, 'utf8')).toContain('"3.248.0.0/13"');
    });

    it('works when it cannot be written', async () => {
      await writeFile(join(folder, 'file'), '');
      const service = await start([rule('AWS')], { snapshotPath: join(folder, 'file', 'clouds.jsonl') });
      await service.refresh();
      expect(service.knows('AWS')).toBe(true);
      expect(log.of('warn').join()).toMatch(/could not be kept/);
    });
  });

  describe('with a snapshot in the package', () => {
    const line = (updatedAt: string, prefix: string) =>
      JSON.stringify({ provider: 'AWS', updatedAt, region: 'eu-west-1', prefixes: [prefix] });

    it('takes the newest, and then refreshes it', async () => {
      const packaged = join(folder, 'packaged');
      await mkdir(packaged);
      await writeFile(join(packaged, 'cloud-ranges-2026-10-01.jsonl'), line('2026-10-01T00:00:00Z', '3.0.0.0/13'));
      await writeFile(join(packaged, 'cloud-ranges-2026-11-01.jsonl'), line('2026-11-01T00:00:00Z', '3.248.0.0/13'));
      const service = await start([rule('AWS')]);
      expect(service.providerOf('3.248.1.1')).toBe('AWS');
      expect(service.providerOf('3.0.1.1')).toBeUndefined();
      expect(service.status().providers[0]).toMatchObject({ ready: true, updatedAt: new Date('2026-11-01T00:00:00Z') });
      expect(log.of('error')).toEqual([]);
    });

    it('prefers a cache that is newer', async () => {
      const packaged = join(folder, 'packaged');
      await mkdir(packaged);
      await writeFile(join(packaged, 'cloud-ranges-2026-10-01.jsonl'), line('2026-10-01T00:00:00Z', '3.0.0.0/13'));
      const snapshotPath = join(folder, 'clouds.jsonl');
      await writeFile(snapshotPath, line('2026-11-01T00:00:00Z', '3.248.0.0/13'));
      const service = await start([rule('AWS')], { snapshotPath });
      expect(service.providerOf('3.248.1.1')).toBe('AWS');
    });
  });

  it('never answers wrongly while ranges are exchanged', async () => {
    const service = await start([rule('AWS')]);
    await service.refresh();
    let done = false;
    const seen = new Set<string | undefined>();
    const reading = (async () => {
      while (!done) {
        seen.add(service.providerOf('3.248.1.1'));
        await new Promise(setImmediate);
      }
    })();
    for (let i = 0; i < 20; i++) {
      server.answer = serveFeeds({ AWS: { ...AWS, x: [`18.${i}.0.0/16`] } });
      await service.refresh();
    }
    done = true;
    await reading;
    expect([...seen]).toEqual(['AWS']);
  });

  it('stops a download when the application stops', async () => {
    server.answer = () => undefined;
    const service = await start([rule('AWS')]);
    const refresh = service.refresh();
    await until(() => server.requests.length > 0);
    service.onApplicationShutdown();
    const started = performance.now();
    await refresh;
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(log.of('error')).toHaveLength(1);
  });
});
