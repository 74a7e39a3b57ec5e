import { runInNewContext } from 'node:vm';
import { Body, Controller, Get, Logger, Post, Query } from '@nestjs/common';
import {
  Bypass,
  type Exclusion,
  GuardControl,
  type GuardConfigInput,
  RehearsalService,
  RateLimit,
  SuspiciousDetection,
} from 'nestapi-guard';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { until } from '../support/until';

const XSS = '<script>alert(1)</script>';
const BEHIND_PROXY: GuardConfigInput = { trustedProxies: ['loopback'], passiveMode: true };

@Controller()
class NotesController {
  @Post('notes')
  create(@Body() body: unknown) {
    return body;
  }

  @Get('search')
  search(@Query() query: unknown) {
    return query;
  }

  @Get('limited')
  @RateLimit({ requests: 1, window: 60 })
  limited() {
    return 'ok';
  }
}

/** The same, as the summary of the first advises. */
@Controller()
class MendedController {
  @Post('notes')
  @SuspiciousDetection({ exclude: { bodyFields: ['blocks.html'] } })
  create(@Body() body: unknown) {
    return body;
  }

  @Get('search')
  @SuspiciousDetection({ exclude: { params: ['q'] } })
  search(@Query() query: unknown) {
    return query;
  }

  @Get('limited')
  @RateLimit({ requests: 1, window: 60 })
  @Bypass(['rate_limit'])
  limited() {
    return 'ok';
  }
}

describe.each(PLATFORMS)('a rehearsal on %s', (platform) => {
  let app: RunningApp;
  let rehearsal: RehearsalService;

  const start = async (config: GuardConfigInput = {}, controller: new () => unknown = NotesController) => {
    app = await startApp(platform, { config: { ...BEHIND_PROXY, ...config }, controllers: [controller] });
    rehearsal = app.app.get(RehearsalService);
  };
  afterEach(() => app.close());

  const traffic = async () => {
    for (let client = 1; client <= 4; client++) {
      const from = `198.51.100.${client}`;
      expect((await app.post('/notes', { blocks: [{ html: XSS }] }, { from })).status).toBe(201);
      expect((await app.get(`/search?q=${encodeURIComponent(XSS)}`, { from })).status).toBe(200);
      for (let call = 0; call < 2; call++) expect((await app.get('/limited', { from })).status).toBe(200);
    }
    // Events are delivered after the answers.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  };

  it('tells by check, route and rule what would have been refused', async () => {
    await start();
    await traffic();
    const { total, byCheck, byRoute, candidates } = rehearsal.summary();
    expect(total).toBe(12);
    expect(byCheck).toEqual([
      { check: 'penetration', count: 8 },
      { check: 'rate_limit', count: 4 },
    ]);
    expect(byRoute).toHaveLength(3);
    expect(byRoute).toContainEqual({ route: 'POST /notes', count: 4 });
    const narrowest = candidates.map(({ exclusions }) => exclusions[0]);
    expect(narrowest).toHaveLength(3);
    expect(narrowest).toEqual(
      expect.arrayContaining([
        {
          code: `@SuspiciousDetection({ exclude: { bodyFields: ['blocks.html'] } })`,
          where: 'on NotesController.create',
        },
        { code: `@SuspiciousDetection({ exclude: { params: ['q'] } })`, where: 'on NotesController.search' },
        { code: `@Bypass(['rate_limit'])`, where: 'on NotesController.limited' },
      ]),
    );
  });

  it('is silent once the decorators are what it advises', async () => {
    await start({}, MendedController);
    await traffic();
    expect(rehearsal.summary().total).toBe(0);
  });

  it('is silent once the configuration is what it advises', async () => {
    await start();
    await traffic();
    const codes = rehearsal
      .summary()
      .findings.flatMap(({ check, exclusions }) => (check === 'penetration' ? exclusions : []))
      .filter(({ where }: Exclusion) => where === 'in the configuration')
      .map(({ code }) => code)
      .sort();
    expect(codes).toEqual([`detectionExclude: { bodyFields: ['blocks.html'] }`, `detectionExclude: { params: ['q'] }`]);
    await app.close();
    await start({ detectionExclude: { bodyFields: ['blocks.html'], params: ['q'] } });
    await traffic();
    expect(rehearsal.summary().byCheck).toEqual([{ check: 'rate_limit', count: 4 }]);
  });

  const encoded = encodeURIComponent(XSS);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  it.each([
    ['a field in lists', '/notes', { items: [[{ a: { html: XSS } }]] }, {}],
    ['a name with quotes', '/notes', { "it's": XSS }, {}],
    ['a form field', '/notes', `html=${encoded}&title=Hello`, form],
    ['a nested form field', '/notes', `a[b]=${encoded}`, form],
    ['a form field in a list', '/notes', `a[0]=${encoded}`, form],
    ['a parameter', `/notes?q=${encoded}`, {}, {}],
    ['a nested parameter', `/notes?a[b]=${encoded}`, {}, {}],
    ['a parameter in a list', `/notes?a[0]=${encoded}`, {}, {}],
    ['a header', '/notes', {}, { 'x-query': XSS }],
    ['a cookie', '/notes', {}, { cookie: `theme=${encoded}` }],
  ])('advises what silences %s, to the letter', async (_, path, body, headers) => {
    await start();
    const call = async () => {
      expect((await app.post(path, body, { from: '198.51.100.1', headers })).status).toBe(201);
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      return rehearsal.summary();
    };
    const { findings } = await call();
    expect(findings).toHaveLength(1);
    const { code } = findings[0]!.exclusions.find(({ code }) => code.startsWith('detectionExclude'))!;
    // The advice is code: it is run as it stands.
    const advised = JSON.parse(runInNewContext(`JSON.stringify({ ${code} })`) as string) as GuardConfigInput;
    await app.app.get(GuardControl).updateConfig(advised);
    rehearsal.reset();
    expect((await call()).total).toBe(0);
  });

  it('advises to exempt a client that stands alone, which silences it', async () => {
    const monitoring = '203.0.113.50';
    const config: GuardConfigInput = {
      blockedUserAgents: ['curl'],
      passiveMode: false,
      checkModes: { user_agent: 'dry-run' },
    };
    const probe = () => app.get('/search', { from: monitoring, headers: { 'user-agent': 'curl/8' } });
    await start(config);
    expect((await probe()).status).toBe(200);
    await until(() => rehearsal.summary().total === 1);
    expect(rehearsal.summary().findings[0]!.exclusions[0]!.code).toBe(`exemptIps: ['${monitoring}']`);
    await app.close();
    await start({ ...config, exemptIps: [monitoring] });
    await probe();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(rehearsal.summary().total).toBe(0);
  });

  it('counts bans that were only reported', async () => {
    await start({ autoBanThreshold: 2 });
    for (let call = 0; call < 2; call++) await app.post('/notes', { html: XSS }, { from: '203.0.113.9' });
    await until(() => rehearsal.summary().bans === 1);
  });

  it('has nothing to say where everything is enforced', async () => {
    await start({ passiveMode: false });
    expect((await app.post('/notes', { html: XSS }, { from: '203.0.113.9' })).status).toBe(400);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(rehearsal.summary().total).toBe(0);
    expect(rehearsal.report()).toContain('Nothing would have been refused');
  });

  it('logs the likeliest false positives at shutdown', async () => {
    const lines: string[] = [];
    const log = jest
      .spyOn(Logger.prototype, 'log')
      .mockImplementation((message: unknown) => void lines.push(String(message)));
    await start();
    await traffic();
    await app.close();
    log.mockRestore();
    const told = lines.filter((line) => line.startsWith('rehearsal '));
    expect(told).toHaveLength(3);
    expect(told.find((line) => line.includes('blocks'))).toBe(
      'rehearsal check=penetration reason=xss route="POST /notes" place=body.blocks.html count=4 clients=4 ' +
        `silence="@SuspiciousDetection({ exclude: { bodyFields: ['blocks.html'] } }) on NotesController.create"`,
    );
  });
});
