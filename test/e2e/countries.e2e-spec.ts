import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, type INestApplication, Inject, Injectable, ValidationPipe } from '@nestjs/common';
import {
  AllowCountries,
  BlockCountries,
  Bypass,
  ClientCountry,
  type GeoIpHandler,
  GeoService,
  type GuardConfigInput,
  GuardControl,
} from 'nestapi-guard';
import { writeMmdb } from '../support/mmdb-writer';
import { PLATFORMS, type Platform, type RunningApp, startApp, type StartOptions } from '../support/platforms';
import { until } from '../support/until';

const FRENCH = '81.2.69.1';
const GERMAN = '81.2.70.1';
const SWISS = '2a02:1200::1';
const UNKNOWN = '9.9.9.9';
const NETWORKS = { '81.2.69.0/24': 'FR', '81.2.70.0/24': 'DE', '2a02:1200::/27': 'CH' };

const LAYOUTS = {
  MaxMind: (country: string) => ({ country: { iso_code: country } }),
  IPinfo: (country: string) => ({ country }),
  'ip-location-db': (country: string) => ({ country_code: country }),
};
const database = (networks: Record<string, string> = NETWORKS, layout = LAYOUTS.MaxMind) =>
  writeMmdb(Object.fromEntries(Object.entries(networks).map(([network, country]) => [network, layout(country)])));

@Controller()
class ShopController {
  constructor(@Inject(GeoService) private readonly geo: GeoService) {}

  @Get('open')
  open() {
    return 'open';
  }

  @Get('not-fr')
  @BlockCountries(['fr'])
  notFrench() {
    return 'ok';
  }

  @Get('only-ch')
  @AllowCountries(['CH'])
  onlySwiss() {
    return 'ok';
  }

  @Get('bypassed')
  @Bypass(['country'])
  bypassed() {
    return 'ok';
  }

  @Get('whence')
  whence(@ClientCountry() country: string | undefined) {
    return { country: country ?? null };
  }

  @Get('service')
  service() {
    return { fr: this.geo.country(FRENCH), source: this.geo.status().source };
  }
}

@Controller('swiss')
@AllowCountries(['CH'])
class SwissController {
  @Get()
  inherited() {
    return 'ok';
  }

  @Get('french')
  @AllowCountries(['FR'])
  french() {
    return 'ok';
  }
}

describe.each(PLATFORMS)('Countries on %s', (platform: Platform) => {
  let folder: string;
  let geoDatabasePath: string;
  let app: RunningApp | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guard-countries-'));
    geoDatabasePath = join(folder, 'countries.mmdb');
    writeFileSync(geoDatabasePath, database());
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    rmSync(folder, { recursive: true });
  });

  async function start(config: GuardConfigInput, options: StartOptions = {}): Promise<RunningApp> {
    const defaults: GuardConfigInput = { trustedProxies: ['loopback'], enableRateLimiting: false, geoDatabasePath };
    const controllers = [ShopController, SwissController];
    app = await startApp(platform, { controllers, ...options, config: { ...defaults, ...config } });
    return app;
  }

  const statuses = async (path: string, clients: readonly string[]) =>
    Promise.all(clients.map(async (from) => (await app!.get(path, { from })).status));

  const everyone = [FRENCH, GERMAN, SWISS, UNKNOWN, '10.0.0.1', '127.0.0.1', '::1', 'fd00::1'];

  it.each<[string, GuardConfigInput, number[]]>([
    ['nothing', {}, [200, 200, 200, 200]],
    ['blockedCountries', { blockedCountries: ['FR', 'ch'] }, [403, 200, 403, 200]],
    ['whitelistCountries', { whitelistCountries: ['fr'] }, [200, 403, 403, 403]],
    ['both', { whitelistCountries: ['FR', 'DE'], blockedCountries: ['DE'] }, [200, 403, 403, 403]],
    ['the check switched off', { blockedCountries: ['FR'], checkModes: { country: 'off' } }, [200, 200, 200, 200]],
    ['a dry run', { blockedCountries: ['FR'], checkModes: { country: 'dry-run' } }, [200, 200, 200, 200]],
    ['passive mode', { blockedCountries: ['FR'], passiveMode: true }, [200, 200, 200, 200]],
    ['an exempt client', { blockedCountries: ['FR', 'DE'], exemptIps: [FRENCH] }, [200, 403, 200, 200]],
  ])('global rules: %s', async (_, config, expected) => {
    await start(config);
    expect(await statuses('/open', everyone)).toEqual([...expected, 200, 200, 200, 200]);
  });

  it('hold where no route is', async () => {
    await start({ blockedCountries: ['FR'] });
    expect(await statuses('/nowhere', [FRENCH, GERMAN])).toEqual([403, 404]);
  });

  it('answer without a word about the country', async () => {
    await start({ blockedCountries: ['FR'] });
    const answer = await app!.get('/open', { from: FRENCH });
    expect(answer.json()).toEqual({ statusCode: 403, message: 'Forbidden', error: 'Forbidden', code: 'GUARD_COUNTRY' });
  });

  describe('on routes', () => {
    it('@BlockCountries and @AllowCountries', async () => {
      await start({});
      expect(await statuses('/not-fr', everyone)).toEqual([403, 200, 200, 200, 200, 200, 200, 200]);
      expect(await statuses('/only-ch', everyone)).toEqual([403, 403, 200, 403, 200, 200, 200, 200]);
      expect(await statuses('/swiss', [FRENCH, SWISS])).toEqual([403, 200]);
      expect(await statuses('/swiss/french', [FRENCH, SWISS])).toEqual([200, 403]);
    });

    it('@AllowCountries replaces the whole global rule', async () => {
      await start({ blockedCountries: ['CH'], whitelistCountries: ['DE'] });
      expect(await statuses('/only-ch', [FRENCH, GERMAN, SWISS])).toEqual([403, 403, 200]);
      expect(await statuses('/open', [FRENCH, GERMAN, SWISS])).toEqual([403, 200, 403]);
    });

    it('@BlockCountries replaces blockedCountries, and not whitelistCountries', async () => {
      await start({ blockedCountries: ['DE'], whitelistCountries: ['FR', 'DE'] });
      expect(await statuses('/not-fr', [FRENCH, GERMAN, SWISS])).toEqual([403, 200, 403]);
    });

    it('@Bypass', async () => {
      await start({ blockedCountries: ['FR'] });
      expect(await statuses('/bypassed', [FRENCH])).toEqual([200]);
    });
  });

  it.each([
    ['alone', undefined],
    [
      'beside global pipes',
      (app: INestApplication) =>
        app.useGlobalPipes(new ValidationPipe({ transform: true, validateCustomDecorators: true })),
    ],
  ])('@ClientCountry tells the country, %s', async (_, configure) => {
    await start({}, { ...(configure && { configure }) });
    for (const [from, country] of [
      [FRENCH, 'FR'],
      [SWISS, 'CH'],
      [UNKNOWN, null],
      ['10.0.0.1', null],
    ] as const) {
      expect((await app!.get('/whence', { from })).json()).toEqual({ country });
    }
  });

  it.each(Object.entries(LAYOUTS))('reads the layout of %s', async (_, layout) => {
    writeFileSync(geoDatabasePath, database(NETWORKS, layout as (typeof LAYOUTS)['MaxMind']));
    await start({ blockedCountries: ['FR'] });
    expect(await statuses('/open', [FRENCH, GERMAN])).toEqual([403, 200]);
  });

  it('reads the CC0 database when nothing else is configured', async () => {
    await start({ geoDatabasePath: undefined, blockedCountries: ['US'] });
    expect(await statuses('/open', ['8.8.8.8', '2001:4860:4860::8888', '1.1.1.1', '10.0.0.1'])).toEqual([
      403, 403, 200, 200,
    ]);
    expect((await app!.get('/service')).json()).toMatchObject({ source: 'bundled' });
  });

  it('follows the database file under load, truncated copies included', async () => {
    await start({ blockedCountries: ['FR'] });
    const answers = new Set<string>();
    let done = false;
    const load = (async () => {
      while (!done) (await statuses('/open', [FRENCH, UNKNOWN])).forEach((status, i) => answers.add(`${i} ${status}`));
    })();
    for (let round = 0; round < 100; round++) {
      const good = database({ ...NETWORKS, [`5.${round}.0.0/16`]: 'IT' });
      await writeFile(`${geoDatabasePath}.new`, round % 2 ? good : good.subarray(0, 100 + round));
      await rename(`${geoDatabasePath}.new`, geoDatabasePath);
      if (round % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await writeFile(`${geoDatabasePath}.new`, database({ '81.2.69.0/24': 'IT', '9.0.0.0/8': 'FR' }));
    await rename(`${geoDatabasePath}.new`, geoDatabasePath);
    done = true;
    await load;
    expect([...answers].sort()).toEqual(['0 403', '1 200']);
    await until(async () => (await statuses('/open', [FRENCH, UNKNOWN])).join() === '200,403', 3_000);
  });

  it.each([
    ['missing', undefined],
    ['truncated', database().subarray(0, 80)],
    ['a web page', Buffer.from('<html>')],
  ])('fails closed for allow lists and open for block lists when the database is %s', async (_, bytes) => {
    rmSync(geoDatabasePath);
    if (bytes) writeFileSync(geoDatabasePath, bytes);
    await start({ blockedCountries: ['FR'] });
    expect(await statuses('/open', [FRENCH, GERMAN])).toEqual([200, 200]);
    expect(await statuses('/only-ch', [FRENCH, SWISS, '10.0.0.1'])).toEqual([403, 403, 200]);
    await writeFile(geoDatabasePath, database());
    await until(async () => (await statuses('/open', [FRENCH]))[0] === 403);
    expect(await statuses('/only-ch', [FRENCH, SWISS])).toEqual([403, 200]);
  });

  describe('with a geoIpHandler', () => {
    const handler = (getCountry: GeoIpHandler['getCountry']): GeoIpHandler => ({
      isInitialized: true,
      initialize: () => undefined,
      getCountry,
    });

    it.each<[string, GeoIpHandler['getCountry']]>([
      ['synchronous', (ip) => (ip === UNKNOWN ? 'fr' : undefined)],
      ['asynchronous', async (ip) => (ip === UNKNOWN ? 'fr' : undefined)],
    ])('asks it before any database: %s', async (_, getCountry) => {
      await start({ blockedCountries: ['FR'], geoIpHandler: handler(getCountry) });
      expect(await statuses('/open', [FRENCH, UNKNOWN, '10.0.0.1'])).toEqual([200, 403, 200]);
      expect((await app!.get('/whence', { from: UNKNOWN })).status).toBe(403);
    });

    it.each<[string, GeoIpHandler['getCountry']]>([
      [
        'throws',
        () => {
          throw new Error('no idea');
        },
      ],
      ['hangs', () => new Promise<string>(() => undefined)],
    ])('takes the country for unknown when it %s', async (_, getCountry) => {
      await start({ blockedCountries: ['FR'], blockedUserAgents: ['curl'], geoIpHandler: handler(getCountry) });
      const started = performance.now();
      expect(await statuses('/open', [FRENCH])).toEqual([200]);
      expect(await statuses('/only-ch', [SWISS])).toEqual([403]);
      expect(performance.now() - started).toBeLessThan(2_000);
      // The next check is still asked.
      expect((await app!.get('/open', { from: FRENCH, headers: { 'user-agent': 'curl/8' } })).status).toBe(403);
    });

    it('makes a class with what it injects', async () => {
      @Injectable()
      class Atlas {
        readonly home = UNKNOWN;
      }
      @Injectable()
      class AtlasHandler implements GeoIpHandler {
        isInitialized = false;
        constructor(@Inject(Atlas) private readonly atlas: Atlas) {}
        async initialize() {
          this.isInitialized = true;
        }
        getCountry(ip: string) {
          return this.isInitialized && ip === this.atlas.home ? 'FR' : undefined;
        }
      }
      await start({ blockedCountries: ['FR'], geoIpHandler: AtlasHandler }, { providers: [Atlas, AtlasHandler] });
      expect(await statuses('/open', [FRENCH, UNKNOWN])).toEqual([200, 403]);
    });
  });

  it('changes its rules at run time, not its source', async () => {
    await start({ blockedCountries: ['FR'] });
    const control = app!.app.get(GuardControl);
    await control.updateConfig({ blockedCountries: ['DE'] });
    expect(await statuses('/open', [FRENCH, GERMAN])).toEqual([200, 403]);
    await expect(control.updateConfig({ geoDatabasePath: '/elsewhere' })).rejects.toThrow(/cannot change while/);
  });

  it.each<[GuardConfigInput, RegExp]>([
    [{ blockedCountries: ['FR', 'UK'] }, /blockedCountries\[1\]: "UK" is not a country.*"GB"/],
    [{ whitelistCountries: ['France'] }, /whitelistCountries\[0\]/],
    [{ blockedCountries: 'FR' as unknown as string[] }, /blockedCountries: "FR" is not a list/],
    [{ geoIpHandler: {} as GeoIpHandler }, /geoIpHandler/],
    [{ ipinfoToken: '' }, /ipinfoToken/],
    [{ ipinfoUrl: 'http://example.com/' }, /ipinfoUrl/],
  ])('%# stops the boot on a wrong configuration', async (config, why) => {
    await expect(start(config)).rejects.toThrow(why);
  });

  it('stops the boot on a wrong decorator', async () => {
    @Controller()
    class WrongController {
      @Get('wrong')
      @AllowCountries(['Switzerland'])
      wrong() {
        return '';
      }
    }
    await expect(start({}, { controllers: [WrongController] })).rejects.toThrow(
      /WrongController.wrong @AllowCountries\[0\].*is not a country/,
    );
  });
});
