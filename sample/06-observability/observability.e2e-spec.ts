import { PLATFORMS, type RunningApp, startApp } from '../../test/support/platforms';
import { itAnswersAsInTheReadme } from '../../test/support/transcript';
import { AppModule } from './app.module';

describe.each(PLATFORMS)('observability on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, { imports: [AppModule] });
  });
  afterAll(() => app.close());

  itAnswersAsInTheReadme(__dirname, () => app.port);
});
