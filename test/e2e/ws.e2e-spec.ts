import { createServer, type AddressInfo } from 'node:net';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WsAdapter } from '@nestjs/platform-ws';
import { Logger } from '@nestjs/common';
import { Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import {
  BlockUserAgents,
  CustomValidation,
  GuardControl,
  GuardEvents,
  GuardedRequest,
  GuardModule,
  type GuardConfigInput,
  type GuardEvent,
  RequireIp,
} from 'nestapi-guard';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { type Platform, PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { SocketClient } from '../support/web-socket';

const seen: { ip?: string } = {};

class Conversation {
  @SubscribeMessage('echo')
  echo(@MessageBody() body: unknown) {
    return { event: 'echoed', data: body };
  }

  @SubscribeMessage('internal')
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  internal() {
    return { event: 'internal', data: 'secret' };
  }

  @SubscribeMessage('whoami')
  @CustomValidation((request: GuardedRequest) => {
    seen.ip = request.ip;
    return true;
  })
  whoami() {
    return { event: 'you', data: seen };
  }

  @SubscribeMessage('agents')
  @BlockUserAgents(['curl'])
  agents() {
    return { event: 'agents', data: 'served' };
  }
}

@WebSocketGateway()
class SharedGateway extends Conversation {}

/** A port that nobody listens on, for a decorator that wants to know it beforehand. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const CONFIG: GuardConfigInput = {
  trustedProxies: ['loopback'],
  blacklist: ['203.0.113.0/24'],
  blockedUserAgents: ['sqlmap'],
};

type GatewayClass = typeof SharedGateway;
// What socket.io hands to listeners: errors, reasons and payloads of any kind.
type HeardPayload = Parameters<Parameters<Socket['on']>[1]>[0];
type Library = 'ws' | 'socket.io';

function start(platform: Platform, library: Library, gateways: GatewayClass[], config: GuardConfigInput = {}) {
  return startApp(platform, {
    providers: gateways,
    config: { ...CONFIG, ...config },
    // socket.io is what Nest takes by itself.
    configure: (app) => library === 'ws' && app.useWebSocketAdapter(new WsAdapter(app)),
  });
}

const REFUSALS: [string, GuardConfigInput, Record<string, string>, number, string][] = [
  ['blacklisted', {}, { 'x-forwarded-for': '203.0.113.9' }, 403, 'GUARD_IP'],
  ['not whitelisted', { whitelist: ['10.0.0.0/8'] }, { 'x-forwarded-for': '192.0.2.1' }, 403, 'GUARD_IP'],
  [
    'outside the emergency whitelist',
    { emergencyMode: true },
    { 'x-forwarded-for': '192.0.2.1' },
    503,
    'GUARD_EMERGENCY',
  ],
  ['with a blocked agent', {}, { 'x-forwarded-for': '192.0.2.1', 'user-agent': 'SQLMap/1.8' }, 403, 'GUARD_USER_AGENT'],
];

describe.each(PLATFORMS)('gateways on %s with ws', (platform) => {
  let app: RunningApp;
  const clients: SocketClient[] = [];
  const open = async (from: string, port = app.port, path = '/') => {
    const client = await SocketClient.open(`ws://127.0.0.1:${port}${path}`, {
      headers: { 'x-forwarded-for': from, 'user-agent': 'curl/8' },
    });
    clients.push(client);
    return client;
  };
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await app.close();
  });

  it("judges messages by the client's address and headers", async () => {
    app = await start(platform, 'ws', [SharedGateway]);
    const outsider = await open('192.0.2.1');
    expect(await outsider.ask({ event: 'echo', data: { a: 1 } })).toEqual({ event: 'echoed', data: { a: 1 } });
    expect(await outsider.ask({ event: 'internal' })).toEqual({
      event: 'exception',
      data: { status: 'error', message: 'Forbidden', code: 'GUARD_IP', statusCode: 403 },
    });
    expect((await outsider.ask({ event: 'agents' })).data).toMatchObject({ code: 'GUARD_USER_AGENT', statusCode: 403 });
    const insider = await open('10.0.0.1');
    expect(await insider.ask({ event: 'internal' })).toEqual({ event: 'internal', data: 'secret' });
  });

  it('refuses the next message of a client that has been locked out', async () => {
    app = await start(platform, 'ws', [SharedGateway]);
    const events: GuardEvent[] = [];
    app.app.get(GuardEvents).stream.subscribe((event) => events.push(event));
    const client = await open('192.0.2.1');
    await app.app.get(GuardControl).updateConfig({ blacklist: ['192.0.2.0/24'] });
    expect((await client.ask({ event: 'echo', data: 1 })).data).toMatchObject({ code: 'GUARD_IP' });
    await app.app.get(GuardControl).updateConfig({ blacklist: [], emergencyMode: true });
    expect((await client.ask({ event: 'echo', data: 1 })).data).toMatchObject({
      code: 'GUARD_EMERGENCY',
      statusCode: 503,
    });
    await app.app.get(GuardControl).updateConfig({ emergencyMode: false });
    expect((await client.ask({ event: 'echo', data: 1 })).event).toBe('echoed');
    expect(events.filter(({ type }) => type === 'refused')).toMatchObject([
      { check: 'ip', request: { kind: 'ws', ip: '192.0.2.1', route: 'echo' } },
      { check: 'emergency' },
    ]);
  });

  it.each(REFUSALS)('never upgrades a client that is %s', async (_, config, headers, status, code) => {
    app = await start(platform, 'ws', [SharedGateway], config);
    const refused = await SocketClient.refused(`ws://127.0.0.1:${app.port}/`, { headers });
    expect(refused.status).toBe(status);
    expect(JSON.parse(refused.text)).toMatchObject({ statusCode: status, code });
    expect(refused.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      connection: 'close',
    });
    if (status === 503) expect(refused.headers['retry-after']).toBe('300');
  });

  it('guards gateways with a port of their own', async () => {
    const [bare, shared] = [await freePort(), await freePort()];
    @WebSocketGateway(bare)
    class OwnPortGateway extends Conversation {}
    @WebSocketGateway(shared, { path: '/chat' })
    class OwnPortAndPathGateway extends Conversation {}
    app = await start(platform, 'ws', [OwnPortGateway, OwnPortAndPathGateway]);
    for (const [port, path] of [
      [bare, '/'],
      [shared, '/chat'],
    ] as const) {
      for (const [, config, headers, status] of REFUSALS) {
        if (Object.keys(config).length > 0) continue;
        expect((await SocketClient.refused(`ws://127.0.0.1:${port}${path}`, { headers })).status).toBe(status);
      }
      const client = await open('192.0.2.1', port, path);
      expect((await client.ask({ event: 'internal' })).data).toMatchObject({ code: 'GUARD_IP' });
      expect((await client.ask({ event: 'echo', data: 1 })).data).toBe(1);
    }
  });

  it('keeps two applications with one gateway class apart', async () => {
    app = await start(platform, 'ws', [SharedGateway]);
    const strict = await start(platform, 'ws', [SharedGateway]);
    const [here, there] = [await open('192.0.2.1'), await open('192.0.2.1', strict.port)];
    await strict.app.get(GuardControl).updateConfig({ blacklist: ['192.0.2.0/24'] });
    expect((await there.ask({ event: 'echo', data: 1 })).data).toMatchObject({ code: 'GUARD_IP' });
    expect((await here.ask({ event: 'echo', data: 1 })).data).toBe(1);
    there.close();
    await strict.close();
    expect((await here.ask({ event: 'internal' })).data).toMatchObject({ code: 'GUARD_IP' });
  });

  it('counts a message once', async () => {
    app = await start(platform, 'ws', [SharedGateway], { rateLimit: 2 });
    const client = await open('192.0.2.1');
    const answers = [];
    for (let count = 0; count < 3; count++) answers.push(await client.ask({ event: 'echo', data: count }));
    expect(answers.map(({ event }) => event)).toEqual(['echoed', 'echoed', 'exception']);
    expect(answers[2].data).toMatchObject({ code: 'GUARD_RATE_LIMIT', statusCode: 429 });
  });

  it('refuses messages of clients whose adapter tells nothing of their request', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    class ForgetfulAdapter extends WsAdapter {
      override create(port: number, options?: Record<string, unknown>) {
        const server = super.create(port, options as never);
        // An adapter that hands the library's clients over in objects of its own.
        const on = server.on.bind(server);
        server.on = (event: string, listener: (...args: unknown[]) => void) =>
          on(event, (client: object, ...rest: unknown[]) =>
            listener(event === 'connection' ? new Proxy(client, {}) : client, ...rest),
          );
        return server;
      }
    }
    app = await startApp(platform, {
      providers: [SharedGateway],
      config: CONFIG,
      configure: (nest) => nest.useWebSocketAdapter(new ForgetfulAdapter(nest)),
    });
    const client = await open('10.0.0.1');
    expect((await client.ask({ event: 'echo', data: 1 })).data).toMatchObject({
      code: 'GUARD_WS_NO_REQUEST',
      statusCode: 500,
    });
    expect(warn.mock.calls.flat()).toContainEqual(expect.stringContaining('GUARD_WS_NO_REQUEST'));
    warn.mockRestore();
  });
});

describe('gateways of a microservice without HTTP', () => {
  it.each<Library>(['ws', 'socket.io'])('are guarded with %s', async (library) => {
    const port = await freePort();
    @WebSocketGateway(port)
    class OwnPortGateway extends Conversation {}
    const module = await Test.createTestingModule({
      imports: [GuardModule.forRoot(CONFIG)],
      providers: [OwnPortGateway],
    }).compile();
    const options = { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 }, logger: false } as const;
    const service = module.createNestMicroservice(options);
    if (library === 'ws') service.useWebSocketAdapter(new WsAdapter());
    await service.listen();
    const url =
      library === 'ws' ? `ws://127.0.0.1:${port}` : `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`;
    const refused = await SocketClient.refused(url, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'GUARD_IP' });
    expect(refused.headers['x-content-type-options']).toBe('nosniff');
    if (library === 'ws') {
      const client = await SocketClient.open(url, { headers: { 'x-forwarded-for': '192.0.2.1' } });
      expect((await client.ask({ event: 'internal' })).data).toMatchObject({ code: 'GUARD_IP' });
      expect((await client.ask({ event: 'echo', data: 1 })).data).toBe(1);
      client.close();
    }
    await service.close();
  });
});

describe.each(PLATFORMS)('gateways on %s with socket.io', (platform) => {
  let app: RunningApp;
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.disconnect();
    await app.close();
  });

  function client(options: Partial<ManagerOptions & SocketOptions>, from: string, at = '', port = app.port): Socket {
    const extraHeaders = { 'x-forwarded-for': from, 'user-agent': 'curl/8', ...options.extraHeaders };
    const socket = io(`http://127.0.0.1:${port}${at}`, {
      reconnection: false,
      forceNew: true,
      ...options,
      extraHeaders,
    });
    sockets.push(socket);
    return socket;
  }
  const heard = (socket: Socket, event: string) => new Promise<HeardPayload>((resolve) => socket.once(event, resolve));
  const ask = (socket: Socket, event: string, data: unknown, expected: string) => {
    const answer = heard(socket, expected);
    socket.emit(event, data);
    return answer;
  };

  describe.each(['websocket', 'polling'] as const)('over %s', (transport) => {
    const options = { transports: [transport] };

    it("judges messages by the client's address and headers", async () => {
      app = await start(platform, 'socket.io', [SharedGateway]);
      const outsider = client(options, '192.0.2.1');
      expect(await ask(outsider, 'echo', { a: 1 }, 'echoed')).toEqual({ a: 1 });
      const refusal = { status: 'error', message: 'Forbidden', statusCode: 403 };
      expect(await ask(outsider, 'internal', 1, 'exception')).toEqual({ ...refusal, code: 'GUARD_IP' });
      expect(await ask(outsider, 'agents', 1, 'exception')).toEqual({ ...refusal, code: 'GUARD_USER_AGENT' });
      expect(await ask(client(options, '10.0.0.1'), 'internal', 1, 'internal')).toBe('secret');
    });

    it('refuses the next message of a client that has been locked out', async () => {
      app = await start(platform, 'socket.io', [SharedGateway]);
      const socket = client(options, '192.0.2.1');
      expect(await ask(socket, 'echo', 1, 'echoed')).toBe(1);
      await app.app.get(GuardControl).updateConfig({ blacklist: ['192.0.2.0/24'] });
      // A poll is a request of its own, and refused as one.
      const outcome = await Promise.race([ask(socket, 'echo', 1, 'exception'), heard(socket, 'disconnect')]);
      if (transport === 'websocket') expect(outcome).toMatchObject({ code: 'GUARD_IP' });
      else expect(outcome).toBe('transport error');
    });

    it.each(REFUSALS)('never connects a client that is %s', async (_, config, headers, status) => {
      app = await start(platform, 'socket.io', [SharedGateway], config);
      const error = await heard(
        client({ ...options, extraHeaders: headers }, headers['x-forwarded-for']!),
        'connect_error',
      );
      expect(error.description.message ?? error.description).toEqual(
        transport === 'websocket' ? `Unexpected server response: ${status}` : status,
      );
    });

    it('guards namespaces and gateways with a port of their own', async () => {
      const port = await freePort();
      @WebSocketGateway({ namespace: 'admin' })
      class NamespaceGateway extends Conversation {}
      @WebSocketGateway(port, { namespace: 'other' })
      class OwnPortGateway extends Conversation {}
      app = await start(platform, 'socket.io', [NamespaceGateway, OwnPortGateway]);
      for (const [at, where] of [
        ['/admin', app.port],
        ['/other', port],
      ] as const) {
        const socket = client(options, '192.0.2.1', at, where);
        expect(await ask(socket, 'internal', 1, 'exception')).toMatchObject({ code: 'GUARD_IP' });
        expect(await ask(socket, 'echo', 1, 'echoed')).toBe(1);
        await heard(client(options, '203.0.113.9', at, where), 'connect_error');
        await heard(
          client({ ...options, extraHeaders: { 'user-agent': 'sqlmap' } }, '192.0.2.1', at, where),
          'connect_error',
        );
      }
    });
  });

  it('remembers the address of a polling client whose connection is long gone', async () => {
    app = await start(platform, 'socket.io', [SharedGateway], {
      // Nothing else asks for the address before the message does.
      checkModes: { ip: 'off', ip_ban: 'off' },
      enableRateLimiting: false,
      enablePenetrationDetection: false,
    });
    const from = { 'x-forwarded-for': '192.0.2.1', connection: 'close' };
    const path = '/socket.io/?EIO=4&transport=polling';
    const handshake = await app.get(path, { headers: from });
    const session = `${path}&sid=${JSON.parse(handshake.text.slice(1)).sid}`;
    const post = (packet: string) => app.send(session, { method: 'POST', body: packet, headers: from });
    await post('40');
    await app.get(session, { headers: from });
    await post('42["whoami"]');
    expect((await app.get(session, { headers: from })).text).toBe('42["you",{"ip":"192.0.2.1"}]');
  });

  it('puts security headers on the answers of polls, and the standard body on refusals', async () => {
    const port = await freePort();
    @WebSocketGateway(port)
    class OwnPortGateway extends Conversation {}
    app = await start(platform, 'socket.io', [SharedGateway, OwnPortGateway]);
    for (const where of [app.port, port]) {
      const target = `http://127.0.0.1:${where}/socket.io/?EIO=4&transport=polling`;
      const handshake = await fetch(target);
      expect(handshake.status).toBe(200);
      expect(handshake.headers.get('x-content-type-options')).toBe('nosniff');
      const refused = await fetch(target, { headers: { 'user-agent': 'sqlmap' } });
      expect(refused.status).toBe(403);
      expect(refused.headers.get('x-content-type-options')).toBe('nosniff');
      expect(await refused.json()).toEqual({
        statusCode: 403,
        message: 'Forbidden',
        error: 'Forbidden',
        code: 'GUARD_USER_AGENT',
      });
    }
  });
});
