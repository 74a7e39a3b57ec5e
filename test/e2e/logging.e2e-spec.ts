import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { BadRequestException, Body, Controller, Get, type LoggerService, Post } from '@nestjs/common';
import { Logger as PinoNestLogger, LoggerModule } from 'nestjs-pino';
import {
  ApiKeyAuth,
  BlockUserAgents,
  ContentTypeFilter,
  CustomValidation,
  type GuardConfigInput,
  type GuardEvent,
  GuardEvents,
  HoneypotDetection,
  MaxRequestSize,
  RateLimit,
  type RefusalEvent,
  RequireAuth,
  RequireHeaders,
  RequireHttps,
  RequireIp,
  RequireReferrer,
  TimeWindow,
  UsageMonitor,
} from 'nestapi-guard';
import { MONOTONIC_CLOCK } from '../../lib/state/monotonic-clock';
import { WALL_CLOCK } from '../../lib/state/wall-clock';
import { PLATFORMS, type RequestOptions, type RunningApp, type StartOptions, startApp } from '../support/platforms';
import { until } from '../support/until';

const SECRETS = {
  bearer: 'planted-bearer-0123456789',
  basic: 'planted-basic-password',
  apiKey: 'planted-api-key-42',
  partner: 'planted-partner-key',
  patient: 'planted-patient-header',
  cookie: 'planted-cookie-value',
  token: 'planted-query-token',
  invite: 'planted-invite-param',
  password: 'planted-body-password',
  iban: 'planted-iban-value',
};

const quoting = ({ headers, rawQuery, body }: { headers: object; rawQuery: string; body: unknown }): never => {
  throw new Error(
    `failed with ${JSON.stringify(headers)} and ${decodeURIComponent(rawQuery)} and ${JSON.stringify(body)}`,
  );
};

@Controller()
class EverythingController {
  @Post('ip')
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  ip() {}

  @Post('agent')
  @BlockUserAgents(['curl'])
  agent() {}

  @Post('limit')
  @RateLimit({ requests: 1, window: 60 })
  limit() {}

  @Post('bearer')
  @RequireAuth('bearer', { verify: () => false })
  bearer() {}

  @Post('verify')
  @RequireAuth('bearer', {
    verify: (token) => {
      throw new Error(`no session ${token}`);
    },
  })
  verify() {}

  @Post('key')
  @ApiKeyAuth({ headerName: 'X-Partner', keys: ['something-else'] })
  key() {}

  @Post('headers')
  @RequireHeaders({ 'X-API-Key': 'something else' })
  headers() {}

  @Post('https')
  @RequireHttps()
  https() {}

  @Post('type')
  @ContentTypeFilter(['text/plain'])
  type() {}

  @Post('size')
  @MaxRequestSize(10)
  size() {}

  @Post('referrer')
  @RequireReferrer(['myapp.com'])
  referrer() {}

  @Post('honeypot')
  @HoneypotDetection(['password'])
  honeypot(@Body() _body: unknown) {}

  @Post('time')
  @TimeWindow('09:00', '10:00')
  time() {}

  @Post('monitor')
  @UsageMonitor({ maxCalls: 1, window: 60, action: 'alert' })
  monitor() {}

  @Post('custom')
  @CustomValidation(({ body }) => ({ status: 400, message: 'no', reason: `refused ${JSON.stringify(body)}` }))
  custom(@Body() _body: unknown) {}

  @Post('thrown')
  @CustomValidation(({ headers }) => {
    throw new BadRequestException(`bad ${headers.authorization}`);
  })
  thrown() {}

  @Post('broken')
  @CustomValidation(quoting)
  broken(@Body() _body: unknown) {}

  @Post('open')
  open(@Body() _body: unknown) {}

  @Get('open')
  page() {
    return 'page';
  }
}

const ATTACK = "' OR 1=1 UNION SELECT password FROM users--";
const ROUTES = [
  'ip',
  'agent',
  'limit',
  'limit',
  'bearer',
  'verify',
  'key',
  'headers',
  'https',
  'type',
  'size',
  'referrer',
  'honeypot',
  'time',
  'monitor',
  'monitor',
  'monitor',
  'custom',
  'thrown',
  'broken',
  'open',
  'nothing',
];

function planted(attack: string): RequestOptions {
  const { bearer, apiKey, partner, patient, cookie, password, iban } = SECRETS;
  return {
    method: 'POST',
    from: '203.0.113.9',
    headers: {
      authorization: `Bearer ${bearer}`,
      'x-api-key': apiKey,
      'x-partner': partner,
      'x-patient': patient,
      cookie: `session=${cookie}${encodeURIComponent(attack)}; theme=${cookie}`,
      'user-agent': 'curl/8',
      'x-request-id': 'request-1',
    },
    body: { password: password + attack, nested: [{ iban: iban + attack }], list: { password: [password] } },
  };
}

class Recorder implements LoggerService {
  readonly lines: string[] = [];
  readonly log = this.record('log');
  readonly warn = this.record('warn');
  readonly error = this.record('error');
  readonly debug = this.record('debug');
  readonly fatal = this.record('fatal');

  /** What the guard has said, without its warnings at the start. */
  get guard(): string[] {
    return this.lines.filter((line) => / NestapiGuard (?!GUARD_)/.test(line));
  }

  private record(level: string) {
    return (message: unknown, ...rest: unknown[]) =>
      void this.lines.push(`${level} ${String(rest.at(-1))} ${String(message)}`);
  }
}

// What is told outside of a request goes to the first stream that nestjs-pino was given in the process.
const pinoOutput: string[] = [];
const pinoStream = new Writable({
  write: (chunk: Buffer, _encoding, done) => {
    pinoOutput.push(chunk.toString());
    done();
  },
});

describe.each(PLATFORMS)('logging on %s', (platform) => {
  let app: RunningApp;
  let logger: Recorder;
  const folder = mkdtempSync(join(tmpdir(), 'guard-e2e-'));
  let number = 0;
  const newFile = () => join(folder, `${++number}.log`);

  async function start(config: GuardConfigInput, options: Partial<StartOptions> = {}): Promise<void> {
    logger = new Recorder();
    app = await startApp(platform, {
      controllers: [EverythingController],
      config: {
        trustedProxies: ['loopback'],
        logSensitive: { headers: ['x-patient'], params: ['invite'], bodyFields: ['iban'] },
        ...config,
      },
      configure: (nest) => nest.useLogger(logger),
      override: (module) => module.overrideProvider(WALL_CLOCK).useValue(() => Date.parse('2026-11-22T20:00:00Z')),
      ...options,
    });
  }
  afterAll(() => rmSync(folder, { recursive: true }));

  describe.each(['text', 'json'] as const)('as %s', (logFormat) => {
    it.each(['', ATTACK])('tells no secret about any refusal, attack %j', async (attack) => {
      const customLogFile = newFile();
      const blocked: RefusalEvent[] = [];
      await start({ logFormat, customLogFile, logRequestLevel: 'INFO', onBlock: (event) => blocked.push(event) });
      const events: GuardEvent[] = [];
      app.app.get(GuardEvents).stream.subscribe((event) => events.push(event));

      const query = `token=${SECRETS.token}${encodeURIComponent(attack)}&invite=${SECRETS.invite}`;
      for (const route of ROUTES) await app.send(`/${route}?${query}`, planted(attack));
      const basic = Buffer.from(`ada:${SECRETS.basic}`).toString('base64');
      await app.send('/bearer', { method: 'POST', headers: { authorization: `Basic ${basic}` } });
      await app.send('/broken', { method: 'POST', headers: { authorization: `Basic ${basic}` }, body: { a: basic } });
      await app.close();

      const file = readFileSync(customLogFile, 'utf8');
      const everything = [...logger.lines, file, JSON.stringify(events), JSON.stringify(blocked)].join('\n');
      for (const secret of [...Object.values(SECRETS), basic]) expect(everything).not.toContain(secret);
      const checks = new Set(events.flatMap((event) => ('check' in event ? [event.check] : [])));
      const expected = [
        'ip',
        'user_agent',
        'rate_limit',
        'authentication',
        'required_headers',
        'https',
        'content_type',
        'request_size',
        'referrer',
        'honeypot',
        'time_window',
        'custom_validation',
      ];
      if (attack === '') for (const check of expected) expect([check, checks.has(check)]).toEqual([check, true]);
      else expect(checks).toContain('penetration');
      expect(blocked.length).toBe(events.filter(({ type }) => type === 'refused').length);

      const lines = file.trimEnd().split('\n');
      expect(lines.length).toBeGreaterThan(ROUTES.length);
      for (const line of lines) {
        expect(Buffer.byteLength(line)).toBeLessThan(2048);
        if (logFormat === 'json')
          expect(JSON.parse(line)).toMatchObject({ time: expect.stringMatching(/Z$/), event: expect.any(String) });
        else expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ [a-z_]+ /);
      }
      expect(logger.guard).toHaveLength(lines.length);
    });
  });

  it('writes one line per refusal, through the logger of Nest', async () => {
    await start({});
    await app.send('/ip?token=1', { method: 'POST', from: '203.0.113.9', headers: { 'x-request-id': 'r-1' } });
    await until(() => logger.guard.length > 0);
    expect(logger.guard).toEqual([
      'warn NestapiGuard refused status=403 check=ip reason="not in whitelist" client=203.0.113.9 method=POST path=/ip ' +
        'route="POST /ip" id=r-1',
    ]);
    await app.close();
  });

  it('writes one JSON object per refusal', async () => {
    await start({ logFormat: 'json' });
    await app.send('/ip', { method: 'POST', from: '203.0.113.9' });
    await until(() => logger.guard.length > 0);
    expect(JSON.parse(logger.guard[0]!.slice('warn NestapiGuard '.length))).toMatchObject({
      level: 'WARNING',
      event: 'refused',
      status: 403,
      check: 'ip',
      reason: 'not in whitelist',
      client: '203.0.113.9',
      method: 'POST',
      path: '/ip',
      route: 'POST /ip',
    });
    await app.close();
  });

  it('says where an attack was found', async () => {
    await start({ logFormat: 'json' });
    // A secret of the request, quoted where nobody would look for one.
    const comment = `' UNION SELECT '${SECRETS.token}' FROM users--`;
    await app.post(`/open?token=${SECRETS.token}`, { comment, password: `${SECRETS.password}${ATTACK}` });
    await until(() => logger.guard.length > 0);
    const line = logger.guard.join('\n');
    expect(line).toContain('body.comment');
    expect(line).toContain('UNION SELECT');
    expect(line).not.toContain(SECRETS.password);
    expect(line).not.toContain(SECRETS.token);
    await app.close();
  });

  it.each([
    ['DEBUG', 'debug'],
    ['INFO', 'log'],
    ['WARNING', 'warn'],
    ['ERROR', 'error'],
    ['CRITICAL', 'fatal'],
  ] as const)('logs refusals at %s as %s', async (logSuspiciousLevel, method) => {
    await start({ logSuspiciousLevel });
    await app.post('/ip', {});
    await until(() => logger.guard.length > 0);
    expect(logger.guard[0]).toMatch(new RegExp(`^${method} NestapiGuard refused`));
    await app.close();
  });

  it('logs no refusal at null, and no request unless it is asked to', async () => {
    await start({ logSuspiciousLevel: null });
    await app.post('/ip', {});
    await app.get('/open');
    await app.close();
    expect(logger.guard).toEqual([]);
  });

  it('logs every request with its status, time and route', async () => {
    await start({ logRequestLevel: 'INFO', blacklist: ['203.0.113.66'], logSuspiciousLevel: null });
    await app.get('/open?token=planted', { from: '203.0.113.9', headers: { 'x-request-id': 'r-2' } });
    await app.get('/open', { from: '203.0.113.9', headers: { 'x-request-id': 'r-2' } });
    await app.get('/nothing', { from: '203.0.113.9', headers: { 'x-request-id': 'r-3' } });
    await app.get('/open', { from: '203.0.113.66', headers: { 'x-request-id': 'r-4' } });
    await until(() => logger.guard.length === 4);
    const lines = logger.guard.map((line) => line.replace(/ ms=[\d.]+/, ' ms=N'));
    const served =
      'log NestapiGuard request status=200 ms=N client=203.0.113.9 method=GET path=/open route="GET /open" id=r-2';
    expect(lines).toEqual([
      served,
      served,
      'log NestapiGuard request status=404 ms=N client=203.0.113.9 method=GET path=/nothing id=r-3',
      'log NestapiGuard request status=403 ms=N client=203.0.113.66 method=GET path=/open id=r-4',
    ]);
    await app.close();
  });

  it('folds what is repeated', async () => {
    await start({});
    for (let time = 0; time < 20; time++)
      await app.post('/ip', {}, { from: '203.0.113.9', headers: { 'x-request-id': `r-${time}` } });
    await app.post('/ip', {}, { from: '203.0.113.10' });
    await app.close();
    expect(logger.guard).toHaveLength(3);
    expect(logger.guard[2]).toMatch(/refused .* client=203\.0\.113\.9 .* repeated=19$/);
  });

  it('folds the refusals of a limit, though the wait gets shorter', async () => {
    let now = 0;
    await start({}, { override: (module) => module.overrideProvider(MONOTONIC_CLOCK).useValue(() => now) });
    const waits = new Set<string>();
    for (let time = 0; time < 20; time++) {
      now = time * 2_000;
      waits.add(String((await app.post('/limit', {}, { from: '203.0.113.9' })).headers['retry-after']));
    }
    await app.close();
    expect(waits.size).toBe(20);
    expect(logger.guard).toHaveLength(2);
    expect(logger.guard[1]).toMatch(/refused status=429 .* client=203\.0\.113\.9 .* repeated=18$/);
  });

  it('never lets a request write a line of its own', async () => {
    const customLogFile = newFile();
    await start({ customLogFile });
    const forged = 'x\u0085\u009b2J" client=6.6.6.6';
    await app.post('/ip', {}, { headers: { 'x-request-id': Buffer.from(forged).toString('latin1') } });
    await app.close();
    const file = readFileSync(customLogFile, 'utf8');
    expect(file.trimEnd().split('\n')).toHaveLength(1);
    expect(file).not.toMatch(/[\u0080-\u009f]/);
    expect(file).toContain('\\" client=6.6.6.6');
  });

  it('keeps the file to its owner, and opens it anew on SIGHUP', async () => {
    const customLogFile = newFile();
    await start({ customLogFile });
    await app.post('/ip', {}, { from: '203.0.113.1' });
    await until(() => sizeOf(customLogFile) > 0);
    expect(statSync(customLogFile).mode & 0o777).toBe(0o600);
    rmSync(customLogFile);
    process.emit('SIGHUP');
    await app.post('/ip', {}, { from: '203.0.113.2' });
    await until(() => sizeOf(customLogFile) > 0);
    expect(readFileSync(customLogFile, 'utf8')).toContain('client=203.0.113.2');
    await app.close();
    expect(process.listenerCount('SIGHUP')).toBe(0);
  });

  it.each([
    ['a full disk', '/dev/full'],
    ['a missing folder', join(folder, 'missing', 'guard.log')],
    ['a folder', folder],
  ])('serves and refuses with %s as if nothing was', async (_, customLogFile) => {
    await start({ customLogFile, logRequestLevel: 'INFO' });
    for (let time = 0; time < 20; time++) {
      expect((await app.get('/open')).status).toBe(200);
      expect((await app.post('/ip', {})).status).toBe(403);
    }
    await until(() => logger.lines.some((line) => line.includes('GUARD_LOG_FILE_FAILED')));
    expect(logger.lines.filter((line) => line.includes('GUARD_LOG_FILE_FAILED'))).toHaveLength(1);
    await app.close();
  });

  it('serves and refuses with a logger and a hook that throw', async () => {
    let started = false;
    const broken = () => {
      if (started) throw new Error('the logger is broken');
    };
    await start(
      { logRequestLevel: 'INFO', onBlock: broken },
      { configure: (nest) => nest.useLogger({ log: broken, warn: broken, error: broken }) },
    );
    started = true;
    expect((await app.get('/open')).status).toBe(200);
    expect((await app.post('/ip', {})).status).toBe(403);
    expect((await app.get('/open')).status).toBe(200);
    started = false;
    await app.close();
  });

  it('tells pino', async () => {
    const output = pinoOutput;
    output.length = 0;
    await start(
      {},
      {
        imports: [LoggerModule.forRoot({ pinoHttp: [{ autoLogging: false }, pinoStream] })],
        configure: (nest) => nest.useLogger(nest.get(PinoNestLogger)),
      },
    );
    await app.post('/ip', {}, { from: '203.0.113.9', headers: { authorization: `Bearer ${SECRETS.bearer}` } });
    const guard = () =>
      output
        .map((line) => JSON.parse(line))
        .filter(({ context, msg }) => context === 'NestapiGuard' && msg.startsWith('refused'));
    await until(() => guard().length > 0);
    expect(guard()).toEqual([
      expect.objectContaining({ level: 40, msg: expect.stringMatching(/^refused status=403 check=ip/) }),
    ]);
    expect(output.join('')).not.toContain(SECRETS.bearer);
    await app.close();
  });

  it.each([
    ['logFormat', 'xml'],
    ['logSuspiciousLevel', 'LOUD'],
    ['logRequestLevel', 'warning'],
    ['customLogFile', ''],
    ['logSensitive', { header: ['x'] }],
    ['logSensitive', { headers: 'x' }],
    ['logSensitive', { headers: ['--'] }],
    ['onBlock', 'log'],
  ])('rejects %s: %j', async (field, value) => {
    await expect(start({ [field]: value })).rejects.toThrow(field);
  });
});

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
