import { PLATFORMS, type RunningApp, startApp } from '../../test/support/platforms';
import { itAnswersAsInTheReadme } from '../../test/support/transcript';
import { AppModule } from './app.module';

describe.each(PLATFORMS)('detection on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, { imports: [AppModule] });
  });
  afterAll(() => app.close());

  itAnswersAsInTheReadme(__dirname, () => app.port);

  it('tells code from prose in the excluded field', async () => {
    const ask = async (text: string) => (await app.post('/questions', { title: 'Login', text })).json();
    expect(await ask("What does ' or 1=1 -- do?")).toMatchObject({ quotesCode: true, about: ['sql_injection'] });
    expect(await ask('How do I select a plan from the list?')).toMatchObject({ quotesCode: false, about: [] });
  });
});
