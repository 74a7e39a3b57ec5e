import { Controller, Get, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { BlockCountries, GeoRateLimit, GuardModule } from 'nestapi-guard';
import { FakeGeoHandler, overrideGuard } from 'nestapi-guard/testing';
import { GuardConfig } from '../../lib/config/guard-config';
import { CountryCheck } from '../../lib/geo/country.check';
import { GeoConfig } from '../../lib/geo/geo.config';

// The package is installed here: nothing else can tell what happens where it is not.
let mockInstalled = true;
jest.mock('../../lib/geo/bundled-source', () => {
  const real = jest.requireActual<{ bundledDatabase(): string }>('../../lib/geo/bundled-source');
  return { ...real, bundledDatabase: () => (mockInstalled ? real.bundledDatabase() : undefined) };
});

@Controller('shop')
@BlockCountries(['FR'])
class ShopController {
  @Get()
  @GeoRateLimit({ US: 10 })
  shop() {
    return 'ok';
  }
}

@Module({ imports: [GuardModule.forRoot({ rateLimit: 0, blockedCountries: ['RU'] })], controllers: [ShopController] })
class MistakenModule {}

@Module({ imports: [GuardModule.forRoot({ blockedCountries: ['RU'] })], controllers: [ShopController] })
class AppModule {}

const NO_SOURCE = expect.stringMatching(/GUARD_COUNTRY_SOURCE_MISSING.*set geoDatabasePath/) as string;

describe('a country rule', () => {
  describe('where the packaged database is not installed', () => {
    beforeAll(() => void (mockInstalled = false));
    afterAll(() => void (mockInstalled = true));

    it('needs a source of countries, whoever says it', async () => {
      await expect(Test.createTestingModule({ imports: [MistakenModule] }).compile()).rejects.toMatchObject({
        problems: [
          { path: 'rateLimit', value: 0 },
          { path: 'blockedCountries', message: NO_SOURCE },
          { path: 'ShopController @BlockCountries', message: NO_SOURCE },
          { path: 'ShopController.shop @GeoRateLimit', message: NO_SOURCE },
        ],
      });
    });

    it('blames the name of a source that is misspelt, and nothing that follows from it', async () => {
      const config = { geoDatabasPath: '/a.mmdb', blockedCountries: ['RU'] };
      const builder = Test.createTestingModule({
        imports: [GuardModule.forRoot(config)],
        controllers: [ShopController],
      });
      await expect(builder.compile()).rejects.toMatchObject({
        problems: [{ path: 'geoDatabasPath', suggestion: 'geoDatabasePath' }],
      });
    });

    it('is content with countries of a test', async () => {
      const builder = overrideGuard(Test.createTestingModule({ imports: [AppModule] }), {
        geo: new FakeGeoHandler({}),
      });
      await (await builder.compile()).close();
    });
  });

  it('is content with the database that is installed', async () => {
    await (await Test.createTestingModule({ imports: [AppModule] }).compile()).close();
  });

  it('names countries that there are', () => {
    expect(CountryCheck.inspect({ blockCountries: ['FR'], allowCountries: ['ch'] })).toEqual([]);
    expect(CountryCheck.inspect({ allowCountries: [] })).toMatchObject([{ path: 'allowCountries', value: [] }]);
    expect(CountryCheck.inspect({ blockCountries: ['FR', 'XX'] })).toMatchObject([
      { path: 'blockCountries[1]', value: 'XX' },
    ]);
  });

  it('tells which of several sources is not used', () => {
    const config = Object.assign(new GuardConfig(), new GeoConfig(), {
      geoDatabasePath: '/a.mmdb',
      ipinfoToken: 'token',
    });
    expect(GeoConfig.warnings(config)).toEqual([
      {
        code: 'GUARD_GEO_SOURCE_IGNORED',
        path: 'ipinfoToken',
        message: 'is not used: countries come from geoDatabasePath',
      },
    ]);
  });
});
