import type { AddressInfo, Server } from 'node:net';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, type INestMicroservice } from '@nestjs/common';
import { Args, GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { RateLimit } from 'nestapi-guard';
import { lastValueFrom } from 'rxjs';
import { newClient, startTimedApp, statuses } from '../support/limits';
import { PLATFORMS, type RunningApp } from '../support/platforms';
import type { TestClock } from '../support/test-clock';
import { SocketClient } from '../support/web-socket';

@Resolver()
class BooksResolver {
  @Query(() => String, { nullable: true })
  author() {
    return 'Ada';
  }

  @Query(() => String, { nullable: true })
  title() {
    return 'Notes';
  }

  @Query(() => String, { nullable: true })
  @RateLimit({ requests: 2, window: 10 })
  rare() {
    return 'found';
  }

  @Mutation(() => String, { nullable: true })
  @RateLimit({ requests: 1, window: 10 })
  order(@Args('title') title: string) {
    return title;
  }
}

describe.each(PLATFORMS)('limits of GraphQL on %s', (platform) => {
  let app: RunningApp;
  let clock: TestClock;
  let from: string;
  const ask = async (query: string) => {
    const { body, headers } = await app.post('/graphql', { query }, { from }).then((answer) => ({
      body: answer.json() as { data: unknown; errors?: { extensions: { code: string } }[] },
      headers: answer.headers,
    }));
    return { data: body.data, codes: body.errors?.map(({ extensions }) => extensions.code), headers };
  };

  beforeAll(async () => {
    ({ app, clock } = await startTimedApp(platform, {
      imports: [GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true })],
      providers: [BooksResolver],
      config: { rateLimit: 2, rateLimitWindow: 10 },
    }));
  });
  afterAll(() => app.close());
  beforeEach(() => {
    from = newClient();
  });

  it('counts a query once, however many of its fields share a limit', async () => {
    const query = '{ author again: author title }';
    const data = { author: 'Ada', again: 'Ada', title: 'Notes' };
    const first = await ask(query);
    expect(first.data).toEqual(data);
    expect(first.headers.ratelimit).toBe('"default";r=1;t=10');
    expect((await ask(query)).data).toEqual(data);
    const refused = await ask(query);
    expect(refused.data).toEqual({ author: null, again: null, title: null });
    expect(refused.codes).toEqual(['GUARD_RATE_LIMIT', 'GUARD_RATE_LIMIT', 'GUARD_RATE_LIMIT']);
    clock.advance(10_000);
    expect((await ask(query)).data).toEqual(data);
  });

  it("counts a field's own limit apart from the others", async () => {
    expect((await ask('{ rare other: rare author }')).data).toEqual({ rare: 'found', other: 'found', author: 'Ada' });
    expect((await ask('{ rare }')).data).toEqual({ rare: 'found' });
    expect(await ask('{ rare author }')).toMatchObject({
      data: { rare: null, author: 'Ada' },
      codes: ['GUARD_RATE_LIMIT'],
    });
    expect((await ask('mutation { order(title: "x") }')).data).toEqual({ order: 'x' });
    expect((await ask('mutation { order(title: "x") }')).codes).toEqual(['GUARD_RATE_LIMIT']);
  });

  it('counts queries that reach no field as requests without a route', async () => {
    const broken = { from, method: 'POST', body: { query: '{ nothing }' } };
    expect(await statuses(app, '/graphql', 3, broken)).toEqual([400, 400, 429]);
  });
});

@WebSocketGateway()
class ChatGateway {
  @SubscribeMessage('say')
  @RateLimit({ requests: 2, window: 10 })
  say(@MessageBody() text: string) {
    return { event: 'said', data: text };
  }

  @SubscribeMessage('listen')
  listen() {
    return { event: 'heard' };
  }
}

describe.each(PLATFORMS)('limits of WebSocket messages on %s', (platform) => {
  let app: RunningApp;
  let clock: TestClock;
  const sockets: SocketClient[] = [];
  const open = async (from: string) => {
    const socket = await SocketClient.open(`ws://127.0.0.1:${app.port}/`, { headers: { 'x-forwarded-for': from } });
    sockets.push(socket);
    return socket;
  };

  beforeEach(async () => {
    ({ app, clock } = await startTimedApp(platform, {
      providers: [ChatGateway],
      config: { rateLimit: 3, rateLimitWindow: 10 },
      configure: (nest) => nest.useWebSocketAdapter(new WsAdapter(nest)),
    }));
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close();
    await app.close();
  });

  it('count by client, over all its connections', async () => {
    const from = newClient();
    const [one, two] = [await open(from), await open(from)];
    const say = { event: 'say', data: 'hi' };
    expect(await one.ask(say)).toEqual({ event: 'said', data: 'hi' });
    expect(await two.ask(say)).toEqual({ event: 'said', data: 'hi' });
    expect(await one.ask(say)).toMatchObject({
      event: 'exception',
      data: { code: 'GUARD_RATE_LIMIT', statusCode: 429 },
    });
    expect(await (await open(newClient())).ask(say)).toEqual({ event: 'said', data: 'hi' });
    clock.advance(10_000);
    expect(await one.ask(say)).toEqual({ event: 'said', data: 'hi' });
  });

  it('share the global limit where they have none of their own', async () => {
    const socket = await open(newClient());
    for (let hit = 0; hit < 3; hit++) expect(await socket.ask({ event: 'listen' })).toEqual({ event: 'heard' });
    expect(await socket.ask({ event: 'listen' })).toMatchObject({ data: { code: 'GUARD_RATE_LIMIT' } });
  });

  it('count upgrades as requests without a route', async () => {
    const from = newClient();
    for (let hit = 0; hit < 3; hit++) await open(from);
    const headers = { 'x-forwarded-for': from };
    const refused = await SocketClient.refused(`ws://127.0.0.1:${app.port}/`, { headers });
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('10');
    expect(await statuses(app, '/anything', 1, { from })).toEqual([429]);
  });
});

@Controller()
class ParcelsController {
  @MessagePattern('weigh')
  weigh() {
    return 'light';
  }

  @MessagePattern('open')
  @RateLimit({ requests: 1, window: 10 })
  open() {
    return 'opened';
  }

  @MessagePattern('send')
  @RateLimit({ requests: 2, window: 10, key: ({ body }) => (body as { sender: string }).sender })
  send() {
    return 'sent';
  }
}

describe.each(PLATFORMS)('limits of RPC messages beside %s', (platform) => {
  it('count only by a key, since a message has no client', async () => {
    let service: INestMicroservice | undefined;
    const { app } = await startTimedApp(platform, {
      controllers: [ParcelsController],
      config: { rateLimit: 1 },
      configure: async (nest) => {
        const options = { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } } as const;
        service = nest.connectMicroservice(options, { inheritAppConfig: true });
        await nest.startAllMicroservices();
      },
    });
    const tcp = service!.unwrap<{ server?: Server } & Server>();
    const { port } = (tcp.server ?? tcp).address() as AddressInfo;
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
    const ask = (pattern: string, payload: object) =>
      lastValueFrom(client.send<unknown>(pattern, payload)).catch((error: { code: string }) => error.code);
    for (const pattern of ['weigh', 'open']) {
      for (let hit = 0; hit < 3; hit++) expect(await ask(pattern, {})).not.toBe('GUARD_RATE_LIMIT');
    }
    expect(await ask('send', { sender: 'a' })).toBe('sent');
    expect(await ask('send', { sender: 'a' })).toBe('sent');
    expect(await ask('send', { sender: 'a' })).toBe('GUARD_RATE_LIMIT');
    expect(await ask('send', { sender: 'b' })).toBe('sent');
    client.close();
    await app.close();
  });
});
