import http from 'node:http';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  Inject,
  Injectable,
  Post,
  UseGuards,
  BadRequestException,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  BanService,
  Bypass,
  type GuardConfigInput,
  type GuardEventMap,
  GuardEvents,
  GuardControl,
} from 'nestapi-guard';
import { SuspicionService } from '../../lib/bans/suspicion.service';
import { GuardedRequests } from '../../lib/platform/guarded-requests';
import { MONOTONIC_CLOCK } from '../../lib/state/monotonic-clock';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { TestClock } from '../support/test-clock';
import { SocketClient } from '../support/web-socket';

/** What every check that finds something suspicious does. */
@Injectable()
class SuspiciousGuard implements CanActivate {
  constructor(@Inject(ModuleRef) private readonly module: ModuleRef) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const found = { check: 'penetration', reason: 'xss', evidence: { path: 'query.q' } } as const;
    const request = this.module.get(GuardedRequests, { strict: false }).of(context);
    const { banned } = await this.module.get(SuspicionService, { strict: false }).strike(request, found);
    throw banned ? new ForbiddenException() : new BadRequestException();
  }
}

@Controller()
class PlainController {
  @Get()
  get() {
    return 'ok';
  }

  @Post()
  post() {
    return 'ok';
  }

  @Get('suspicious')
  @UseGuards(SuspiciousGuard)
  suspicious() {
    return 'never';
  }
}

@Controller('appeal')
@Bypass(['ip_ban'])
class AppealController {
  @Get()
  get() {
    return 'ok';
  }

  @Get('form')
  @Bypass(['all'])
  form() {
    return 'ok';
  }
}

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('echo')
  echo() {
    return { event: 'echo', data: 'ok' };
  }
}

describe.each(PLATFORMS)('bans on %s', (platform) => {
  const clock = new TestClock();
  const running = new Set<RunningApp>();
  let client = 0;

  const start = async (config: GuardConfigInput = {}, extra: { appeal?: boolean } = {}): Promise<RunningApp> => {
    const app = await startApp(platform, {
      controllers: [PlainController, ...(extra.appeal === true ? [AppealController] : [])],
      providers: [EchoGateway],
      config: { trustedProxies: ['loopback'], autoBanThreshold: 3, ...config },
      override: (module) => module.overrideProvider(MONOTONIC_CLOCK).useValue(clock.read),
      configure: (created) => created.useWebSocketAdapter(new WsAdapter(created)),
    });
    running.add(app);
    return app;
  };
  const bans = ({ app }: RunningApp): BanService => app.get(BanService);
  const newClient = () => `198.51.100.${++client}`;
  const status = async (app: RunningApp, from: string, path = '/'): Promise<number> =>
    (await app.get(path, { from })).status;
  const record = <Type extends keyof GuardEventMap>(type: Type, { app }: RunningApp) => {
    const events: GuardEventMap[Type][] = [];
    app.get(GuardEvents).on(type, (event) => events.push(event));
    return events;
  };
  const strike = async (app: RunningApp, from: string, times: number): Promise<number[]> => {
    const answers = [];
    for (let time = 0; time < times; time++) answers.push(await status(app, from, '/suspicious'));
    return answers;
  };

  afterEach(async () => {
    await Promise.all([...running].map((app) => app.close()));
    running.clear();
  });

  it('refuses a banned client everywhere, tells it nothing, and serves it when the ban is over', async () => {
    const app = await start();
    const from = newClient();
    const events = [record('banned', app), record('unbanned', app), record('refused', app)] as const;
    expect(await bans(app).ban(from, { duration: 90, reason: 'card testing', evidence: { cards: 9 } })).toBe(true);
    for (const path of ['/', '/suspicious', '/nothing', '/%zz']) {
      const answer = await app.get(path, { from });
      expect([answer.status, answer.headers['cache-control'], answer.headers['x-content-type-options']]).toEqual([
        403,
        'no-store',
        'nosniff',
      ]);
      expect(answer.json()).toEqual({
        statusCode: 403,
        message: 'Forbidden',
        error: 'Forbidden',
        code: 'GUARD_IP_BAN',
      });
    }
    expect((await app.send('*', { method: 'OPTIONS', from })).status).toBe(403);
    expect(
      (await app.send('/', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' }, from }))
        .status,
    ).toBe(403);
    expect(events[2][0]).toMatchObject({ check: 'ip_ban', reason: 'banned: card testing' });
    expect(bans(app).find(from)).toMatchObject({ target: from, reason: 'card testing', evidence: { cards: 9 } });
    clock.advance(89_999);
    expect(await status(app, from)).toBe(403);
    clock.advance(1);
    expect(await status(app, from)).toBe(200);
    expect(bans(app).list()).toEqual([]);

    await bans(app).ban(from, { duration: 90 });
    expect(await bans(app).unban(from)).toBe(true);
    expect(await status(app, from)).toBe(200);
    expect([events[0].length, events[1].length]).toEqual([2, 1]);
    expect(events[0][0]).toMatchObject({ target: from, seconds: 90, automatic: false });
  });

  it.each([
    ['an IPv6 client by its network', '2001:db8:1:2::5', '2001:db8:1:2:ffff::1', '2001:db8:1:3::5'],
    ['a mapped address as the IPv4 one it is', '::ffff:198.51.100.200', '198.51.100.200', '198.51.100.201'],
    ['an IPv4 network', '203.0.113.77/24', '203.0.113.1', '203.0.114.1'],
    ['an IPv6 network', '2001:db8:aa00::/40', '2001:db8:aaff::1', '2001:db8:ab00::1'],
    ['a single IPv6 address', '2001:db8:7:7::1/128', '2001:db8:7:7::1', '2001:db8:7:7::2'],
  ])('bans %s', async (_, target, inside, outside) => {
    const app = await start();
    expect(await bans(app).ban(target)).toBe(true);
    expect([await status(app, inside), await status(app, outside)]).toEqual([403, 200]);
    expect([bans(app).isBanned(inside), bans(app).isBanned(outside)]).toEqual([true, false]);
    expect(await bans(app).unban(target)).toBe(true);
    expect(await status(app, inside)).toBe(200);
  });

  it.each([
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['127.0.0.0/8', 'loopback'],
    ['10.0.0.1', 'trusted proxy'],
    ['192.0.2.1', 'exempt'],
    ['192.0.2.0/28', 'exempt'],
    ['192.0.3.1', 'emergency whitelist'],
    ['0.0.0.0/0', 'a whole address family'],
    ['junk', 'no address'],
    ['198.51.100.1/33', 'no address'],
  ])('never bans %s', async (target, why) => {
    const app = await start({
      trustedProxies: ['loopback', '10.0.0.1'],
      exemptIps: ['192.0.2.0/24'],
      emergencyWhitelist: ['192.0.3.0/24'],
    });
    expect(bans(app).neverBanned(target)).toBe(why);
    expect(await bans(app).ban(target)).toBe(false);
    expect(bans(app).list()).toEqual([]);
  });

  it('bans nobody of the whitelist, and spares the members of a banned network that are never banned', async () => {
    const app = await start({ exemptIps: ['203.0.113.7'] });
    expect(await bans(app).ban('203.0.113.0/24')).toBe(true);
    expect([await status(app, '203.0.113.7'), await status(app, '203.0.113.8')]).toEqual([200, 403]);
    const closed = await start({ whitelist: ['203.0.113.9'] });
    expect(await bans(closed).ban('203.0.113.9')).toBe(false);
    await closed.app.get(GuardControl).updateConfig({ whitelist: null });
    expect(await bans(closed).ban('203.0.113.9')).toBe(true);
    expect(await status(closed, '203.0.113.9')).toBe(403);
  });

  it.each([undefined, '', 'junk', '1.2.3', '999.1.1.1', '203.0.113.9/x', '%', '::g'])(
    'takes %j for nobody',
    async (junk) => {
      const app = await start();
      const text = junk as string;
      expect([await bans(app).ban(text), await bans(app).unban(text)]).toEqual([false, false]);
      expect([bans(app).isBanned(text), bans(app).find(text)]).toEqual([false, undefined]);
    },
  );

  it.each([0, -1, NaN, '5' as unknown as number])('refuses a duration of %s', async (duration) => {
    await expect(bans(await start()).ban('203.0.113.9', { duration })).rejects.toThrow(RangeError);
  });

  it('bans for as long as it is told, beyond what a timer can do', async () => {
    const app = await start();
    const days = 60;
    await bans(app).ban('203.0.113.9', { duration: days * 86_400 });
    await bans(app).ban('203.0.113.10', { duration: Infinity });
    clock.advance(days * 86_400_000 - 1);
    expect(await status(app, '203.0.113.9')).toBe(403);
    clock.advance(1);
    expect([await status(app, '203.0.113.9'), await status(app, '203.0.113.10')]).toEqual([200, 403]);
  });

  it('refuses on a connection that is open, an upgrade, and a message on an open socket', async () => {
    const app = await start();
    const from = newClient();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const once = () =>
      new Promise<number>((resolve, reject) => {
        const options = { host: '127.0.0.1', port: app.port, agent, headers: { 'x-forwarded-for': from } };
        http
          .get(options, (response) => response.resume().on('end', () => resolve(response.statusCode!)))
          .on('error', reject);
      });
    const url = `ws://127.0.0.1:${app.port}`;
    const options = { headers: { 'x-forwarded-for': from } };
    const socket = (await SocketClient.connect(url, options)) as SocketClient;
    expect(await once()).toBe(200);
    await bans(app).ban(from);
    expect(await once()).toBe(403);
    expect(await SocketClient.connect(url, options)).toMatchObject({ status: 403 });
    socket.send({ event: 'echo', data: 1 });
    expect(await socket.next()).toMatchObject({ event: 'exception' });
    socket.close();
    agent.destroy();
  });

  it('lets a route bypass bans, and only that route', async () => {
    const app = await start({}, { appeal: true });
    await bans(app).ban('203.0.113.9');
    expect([await status(app, '203.0.113.9', '/appeal'), await status(app, '203.0.113.9')]).toEqual([200, 403]);
    expect(await status(app, '203.0.113.9', '/nothing')).toBe(403);
  });

  it('lets a route bypass bans by their name only', async () => {
    const app = await start({}, { appeal: true });
    expect(await status(app, '203.0.113.9', '/appeal/form')).toBe(200);
    await bans(app).ban('203.0.113.9');
    expect(await status(app, '203.0.113.9', '/appeal/form')).toBe(403);
  });

  it('bans the client of the suspicious request that reaches the threshold', async () => {
    const app = await start({ autoBanDuration: 600 });
    const from = newClient();
    const events = record('banned', app);
    expect(await strike(app, from, 4)).toEqual([400, 400, 403, 403]);
    expect(await status(app, from)).toBe(403);
    expect(events).toMatchObject([
      {
        target: from,
        automatic: true,
        seconds: 600,
        reason: 'xss: 3 suspicious requests within 3600 s',
        evidence: { path: 'query.q' },
        request: { ip: from, route: 'GET /suspicious' },
      },
    ]);
    clock.advance(600_000);
    expect(await strike(app, from, 3)).toEqual([400, 400, 403]);
    expect(await bans(app).unban(from)).toBe(true);
    expect(await strike(app, from, 3)).toEqual([400, 400, 403]);
  });

  it('forgets suspicious requests that are older than the window', async () => {
    const app = await start({ autoBanWindow: 60 });
    const from = newClient();
    expect(await strike(app, from, 2)).toEqual([400, 400]);
    clock.advance(60_001);
    expect(await strike(app, from, 3)).toEqual([400, 400, 403]);
  });

  it('bans once, however many suspicious requests come at once', async () => {
    const app = await start({ autoBanThreshold: 10 });
    const from = newClient();
    const events = record('banned', app);
    const answers = await Promise.all(Array.from({ length: 50 }, () => status(app, from, '/suspicious')));
    expect(answers.filter((answer) => answer === 400)).toHaveLength(9);
    expect(events).toHaveLength(1);
  });

  it('does not shorten a ban by an automatic one', async () => {
    const app = await start({ autoBanDuration: 60 }, { appeal: true });
    const from = newClient();
    await bans(app).ban(from, { duration: 86_400, reason: 'by hand' });
    expect(await bans(app).punish(from, { check: 'honeypot', reason: 'bot', duration: 60 })).toBe(true);
    expect(bans(app).find(from)!.reason).toBe('by hand');
    clock.advance(60_001);
    expect(await status(app, from)).toBe(403);
  });

  it('counts suspicious requests again when a ban by hand has cut an automatic one short', async () => {
    const app = await start();
    const from = newClient();
    expect(await strike(app, from, 3)).toEqual([400, 400, 403]);
    await bans(app).ban(from, { duration: 3 });
    clock.advance(3_001);
    expect(await strike(app, from, 4)).toEqual([400, 400, 403, 403]);
  });

  it('bans the next suspicious request of a client that is beyond a threshold which was lowered', async () => {
    const app = await start({ autoBanThreshold: 10 });
    const from = newClient();
    expect(await strike(app, from, 5)).toEqual([400, 400, 400, 400, 400]);
    await app.app.get(GuardControl).updateConfig({ autoBanThreshold: 3 });
    expect(await strike(app, from, 2)).toEqual([403, 403]);
  });

  it('neither counts nor bans trusted clients', async () => {
    const app = await start({ exemptIps: ['192.0.2.0/24'] });
    expect(await strike(app, '192.0.2.1', 5)).toEqual([400, 400, 400, 400, 400]);
    expect(bans(app).list()).toEqual([]);
  });

  it.each([
    ['passiveMode', { passiveMode: true }],
    ['dry-run of ip_ban', { checkModes: { ip_ban: 'dry-run' } }],
    ['dry-run of the check that strikes', { checkModes: { penetration: 'dry-run' } }],
  ] as const)('bans nobody in %s, and tells whom it would ban', async (_, mode) => {
    const app = await start(mode);
    const from = newClient();
    const would = record('would_ban', app);
    expect(await strike(app, from, 4)).toEqual([400, 400, 400, 400]);
    expect(await status(app, from)).toBe(200);
    expect(would).toMatchObject([{ target: from, automatic: true, seconds: 3600 }]);
    expect(bans(app).list()).toEqual([]);
  });

  it('only reports the bans that others made in dry-run', async () => {
    const app = await start();
    const from = newClient();
    await bans(app).ban(from);
    await app.app.get(GuardControl).updateConfig({ checkModes: { ip_ban: 'dry-run' } });
    const would = record('would_refuse', app);
    expect(await status(app, from)).toBe(200);
    expect(would).toMatchObject([{ check: 'ip_ban', status: 403 }]);
    expect(await bans(app).ban(newClient())).toBe(false);
  });

  describe.each([
    ['enableIpBanning', { enableIpBanning: false }],
    ['checkModes', { checkModes: { ip_ban: 'off' } }],
  ] as const)('when %s turns bans off', (_, config) => {
    it('bans nobody', async () => {
      const app = await start(config);
      const from = newClient();
      expect(await bans(app).ban(from)).toBe(false);
      expect(await strike(app, from, 4)).toEqual([400, 400, 400, 400]);
      expect(await status(app, from)).toBe(200);
    });

    it('serves whom it had banned', async () => {
      const app = await start({});
      const from = newClient();
      await bans(app).ban(from);
      expect(await status(app, from)).toBe(403);
      await app.app.get(GuardControl).updateConfig(config);
      expect(await status(app, from)).toBe(200);
    });
  });

  it.each([
    ['autoBanThreshold', 0],
    ['autoBanThreshold', 2.5],
    ['autoBanWindow', 0],
    ['autoBanWindow', 2_147_484],
    ['autoBanDuration', 0],
  ])('does not start with %s %s', async (field, value) => {
    await expect(start({ [field]: value })).rejects.toThrow(field);
  });
});
