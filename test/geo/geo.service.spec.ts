import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, rename, stat, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledDatabase } from '../../lib/geo/bundled-source';
import type { GeoIpHandler } from '../../lib/geo/geo.types';
import { type GeoOptions, GeoService } from '../../lib/geo/geo.service';
import { type LocalServer, startLocalServer } from '../support/local-server';
import { type MmdbOptions, writeMmdb } from '../support/mmdb-writer';
import { RecordedLog } from '../support/recorded-log';
import { until } from '../support/until';

const IP = '81.2.69.160';
const database = (country: string, options?: MmdbOptions) =>
  writeMmdb({ '81.2.69.160/27': { country_code: country } }, { builtAt: new Date(), ...options });

describe('GeoService', () => {
  let folder: string;
  let path: string;
  let log: RecordedLog;
  let geo: GeoService | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guard-geo-'));
    path = join(folder, 'countries.mmdb');
    log = new RecordedLog();
  });
  afterEach(() => {
    geo?.onApplicationShutdown();
    geo = undefined;
    jest.useRealTimers();
    rmSync(folder, { recursive: true });
  });

  async function start(options: GeoOptions): Promise<GeoService> {
    geo = new GeoService(options, log);
    await geo.onModuleInit();
    return geo;
  }

  describe('with a database file', () => {
    it('answers from it and tells about it', async () => {
      writeFileSync(path, database('GB', { type: 'My-Countries' }));
      const service = await start({ databasePath: path });
      expect(service.country(IP)).toBe('GB');
      expect(service.resolve(IP)).toBe('GB');
      expect(service.status()).toMatchObject({
        source: 'file',
        ready: true,
        path,
        databaseType: 'My-Countries',
        stale: false,
      });
      expect(service.status().age).toBeLessThan(60);
      expect(log.of('error')).toEqual([]);
    });

    it.each([
      ['is missing', undefined, /ENOENT/],
      ['is empty', Buffer.alloc(0), /empty/],
      ['is cut off', database('GB').subarray(0, 60), /truncated/],
      ['is a web page', Buffer.from('  <!doctype html><title>Sign in</title>'), /HTML/],
      ['is compressed', Buffer.from([0x1f, 0x8b, 8, 0]), /compressed/],
    ])('starts without countries when the file %s, and says so once', async (_, bytes, why) => {
      if (bytes) writeFileSync(path, bytes);
      const service = await start({ databasePath: path });
      await service.reload();
      expect(service.country(IP)).toBeUndefined();
      expect(service.status()).toMatchObject({ source: 'file', ready: false });
      expect(service.status().problem).toMatch(why);
      expect(log.of('error')).toHaveLength(1);
      expect(log.of('error')[0]).toMatch(why);
    });

    it('is not a folder', async () => {
      expect((await start({ databasePath: folder })).status().problem).toMatch(/not a file/);
    });

    it('warns about a database that is old', async () => {
      writeFileSync(path, database('GB', { builtAt: new Date(Date.now() - 31 * 86_400_000) }));
      const service = await start({ databasePath: path });
      expect(service.country(IP)).toBe('GB');
      expect(service.status().stale).toBe(true);
      expect(log.of('warn')[0]).toMatch(/update it/);
    });

    it('follows the file: replaced, broken, mended, removed and mounted', async () => {
      writeFileSync(path, database('GB'));
      const service = await start({ databasePath: path });

      await writeFile(`${path}.new`, database('FR'));
      await rename(`${path}.new`, path);
      await until(() => service.country(IP) === 'FR');

      await writeFile(path, database('DE').subarray(0, 70));
      await until(() => service.status().problem !== undefined);
      expect(service.country(IP)).toBe('FR');
      expect(service.status().ready).toBe(true);
      expect(log.of('error')).toHaveLength(1);
      expect(log.of('error')[0]).toMatch(/stays in use/);

      await writeFile(path, database('IT'));
      await until(() => service.country(IP) === 'IT');
      expect(service.status().problem).toBeUndefined();

      await unlink(path);
      await until(() => service.status().problem !== undefined);
      expect(service.country(IP)).toBe('IT');

      const mounted = join(folder, 'mounted.mmdb');
      await writeFile(mounted, database('ES'));
      await symlink(mounted, path);
      await until(() => service.country(IP) === 'ES');
    });

    it('never answers wrongly while the file is replaced a hundred times, now and then by a broken one', async () => {
      writeFileSync(path, database('GB'));
      const service = await start({ databasePath: path });
      const seen = new Set<string | undefined>();
      let done = false;
      const reading = (async () => {
        while (!done) {
          for (let i = 0; i < 100; i++) seen.add(service.country(IP));
          await new Promise(setImmediate);
        }
      })();
      for (let round = 0; round < 100; round++) {
        const good = database(round % 2 ? 'FR' : 'GB');
        await writeFile(`${path}.new`, round % 3 ? good : good.subarray(0, good.length - 30));
        await rename(`${path}.new`, path);
        await service.reload();
      }
      done = true;
      await reading;
      expect([...seen].sort()).toEqual(['FR', 'GB']);
    });

    it('reads again on request, once for all who ask at the same time', async () => {
      writeFileSync(path, database('GB'));
      const service = await start({ databasePath: path });
      writeFileSync(path, database('FR'));
      const results = await Promise.all([service.reload(), service.reload()]);
      expect(results).toMatchObject([{ ready: true }, { ready: true }]);
      expect(service.country(IP)).toBe('FR');
    });
  });

  describe('with the CC0 database', () => {
    it.each<[string, (service: GeoService) => unknown]>([
      ['country()', (service) => service.country('8.8.8.8')],
      ['lookup()', (service) => service.lookup('8.8.8.8')?.country],
      ['resolve()', (service) => service.resolve('8.8.8.8')],
    ])('loads it with the first lookup: %s', async (_, ask) => {
      const service = await start({});
      expect(service.status().loadedAt).toBeUndefined();
      expect(await ask(service)).toBe('US');
      expect(service.status().loadedAt).toBeDefined();
      expect(service.resolve('8.8.8.8')).toBe('US');
    });

    it('loads it at the start when a rule needs it', async () => {
      geo = new GeoService({}, log);
      geo.need();
      await geo.onModuleInit();
      expect(geo.status().loadedAt).toBeDefined();
      expect(geo.resolve('8.8.8.8')).toBe('US');
    });

    it('is found where it is installed', () => {
      expect(bundledDatabase()).toMatch(/geo-whois-asn-country\.mmdb$/);
      expect(bundledDatabase([join(folder, 'package.json')])).toBeUndefined();
    });

    it('needs no option', async () => {
      const service = await start({});
      expect(service.status()).toMatchObject({ source: 'bundled', ready: true });
      expect(service.country('8.8.8.8')).toBe('US');
      expect(service.country('2001:4860:4860::8888')).toBe('US');
      expect(service.country('192.168.1.1')).toBeUndefined();
    });
  });

  describe('with an ipinfoToken', () => {
    let server: LocalServer;
    let cachePath: string;
    const options = () => ({
      ipinfoToken: 'secret-token',
      ipinfoUrl: `${server.url}/lite.mmdb`,
      ipinfoCachePath: cachePath,
    });

    beforeEach(async () => {
      cachePath = join(folder, 'cache', 'ipinfo.mmdb');
      server = await startLocalServer((_, response) => response.end(database('GB')));
    });
    afterEach(() => server.close());

    it('downloads with the token in a header and keeps the file', async () => {
      const service = await start(options());
      expect(service.country(IP)).toBe('GB');
      expect(service.status()).toMatchObject({ source: 'ipinfo', ready: true, path: cachePath });
      expect(server.requests[0]!.headers.authorization).toBe('Bearer secret-token');
      expect(server.requests[0]!.url).toBe('/lite.mmdb');
      await until(() =>
        stat(cachePath).then(
          () => true,
          () => false,
        ),
      );
      expect(await readFile(cachePath)).toEqual(database('GB', { builtAt: service.status().builtAt! }));
      expect((await stat(cachePath)).mode & 0o077).toBe(0);
    });

    it('downloads once a day, over restarts and reloads', async () => {
      await start(options());
      geo!.onApplicationShutdown();
      const service = await start(options());
      await service.reload();
      expect(service.country(IP)).toBe('GB');
      expect(server.requests).toHaveLength(1);

      const yesterday = new Date(Date.now() - 25 * 3_600_000);
      await utimes(cachePath, yesterday, yesterday);
      server.answer = (_, response) => response.end(database('FR'));
      service.onApplicationShutdown();
      const next = await start(options());
      await until(() => next.country(IP) === 'FR');
      expect(server.requests).toHaveLength(2);
    });

    it('refreshes daily and asks only for what is newer', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'performance', 'queueMicrotask'] });
      server.answer = (request, response) =>
        request.headers['if-none-match'] === '"v1"'
          ? response.writeHead(304).end()
          : response.writeHead(200, { etag: '"v1"' }).end(database('GB'));
      const service = await start(options());
      for (let day = 2; day <= 3; day++) {
        jest.advanceTimersToNextTimer();
        await service.reload();
        expect(server.requests).toHaveLength(day);
      }
      expect(server.requests.map((request) => request.headers['if-none-match'])).toEqual([undefined, '"v1"', '"v1"']);
      expect(service.country(IP)).toBe('GB');
    });

    it('resumes a download that broke off', async () => {
      const bytes = database('GB');
      const cuts = [50, 120];
      server.answer = (request, response) => {
        const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
        if (from > 0)
          response.writeHead(206, {
            etag: '"v1"',
            'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
          });
        else response.writeHead(200, { etag: '"v1"', 'content-length': bytes.length });
        sendUntil(request, response, bytes.subarray(from), (cuts.shift() ?? Infinity) - from);
      };
      const service = await start(options());
      await until(() => service.country(IP) === 'GB');
      expect(server.requests.map((request) => request.headers.range)).toEqual([undefined, 'bytes=50-', 'bytes=120-']);
      expect(server.requests[1]!.headers['if-range']).toBe('"v1"');
      expect(log.of('error')).toEqual([]);
    });

    it('starts over when the file changed in between', async () => {
      let first = true;
      server.answer = (request, response) => {
        const bytes = database(first ? 'GB' : 'FR');
        response.writeHead(200, { etag: first ? '"v1"' : '"v2"', 'content-length': bytes.length });
        sendUntil(request, response, bytes, first ? 60 : Infinity);
        first = false;
      };
      const service = await start(options());
      await until(() => service.country(IP) === 'FR');
    });

    it.each<[string, LocalServer['answer'], RegExp]>([
      ['a refused token', (_, response) => response.writeHead(403).end('forbidden'), /refused the ipinfoToken/],
      ['a sign-in page', (_, response) => response.end('<html>sign in</html>'), /HTML/],
      ['a truncated file', (_, response) => response.end(database('FR').subarray(0, 60)), /truncated/],
      ['an error', (_, response) => response.writeHead(500).end(), /answered 500/],
      [
        'a redirect loop',
        (request, response) => response.writeHead(302, { location: request.url }).end(),
        /redirects more/,
      ],
    ])('keeps the last good database on %s', async (_, answer, why) => {
      await start(options());
      geo!.onApplicationShutdown();
      const yesterday = new Date(Date.now() - 25 * 3_600_000);
      await utimes(cachePath, yesterday, yesterday);
      server.answer = answer;
      const service = await start(options());
      await until(() => service.status().problem !== undefined);
      expect(service.country(IP)).toBe('GB');
      expect(service.status().problem).toMatch(why);
      expect(log.of('error')).toHaveLength(1);
      expect(log.lines.join()).not.toContain('secret-token');
    });

    it('tries again, later and later', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'performance', 'queueMicrotask'] });
      server.answer = (_, response) => response.writeHead(500).end();
      const service = await start(options());
      expect(service.status()).toMatchObject({ ready: false });
      jest.advanceTimersToNextTimer();
      await turnsUntil(() => server.requests.length === 2);
      server.answer = (_, response) => response.end(database('GB'));
      await turnsUntil(() => {
        jest.advanceTimersByTime(1_000);
        return server.requests.length === 3;
      });
      await turnsUntil(() => service.country(IP) === 'GB');
    });

    it('ignores a cached file that is broken', async () => {
      await start(options());
      geo!.onApplicationShutdown();
      await writeFile(cachePath, 'nonsense');
      const service = await start(options());
      expect(service.country(IP)).toBe('GB');
      expect(server.requests).toHaveLength(2);
      expect(log.of('warn')[0]).toMatch(/cached country database/);
    });

    it('works without a place to keep the file', async () => {
      writeFileSync(join(folder, 'cache'), 'not a folder');
      const service = await start(options());
      expect(service.country(IP)).toBe('GB');
      await until(() => log.of('warn').length > 0);
      expect(log.of('warn').join()).toMatch(/could not be kept/);
    });
  });

  describe('with a handler', () => {
    const handler = (
      getCountry: GeoIpHandler['getCountry'],
      initialize: GeoIpHandler['initialize'] = () => undefined,
    ) => ({
      isInitialized: false,
      initialize,
      getCountry: jest.fn(getCountry),
    });

    it.each<[string, GeoIpHandler['getCountry']]>([
      ['synchronously', () => 'gb'],
      ['later', async () => 'gb'],
    ])('asks it, when it answers %s', async (_, getCountry) => {
      const service = await start({ handler: handler(getCountry), databasePath: path });
      expect(await service.resolve(IP)).toBe('GB');
      expect(service.country(IP)).toBe('GB');
      expect(service.lookup(IP)).toEqual({ country: 'GB' });
      expect(service.status()).toMatchObject({ source: 'handler', ready: true });
    });

    it('answers synchronously when the handler does', async () => {
      const service = await start({ handler: handler(() => 'GB') });
      expect(service.resolve(IP)).toBe('GB');
    });

    it.each(['10.0.0.1', '::1', 'nonsense'])('does not ask it about %s', async (ip) => {
      const source = handler(() => 'GB');
      const service = await start({ handler: source });
      expect(await service.resolve(ip)).toBeUndefined();
      expect(source.getCountry).not.toHaveBeenCalled();
    });

    it.each<[string, GeoIpHandler['getCountry']]>([
      ['nothing', () => undefined],
      ['null', () => null],
      ['a name', () => 'France'],
      ['a number', (() => 33) as unknown as GeoIpHandler['getCountry']],
      [
        'an exception',
        () => {
          throw new Error('no idea');
        },
      ],
      ['a rejection', async () => Promise.reject(new Error('no idea'))],
    ])('takes %s for unknown', async (_, getCountry) => {
      expect(await (await start({ handler: handler(getCountry) })).resolve(IP)).toBeUndefined();
    });

    it('says once that it fails, and when it has recovered', async () => {
      let broken = true;
      const service = await start({
        handler: handler(() => {
          if (broken) throw new Error('no idea');
          return 'GB';
        }),
      });
      for (let i = 0; i < 10; i++) void service.resolve(IP);
      expect(log.of('error')).toHaveLength(1);
      expect(service.status().problem).toBe('no idea');
      broken = false;
      expect(service.resolve(IP)).toBe('GB');
      expect(service.status().problem).toBeUndefined();
      expect(log.of('log').join()).toMatch(/answers again/);
    });

    it('waits 500 ms at most, and leaves a handler alone that is always late', async () => {
      const source = handler(() => new Promise<string>(() => undefined));
      const service = await start({ handler: source });
      jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
      for (let i = 1; i <= 5; i++) {
        const answer = service.resolve(`81.2.69.${i}`);
        jest.advanceTimersByTime(501);
        expect(await answer).toBeUndefined();
      }
      expect(service.resolve('81.2.69.6')).toBeUndefined();
      expect(source.getCountry).toHaveBeenCalledTimes(5);
      jest.advanceTimersByTime(10_001);
      void service.resolve('81.2.69.7');
      expect(source.getCountry).toHaveBeenCalledTimes(6);
    });

    it('asks once for many requests of one client', async () => {
      const source = handler(async () => 'GB');
      const service = await start({ handler: source });
      expect(await Promise.all([service.resolve(IP), service.resolve(`::ffff:${IP}`)])).toEqual(['GB', 'GB']);
      expect(source.getCountry).toHaveBeenCalledTimes(1);
    });

    it('bounds how many clients wait', async () => {
      const source = handler(() => new Promise<string>(() => undefined));
      const service = await start({ handler: source });
      for (let i = 0; i < 3_000; i++) void service.resolve(`81.2.${i >> 8}.${i & 255}`);
      expect(source.getCountry).toHaveBeenCalledTimes(1_000);
    });

    it('does not initialize it twice', async () => {
      const initialize = jest.fn();
      await start({ handler: { isInitialized: true, initialize, getCountry: () => 'GB' } });
      expect(initialize).not.toHaveBeenCalled();
    });

    it('starts although initialize() fails, and tries again', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
      let attempts = 0;
      const source = handler(
        () => 'GB',
        async () => {
          if (++attempts === 1) throw new Error('no connection');
        },
      );
      const service = await start({ handler: source });
      expect(service.country(IP)).toBeUndefined();
      expect(service.status()).toMatchObject({ ready: false });
      expect(log.of('error')[0]).toMatch(/no connection/);
      await jest.advanceTimersByTimeAsync(60_001);
      expect(service.country(IP)).toBe('GB');
    });
  });
});

function sendUntil(request: IncomingMessage, response: ServerResponse, bytes: Buffer, cut: number): void {
  if (cut >= bytes.length) return void response.end(bytes);
  response.write(bytes.subarray(0, cut), () => setTimeout(() => request.socket.destroy(), 20));
}

/** Waits on real sockets while the timers are not real. */
async function turnsUntil(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000 && !holds(); turn++) await new Promise(setImmediate);
  expect(holds()).toBe(true);
}
