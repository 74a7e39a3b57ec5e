import { CloudRangeService } from 'nestapi-guard';
import { PLATFORMS, type RunningApp, startApp } from '../../test/support/platforms';
import { itAnswersAsInTheReadme } from '../../test/support/transcript';
import { AppModule } from './app.module';

describe.each(PLATFORMS)('countries and clouds on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, { imports: [AppModule] });
    await app.app.get(CloudRangeService).refresh();
  });
  afterAll(() => app.close());

  itAnswersAsInTheReadme(__dirname, () => app.port);

  it('knows countries and clouds', async () => {
    expect((await app.get('/prices', { from: '195.186.1.1' })).json()).toEqual({ country: 'CH', currency: 'CHF' });
    const cloud = { provider: 'AWS', region: 'eu-west-1' };
    expect((await app.get('/whoami', { from: '3.248.1.1' })).json()).toEqual({ ip: '3.248.1.1', country: 'IE', cloud });
    expect((await app.get('/whoami/sources')).json()).toMatchObject({
      countries: { source: 'bundled', ready: true },
      clouds: { healthy: true },
    });
  });
});
