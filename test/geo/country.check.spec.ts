import { GuardConfig } from '../../lib/config/guard-config';
import { NO_SOURCE } from '../../lib/geo/country-source';
import { CountryCheck } from '../../lib/geo/country.check';
import { GeoConfig } from '../../lib/geo/geo.config';
import { GeoService } from '../../lib/geo/geo.service';
import { RecordedLog } from '../support/recorded-log';

class SourcelessGeoService extends GeoService {
  constructor() {
    super({}, new RecordedLog());
  }
  override status = () => NO_SOURCE.status();
}

describe('a country rule', () => {
  it.each([{ blockCountries: ['FR'] }, { allowCountries: ['FR'] }])('%p needs a source of countries', (policy) => {
    expect(new CountryCheck(new SourcelessGeoService()).inspect(policy)).toEqual([
      {
        path: Object.keys(policy)[0],
        message: expect.stringMatching(/GUARD_COUNTRY_SOURCE_MISSING.*set geoDatabasePath/),
      },
    ]);
  });

  it('is content with the source that is there', () => {
    const check = new CountryCheck(new GeoService({}, new RecordedLog()));
    expect(check.inspect({ blockCountries: ['FR'], allowCountries: ['ch'] })).toEqual([]);
    expect(check.inspect({ allowCountries: [] })).toMatchObject([{ path: 'allowCountries', value: [] }]);
    expect(check.inspect({ blockCountries: ['FR', 'XX'] })).toMatchObject([{ path: 'blockCountries[1]', value: 'XX' }]);
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
