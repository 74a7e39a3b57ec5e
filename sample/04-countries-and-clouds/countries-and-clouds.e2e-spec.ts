import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CloudRangeService } from 'nestapi-guard';
import { PLATFORMS, type RunningApp, startApp } from '../../test/support/platforms';
import { AppModule } from './app.module';
import { curlOf, guidedTour, TOUR } from './guided-tour';

const run = promisify(execFile);

describe.each(PLATFORMS)('countries and clouds on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, { imports: [AppModule] });
    await app.app.get(CloudRangeService).refresh();
  });
  afterAll(() => app.close());

  // The very lines that the reader is asked to type.
  it.each(TOUR)('shows $shows', async (stop) => {
    const command = `curl -s -o /dev/null -w '%{http_code}' ${curlOf(stop, `http://127.0.0.1:${app.port}`)}`;
    expect((await run('sh', ['-c', command])).stdout).toBe(stop.shows.slice(0, 3));
  });

  it('knows countries and clouds', async () => {
    expect((await app.get('/prices', { from: '195.186.1.1' })).json()).toEqual({ country: 'CH', currency: 'CHF' });
    const cloud = { provider: 'AWS', region: 'eu-west-1' };
    expect((await app.get('/whoami', { from: '3.248.1.1' })).json()).toEqual({ ip: '3.248.1.1', country: 'IE', cloud });
    expect((await app.get('/whoami/sources')).json()).toMatchObject({
      countries: { source: 'bundled', ready: true },
      clouds: { healthy: true },
    });
  });

  it('prints where it listens', () => {
    expect(guidedTour('http://127.0.0.1:3000')).toContain(
      "curl -i -H 'X-Forwarded-For: 195.186.1.1' http://127.0.0.1:3000/prices\n",
    );
  });
});
