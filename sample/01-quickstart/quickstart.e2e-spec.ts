import { PLATFORMS, type RunningApp, startApp } from '../../test/support/platforms';
import { itAnswersAsInTheReadme } from '../../test/support/transcript';
import { AppModule } from './app.module';
import { guidedTour, TOUR } from './guided-tour';

describe.each(PLATFORMS)('the quick start on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, { imports: [AppModule] });
  });
  afterAll(() => app.close());

  it.each(TOUR)('$statuses: $shows', async ({ statuses, path, headers, body }) => {
    for (const status of statuses) {
      const answer = await app.send(path, { method: body === undefined ? 'GET' : 'POST', headers, body });
      expect(answer.status).toBe(status);
    }
  });

  it('prints every stop as a line for curl', () => {
    const printed = guidedTour('http://127.0.0.1:3000');
    expect(printed).toContain('curl -i "http://127.0.0.1:3000/books"\n');
    expect(printed).toContain(
      `curl -i -H 'Content-Type: application/json' -d '{"bookId":1}' "http://127.0.0.1:3000/orders"\n`,
    );
    expect(printed.match(/curl/g)).toHaveLength(TOUR.length);
  });
});

describe.each(PLATFORMS)('the README of the quick start on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, { imports: [AppModule] });
  });
  afterAll(() => app.close());

  itAnswersAsInTheReadme(__dirname, () => app.port);
});
