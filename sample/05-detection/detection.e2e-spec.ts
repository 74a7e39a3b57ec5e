import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PLATFORMS, type RunningApp, startApp } from '../../test/support/platforms';
import { AppModule } from './app.module';
import { curlOf, guidedTour, TOUR } from './guided-tour';

const run = promisify(execFile);

describe.each(PLATFORMS)('detection on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, { imports: [AppModule] });
  });
  afterAll(() => app.close());

  // The very lines that the reader is asked to type.
  it.each(TOUR)('shows $shows', async (stop) => {
    const command = `curl -s -o /dev/null -w '%{http_code}' ${curlOf(stop, `http://127.0.0.1:${app.port}`)}`;
    expect((await run('sh', ['-c', command])).stdout).toBe(stop.shows.slice(0, 3));
  });

  it('tells code from prose in the excluded field', async () => {
    const ask = async (text: string) => (await app.post('/questions', { title: 'Login', text })).json();
    expect(await ask("What does ' or 1=1 -- do?")).toMatchObject({ quotesCode: true, about: ['sql_injection'] });
    expect(await ask('How do I select a plan from the list?')).toMatchObject({ quotesCode: false, about: [] });
  });

  it('prints where it listens', () => {
    expect(guidedTour('http://127.0.0.1:3000')).toContain('curl -i "http://127.0.0.1:3000/questions?q=login"\n');
  });
});
