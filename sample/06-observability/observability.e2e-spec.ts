import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PLATFORMS, type RunningApp, startApp } from '../../test/support/platforms';
import { AppModule } from './app.module';
import { curlOf, guidedTour, TOUR } from './guided-tour';

const run = promisify(execFile);

describe.each(PLATFORMS)('observability on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, { imports: [AppModule] });
  });
  afterAll(() => app.close());

  // The very lines that the reader is asked to type.
  it.each(TOUR)('shows $shows', async (stop) => {
    const command = `curl -s -o /dev/null -w '%{http_code} ' ${curlOf(stop, `http://127.0.0.1:${app.port}`)}`;
    const statuses = [...new Set((await run('sh', ['-c', command])).stdout.match(/\b[1-5]\d\d\b(?= |$)/g))];
    expect(stop.shows.split(', ')[0]).toContain(statuses.at(-1));
  });

  it('tells what the rehearsal found', async () => {
    const { text } = await app.get('/rehearsal');
    expect(text).toContain(`2 by 2 clients`);
    expect(text).toContain(
      `@SuspiciousDetection({ exclude: { bodyFields: ['html'] } })  on ArticlesController.publish`,
    );
  });

  it('tells what happened', async () => {
    expect((await app.get('/alarms')).json()).toEqual([
      '198.51.100.1 at POST /articles sent xss in body.html (dry-run)',
      '198.51.100.2 at POST /articles sent xss in body.html (dry-run)',
      '127.0.0.1 at GET /articles reached 3 requests',
    ]);
  });

  it('measures it', async () => {
    const { text } = await app.get('/metrics');
    expect(text).toContain('nestapi_guard_threats_total{category="xss",outcome="would_refuse"} 2');
    expect(text).toContain(
      'nestapi_guard_decisions_total{check="rate_limit",outcome="refused",route="GET /articles"} 1',
    );
  });

  it('is well', async () => {
    expect((await app.get('/health')).json()).toMatchObject({ status: 'ok', info: { guard: { status: 'up' } } });
  });

  it('prints where it listens', () => {
    expect(guidedTour('http://127.0.0.1:3000')).toContain('curl -i http://127.0.0.1:3000/rehearsal\n');
  });
});
