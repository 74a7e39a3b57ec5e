import { Controller, Get, type INestApplication, type LoggerService, Post, VersioningType } from '@nestjs/common';
import { CustomValidation, type GuardConfigInput, type GuardEvent, GuardEvents, RequireIp } from 'nestapi-guard';
import { PLATFORMS, type RequestOptions, type RunningApp, startApp } from '../support/platforms';

const SECRET = 'planted-7f3a9c';
const OTHER = 'planted-patient';

@Controller()
class LinksController {
  @Get('reset/:token')
  reset() {
    return 'reset';
  }

  @Get('internal/:token')
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  internal() {}

  @Get('patients/:patient/files/:file')
  files() {
    return 'files';
  }

  @Post('thrown/:token')
  @CustomValidation(({ path, params }) => {
    throw new Error(`failed on ${path} with ${JSON.stringify(params)}`);
  })
  thrown() {}

  @Get('countries/:code')
  country() {
    return 'country';
  }
}

const silent = () => undefined;

describe.each(PLATFORMS)('secrets in paths on %s', (platform) => {
  let app: RunningApp;
  const lines: string[] = [];
  const events: GuardEvent[] = [];
  const record = (line: unknown) => void lines.push(String(line));
  const logger: LoggerService = { log: record, warn: record, error: record, debug: silent, fatal: record };

  async function start(config: GuardConfigInput, configure: (app: INestApplication) => unknown = silent) {
    lines.length = events.length = 0;
    app = await startApp(platform, {
      controllers: [LinksController],
      config: {
        trustedProxies: ['loopback'],
        logRequestLevel: 'INFO',
        logSensitive: { params: ['patient', 'invite'] },
        ...config,
      },
      configure: (nest) => {
        nest.useLogger(logger);
        return configure(nest);
      },
    });
    app.app.get(GuardEvents).stream.subscribe((event) => events.push(event));
  }

  /** Everything that was told about requests, once the application is gone. */
  async function told(): Promise<string> {
    await app.close();
    return [...lines, JSON.stringify(events)].join('\n');
  }

  const from = '203.0.113.9';
  const XSS = encodeURIComponent('<script>alert(1)</script>');

  it.each<
    [what: string, config: GuardConfigInput, path: string, request: RequestOptions, status: number, shown: string]
  >([
    ['served', {}, `/reset/${SECRET}`, {}, 200, '/reset/[redacted]'],
    ['refused by a guard', {}, `/internal/${SECRET}`, {}, 403, '/internal/[redacted]'],
    ['refused at the door', { blacklist: [from] }, `/reset/${SECRET}`, {}, 403, '/reset/[redacted]'],
    ['an attack', {}, `/reset/${SECRET}${XSS}`, {}, 400, '/reset/[redacted]'],
    ['matched by no route', {}, `/reset/${SECRET}`, { method: 'DELETE' }, 404, '/reset/[redacted]'],
    ['written otherwise', {}, `/re%73et/${SECRET}`, {}, 0, 'et/[redacted]'],
    ['quoted by a check that fails', {}, `/thrown/${SECRET}`, { method: 'POST' }, 500, '/thrown/[redacted]'],
    ['named in logSensitive', {}, `/patients/${OTHER}/files/9`, {}, 200, '/patients/[redacted]/files/9'],
    ['an innocent name', {}, '/countries/France', {}, 200, '/countries/France'],
    [
      'quoted from a referrer',
      {},
      '/countries/FR',
      { headers: { referer: `https://a.example/?invite=${SECRET}&q=${XSS}` } },
      400,
      '=[redacted]',
    ],
    [
      'a path quoted from a referrer',
      {},
      '/countries/FR',
      { headers: { referer: `https://a.example/reset/${SECRET}?${XSS}` } },
      400,
      '[redacted]',
    ],
    [
      'quoted from an address in the query',
      {},
      `/countries/FR?next=${encodeURIComponent(`/cb?invite=${SECRET}&q=`)}${XSS}`,
      {},
      400,
      '=[redacted]',
    ],
  ])('%s', async (_, config, path, request, status, shown) => {
    await start(config);
    const answer = await app.send(path, { from, ...request });
    // Only Fastify decodes a path before it looks for its route.
    expect(answer.status).toBe(status || (platform === 'express' ? 404 : 200));
    const everything = await told();
    expect(everything).toContain(shown);
    expect(everything).not.toContain('planted');
  });

  it('behind a global prefix and a version', async () => {
    await start({ blacklist: ['203.0.113.66'] }, (nest) => {
      nest.setGlobalPrefix('api');
      nest.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
    });
    expect((await app.get(`/api/v1/reset/${SECRET}`, { from })).status).toBe(200);
    expect((await app.get(`/api/v1/reset/${SECRET}`, { from: '203.0.113.66' })).status).toBe(403);
    const everything = await told();
    expect(everything.match(/\/api\/v1\/reset\/\[redacted\]/g)).toHaveLength(4);
    expect(everything).not.toContain(SECRET);
  });
});
