import { PLATFORMS, type RunningApp, startApp } from '../../test/support/platforms';
import { itAnswersAsInTheReadme } from '../../test/support/transcript';
import { WithClassModule } from './with-class.module';
import { WithExistingModule } from './with-existing.module';
import { WithFactoryModule } from './with-factory.module';

describe.each(PLATFORMS)('the asynchronous configuration on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, { imports: [WithExistingModule] });
  });
  afterAll(() => app.close());

  itAnswersAsInTheReadme(__dirname, () => app.port);
});

describe.each(PLATFORMS)('the other ways on %s', (platform) => {
  it.each([
    ['useFactory', WithFactoryModule],
    ['useClass', WithClassModule],
  ])('%s configures the same', async (_, module) => {
    const app = await startApp(platform, { imports: [module] });
    const served = await app.get('/parcels/CH-4711');
    expect([served.status, served.headers['ratelimit-policy']]).toEqual([200, '"default";q=60;w=60']);
    expect((await app.get('/parcels/CH-4711', { from: '2001:db8:bad::1' })).status).toBe(403);
    await app.close();
  });
});
