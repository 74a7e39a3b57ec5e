import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import {
  Body,
  Controller,
  ForbiddenException,
  Get,
  Header,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Post,
  Req,
  Res,
  StreamableFile,
  UnauthorizedException,
} from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  BanService,
  BehaviorAnalysis,
  BehaviorService,
  Bypass,
  type GuardConfigInput,
  type GuardEventMap,
  GuardEvents,
  GuardConfigError,
  ReturnMonitor,
  SuspiciousFrequency,
  UsageMonitor,
} from 'nestapi-guard';
import { MONOTONIC_CLOCK } from '../../lib/state/monotonic-clock';
import { type Answer, PLATFORMS, type Platform, type RunningApp, startApp } from '../support/platforms';
import { until } from '../support/until';
import { TestClock } from '../support/test-clock';
import { SocketClient } from '../support/web-socket';

interface AnyReply {
  send(body: unknown): void;
  header?(name: string, value: string): AnyReply;
}

@Controller()
class ShopController {
  @Get('usage-ban')
  @UsageMonitor({ maxCalls: 2, window: 300, action: 'ban', duration: 120 })
  usageBan() {
    return 'ok';
  }

  @Get('usage-throttle/:id')
  @UsageMonitor({ maxCalls: 2, window: 60, action: 'throttle' })
  usageThrottle() {
    return 'ok';
  }

  @Get('usage-log')
  @UsageMonitor({ maxCalls: 1, window: 60, action: 'log' })
  @UsageMonitor({ maxCalls: 2, window: 60, action: 'alert' })
  usageLog() {
    return 'ok';
  }

  @Get('frequency')
  @SuspiciousFrequency({ maxFrequency: 0.1, window: 30, action: 'throttle' })
  frequency() {
    return 'ok';
  }

  @Get('frequency-below-one')
  @SuspiciousFrequency({ maxFrequency: 0.001, window: 30, action: 'throttle' })
  frequencyBelowOne() {
    return 'ok';
  }

  @Get('text')
  @ReturnMonitor('Rare_Item', { maxOccurrences: 1, window: 60, action: 'throttle' })
  text() {
    return { prize: 'a rare_item' };
  }

  @Get('json/:type')
  @ReturnMonitor('json:items[].type==rare', { maxOccurrences: 1, window: 60, action: 'throttle' })
  json(@Param('type') type: string) {
    return { items: [{ type: 'common' }, { type }] };
  }

  @Get('regex')
  @ReturnMonitor('regex:won \\d{4,6} coins', { maxOccurrences: 1, window: 60, action: 'throttle' })
  regex() {
    return 'you won 12345 coins';
  }

  @Get('status/thrown/:id')
  @ReturnMonitor('status:404', { maxOccurrences: 1, window: 60, action: 'throttle' })
  statusThrown(@Param('id') id: string) {
    if (id !== 'known') throw new NotFoundException();
    return 'ok';
  }

  @Get('status/code')
  @HttpCode(202)
  @ReturnMonitor('status:202', { maxOccurrences: 1, window: 60, action: 'throttle' })
  statusCode() {
    return 'ok';
  }

  @Get('written')
  @ReturnMonitor('jackpot', { maxOccurrences: 1, window: 60, action: 'throttle' })
  written(@Res() response: AnyReply) {
    response.send('the jackpot');
  }

  @Get('streamed')
  @ReturnMonitor('jackpot', { maxOccurrences: 1, window: 60, action: 'throttle' })
  streamed() {
    return new StreamableFile(Readable.from(['the jack', 'pot']));
  }

  @Get('compressed')
  @Header('content-encoding', 'gzip')
  @ReturnMonitor('json:prize==jackpot', { maxOccurrences: 1, window: 60, action: 'throttle' })
  compressed() {
    return new StreamableFile(gzipSync(JSON.stringify({ prize: 'jackpot' })));
  }

  @Get('beyond')
  @ReturnMonitor('jackpot', { maxOccurrences: 0, window: 60, action: 'throttle' })
  beyond() {
    return `${'x'.repeat(64 * 1024)}jackpot`;
  }

  @Get('cached')
  @ReturnMonitor('status:304', { maxOccurrences: 0, window: 60, action: 'throttle' })
  @ReturnMonitor('jackpot', { maxOccurrences: 0, window: 60, action: 'ban' })
  @HttpCode(304)
  cached() {
    return 'jackpot';
  }

  @Post('login')
  @HttpCode(200)
  @BehaviorAnalysis([
    { type: 'return', pattern: 'status:401', maxOccurrences: 1, window: 60, action: 'ban' },
    { type: 'usage', maxCalls: 4, window: 60, action: 'throttle' },
  ])
  login(@Body() body: { password?: string }) {
    if (body.password !== 'right') throw new UnauthorizedException();
    return 'ok';
  }

  @Get('bypassed')
  @Bypass(['behavior'])
  @UsageMonitor({ maxCalls: 1, window: 60, action: 'throttle' })
  bypassed() {
    return 'ok';
  }

  @Get('plain')
  plain() {
    return 'ok';
  }

  constructor(@Inject(BehaviorService) private readonly behavior: BehaviorService) {}

  @Get('reset-password')
  async resetPassword(@Req() request: { headers: Record<string, string> }) {
    const rule = { maxCalls: 1, window: 60, action: 'ban' as const };
    const { refused } = await this.behavior.record(request.headers['x-forwarded-for']!, 'password reset', rule);
    if (refused) throw new ForbiddenException();
    return 'sent';
  }
}

@WebSocketGateway()
class DiceGateway {
  @SubscribeMessage('roll')
  @UsageMonitor({ maxCalls: 2, window: 60, action: 'throttle' })
  roll() {
    return { event: 'rolled', data: 6 };
  }
}

describe.each(PLATFORMS)('behaviour on %s', (platform) => {
  const clock = new TestClock();
  let app: RunningApp;
  let client = 0;

  const start = (config: GuardConfigInput = {}, on: Platform = platform) =>
    startApp(on, {
      controllers: [ShopController],
      providers: [DiceGateway],
      configure: (created) => created.useWebSocketAdapter(new WsAdapter(created)),
      config: { trustedProxies: ['loopback'], ...config },
      override: (module) => module.overrideProvider(MONOTONIC_CLOCK).useValue(clock.read),
    });
  const newClient = () => `198.51.100.${++client}`;
  const statuses = async (path: string, times: number, from: string, running = app): Promise<number[]> => {
    const answers: Answer[] = [];
    for (let time = 0; time < times; time++) answers.push(await running.get(path, { from }));
    return answers.map(({ status }) => status);
  };
  const record = <Type extends keyof GuardEventMap>(type: Type, running = app) => {
    const events: GuardEventMap[Type][] = [];
    running.app.get(GuardEvents).on(type, (event) => events.push(event));
    return events;
  };

  beforeAll(async () => {
    app = await start({ exemptIps: ['192.0.2.0/24'] });
  });
  afterAll(() => app.close());

  it('bans the client of the call that is one too many, for the duration of the rule', async () => {
    const from = newClient();
    const banned = record('banned');
    const behavior = record('behavior');
    expect(await statuses('/usage-ban', 4, from)).toEqual([200, 200, 403, 403]);
    expect((await app.get('/plain', { from })).json()).toMatchObject({ code: 'GUARD_IP_BAN', message: 'Forbidden' });
    expect(banned).toMatchObject([
      { target: from, automatic: true, seconds: 120, request: { ip: from, route: 'GET /usage-ban' } },
    ]);
    expect(behavior).toMatchObject([
      { action: 'ban', severity: 'warning', subject: 'GET /usage-ban', limit: 2, count: 3 },
    ]);
    clock.advance(120_001);
    expect(await statuses('/usage-ban', 3, from)).toEqual([200, 200, 403]);
  });

  it('counts a call once for each of several rules, be they alike', async () => {
    const alike = { type: 'usage' as const, maxCalls: 2, window: 300 };
    const rules = [
      { ...alike, action: 'log' as const },
      { ...alike, action: 'ban' as const },
    ];
    const running = await start({ behaviorRules: rules });
    try {
      expect(await statuses('/plain', 3, newClient(), running)).toEqual([200, 200, 403]);
      expect(await statuses('/usage-ban', 3, newClient(), running)).toEqual([200, 200, 403]);
    } finally {
      await running.close();
    }
  });

  it('throttles until the window has room, says when, and does not count what it refuses', async () => {
    const from = newClient();
    const events = record('behavior');
    expect((await app.get('/usage-throttle/1', { from })).status).toBe(200);
    clock.advance(20_000);
    expect(await statuses('/usage-throttle/2', 4, from)).toEqual([200, 429, 429, 429]);
    const refused = await app.get('/usage-throttle/3', { from });
    expect(refused.headers['retry-after']).toBe('40');
    expect(refused.json()).toMatchObject({ code: 'GUARD_BEHAVIOR', message: 'Too many requests' });
    expect(await statuses('/plain', 1, from)).toEqual([200]);
    expect(await statuses('/usage-throttle/3', 1, newClient())).toEqual([200]);
    clock.advance(40_000);
    expect(await statuses('/usage-throttle/3', 2, from)).toEqual([200, 429]);
    expect(events.map(({ action, limit }) => [action, limit])).toEqual([['throttle', 2]]);
  });

  it('only tells of a crossing when the action is log or alert, once', async () => {
    const from = newClient();
    const events = record('behavior');
    expect(await statuses('/usage-log', 5, from)).toEqual([200, 200, 200, 200, 200]);
    expect(events.map(({ action, severity, count }) => [action, severity, count])).toEqual([
      ['log', 'info', 2],
      ['alert', 'critical', 3],
    ]);
  });

  it.each([
    ['/frequency', [200, 200, 200, 429]],
    ['/frequency-below-one', [200, 429]],
  ])('watches the rate of calls at %s', async (path, expected) => {
    expect(await statuses(path, expected.length, newClient())).toEqual(expected);
  });

  it.each([
    ['a text, in any case', '/text', 200],
    ['a field of JSON', '/json/rare', 200],
    ['a regular expression', '/regex', 200],
    ['the status of an exception', '/status/thrown/1', 404],
    ['the status of a handler', '/status/code', 202],
    ['what a handler writes by itself', '/written', 200],
    ['a stream, across its chunks', '/streamed', 200],
    ['a compressed body', '/compressed', 200],
  ])('counts answers by %s', async (_, path, status) => {
    const from = newClient();
    const answers = await statuses(path, 2, from);
    // Unpacking ends some turns of the event loop after the answer.
    await new Promise((resolve) => setTimeout(resolve, path === '/compressed' ? 50 : 0));
    expect([...answers, ...(await statuses(path, 2, from))]).toEqual([status, status, 429, 429]);
    clock.advance(60_001);
    expect(await statuses(path, 1, from)).toEqual([status]);
  });

  it.each([
    ['other fields', '/json/constructor', 200],
    ['other statuses', '/status/thrown/known', 200],
    ['what comes after 64 KB', '/beyond', 200],
  ])('does not count %s', async (_, path, status) => {
    expect(await statuses(path, 4, newClient())).toEqual([status, status, status, status]);
  });

  it('counts no answer to HEAD, and 304 only where it is asked for', async () => {
    const head = newClient();
    for (let time = 0; time < 4; time++) await app.send('/status/thrown/1', { method: 'HEAD', from: head });
    expect(await statuses('/status/thrown/1', 3, head)).toEqual([404, 404, 429]);
    expect(await statuses('/cached', 3, newClient())).toEqual([304, 429, 429]);
  });

  it('counts per client: an IPv6 client by its network', async () => {
    const subnets = ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:2::3', '2001:db8:1:3::1'];
    const answers = [];
    for (const from of subnets) answers.push((await app.get('/usage-throttle/1', { from })).status);
    expect(answers).toEqual([200, 200, 429, 200]);
  });

  it('applies several rules at once', async () => {
    const from = newClient();
    const login = async (password: string) => (await app.post('/login', { password }, { from })).status;
    expect([await login('wrong'), await login('wrong'), await login('right')]).toEqual([401, 401, 403]);
    const honest = newClient();
    const rights = [];
    for (let time = 0; time < 5; time++)
      rights.push((await app.post('/login', { password: 'right' }, { from: honest })).status);
    expect(rights).toEqual([200, 200, 200, 200, 429]);
  });

  it('neither throttles nor bans trusted clients', async () => {
    expect(await statuses('/usage-ban', 4, '192.0.2.9')).toEqual([200, 200, 200, 200]);
    expect(await statuses('/usage-throttle/1', 4, '192.0.2.9')).toEqual([200, 200, 200, 200]);
    expect(await statuses('/text', 4, '192.0.2.9')).toEqual([200, 200, 200, 200]);
  });

  it('counts messages on a WebSocket', async () => {
    const headers = { 'x-forwarded-for': newClient() };
    const socket = await SocketClient.open(`ws://127.0.0.1:${app.port}`, { headers });
    const events = [];
    for (let time = 0; time < 3; time++) events.push((await socket.ask({ event: 'roll', data: {} })).event);
    expect(events).toEqual(['rolled', 'rolled', 'exception']);
    socket.close();
  });

  it('leaves a route alone that bypasses it', async () => {
    expect(await statuses('/bypassed', 3, newClient())).toEqual([200, 200, 200]);
  });

  it('acts on what the application records', async () => {
    const from = newClient();
    expect(await statuses('/reset-password', 3, from)).toEqual([200, 403, 403]);
    expect(app.app.get(BanService).find(from)?.reason).toBe('more than 1 calls within 60 s: event password reset');
    const service = app.app.get(BehaviorService);
    const rule = { maxCalls: 5, window: 60, action: 'throttle' as const };
    for (let time = 0; time < 3; time++) await service.record('user 7', 'export', rule);
    expect(await service.count('user 7', 'export', rule)).toBe(3);
    await service.reset('user 7', 'export', rule);
    expect(await service.count('user 7', 'export', rule)).toBe(0);
    await expect(service.record('user 7', 'export', { ...rule, maxCalls: 0 })).rejects.toThrow(GuardConfigError);
  });

  describe('with behaviorRules', () => {
    const config: GuardConfigInput = {
      behaviorRules: [
        { type: 'return', pattern: 'status:404', maxOccurrences: 1, window: 60, action: 'ban' },
        { type: 'usage', maxCalls: 4, window: 60, action: 'throttle' },
      ],
    };

    it('watches every route, and what matches none', async () => {
      const global = await start(config);
      try {
        expect(await statuses('/plain', 5, newClient(), global)).toEqual([200, 200, 200, 200, 429]);
        const scanner = newClient();
        const paths = ['/nothing', '/nothing-else', '/plain'];
        const answers = [];
        for (const path of paths) answers.push((await global.get(path, { from: scanner })).status);
        expect(answers).toEqual([404, 404, 403]);
        const login = newClient();
        const rights = [];
        for (let time = 0; time < 5; time++) {
          rights.push((await global.post('/login', { password: 'right' }, { from: login })).status);
        }
        expect(rights).toEqual([200, 200, 200, 200, 429]);
      } finally {
        await global.close();
      }
    });

    it('counts what no guard has seen', async () => {
      const [rule] = config.behaviorRules!;
      const global = await start({ behaviorRules: [{ ...rule!, pattern: 'status:400' } as typeof rule & object] });
      try {
        const from = newClient();
        const headers = { 'content-type': 'application/json' };
        const broken = async () => (await global.send('/login', { method: 'POST', headers, body: '{', from })).status;
        expect([await broken(), await broken(), await broken()]).toEqual([400, 400, 403]);
      } finally {
        await global.close();
      }
    });

    it.each([
      ['passiveMode', { passiveMode: true }],
      ['dry-run', { checkModes: { behavior: 'dry-run' } }],
    ] as const)('bans and throttles nobody in %s, and reports it', async (_, mode) => {
      const reporting = await start(mode);
      try {
        const would = [record('would_ban', reporting), record('would_refuse', reporting)] as const;
        const from = newClient();
        expect(await statuses('/usage-ban', 4, from, reporting)).toEqual([200, 200, 200, 200]);
        expect(await statuses('/usage-throttle/1', 3, from, reporting)).toEqual([200, 200, 200]);
        // Events are delivered once the request that caused them is served.
        await until(() => would[1].length > 0);
        expect(would[0]).toMatchObject([{ target: from, seconds: 120 }]);
        expect(would[1]).toMatchObject([{ check: 'behavior', status: 429 }]);
      } finally {
        await reporting.close();
      }
    });

    it('does nothing when it is off', async () => {
      const off = await start({ checkModes: { behavior: 'off' } });
      try {
        expect(await statuses('/usage-ban', 4, newClient(), off)).toEqual([200, 200, 200, 200]);
      } finally {
        await off.close();
      }
    });
  });

  it.each<[string, object, string]>([
    ['no rules', { behaviorRules: 'none' }, 'behaviorRules'],
    ['an unknown type', { behaviorRules: [{ type: 'calls' }] }, 'behaviorRules[0].type'],
    ['no calls', { behaviorRules: [usage({ maxCalls: 0 })] }, 'behaviorRules[0].maxCalls'],
    ['half a call', { behaviorRules: [usage({ maxCalls: 1.5 })] }, 'behaviorRules[0].maxCalls'],
    ['a window of a month', { behaviorRules: [usage({ window: 2_592_000 })] }, 'behaviorRules[0].window'],
    ['an unknown action', { behaviorRules: [usage({ action: 'kick' })] }, 'behaviorRules[0].action'],
    ['an unknown field', { behaviorRules: [usage({ maxcalls: 1 })] }, 'behaviorRules[0].maxcalls'],
    [
      'no frequency',
      { behaviorRules: [usage({ type: 'frequency', maxFrequency: 0 })] },
      'behaviorRules[0].maxFrequency',
    ],
    ['a bad status', { behaviorRules: [pattern('status:4xx')] }, 'behaviorRules[0].pattern'],
    ['a path without a value', { behaviorRules: [pattern('json:items[].type')] }, 'behaviorRules[0].pattern'],
    ['a broken path', { behaviorRules: [pattern('json:items[==x')] }, 'behaviorRules[0].pattern'],
    ['a broken expression', { behaviorRules: [pattern('regex:(')] }, 'behaviorRules[0].pattern'],
    ['a backtracking expression', { behaviorRules: [pattern('regex:(a+)+$')] }, 'behaviorRules[0].pattern'],
    ['an empty text', { behaviorRules: [pattern('')] }, 'behaviorRules[0].pattern'],
  ])('does not start with %s', async (_, config, path) => {
    const failure = await start(config as GuardConfigInput).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(GuardConfigError);
    expect((failure as GuardConfigError).problems.map((problem) => problem.path)).toContain(path);
  });

  it('names the handler of a decorator that can mean nothing', async () => {
    @Controller()
    class BrokenController {
      @Get()
      @UsageMonitor({ maxCalls: -1, window: 60, action: 'log' })
      broken() {
        return 'ok';
      }
    }
    const failure = await startApp(platform, { controllers: [BrokenController], config: {} }).catch(String);
    expect(failure).toContain('BrokenController.broken @UsageMonitor.maxCalls');
  });
});

function usage(rule: object): object {
  return { type: 'usage', maxCalls: 1, window: 60, action: 'log', ...rule };
}

function pattern(text: string): object {
  return { type: 'return', pattern: text, maxOccurrences: 1, window: 60, action: 'log' };
}
