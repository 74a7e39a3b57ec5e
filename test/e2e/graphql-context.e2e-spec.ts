import { Logger } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, Query, Resolver, Subscription } from '@nestjs/graphql';
import { GuardControl, type GuardConfigInput, RequireIp } from 'nestapi-guard';
import { type Platform, PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { SocketClient } from '../support/web-socket';

@Resolver()
class NewsResolver {
  @Query(() => String, { nullable: true })
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  internal(): string {
    return 'secret';
  }

  @Query(() => String, { nullable: true })
  open(): string {
    return 'news';
  }

  @Subscription(() => String)
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  async *ticker() {
    yield { ticker: 'first' };
  }

  @Subscription(() => String)
  async *headlines() {
    yield { headlines: 'first' };
  }
}

type Options = Partial<ApolloDriverConfig>;
type Context = Record<string, unknown>;

function start(platform: Platform, options: Options, config: GuardConfigInput = {}): Promise<RunningApp> {
  const driver = { driver: ApolloDriver, autoSchemaFile: true, ...options };
  return startApp(platform, {
    providers: [NewsResolver],
    imports: [GraphQLModule.forRoot<ApolloDriverConfig>(driver)],
    config: { trustedProxies: ['loopback'], ...config },
  });
}

async function code(app: RunningApp, from: string, query = '{ internal }'): Promise<string> {
  const { errors, data } = (await app.post('/graphql', { query }, { from })).json();
  return errors === undefined ? JSON.stringify(data) : errors[0].extensions.code;
}

describe.each(PLATFORMS)('the GraphQL context on %s', (platform) => {
  const requestOf = platform === 'express' ? (given: Context) => given.req as object : (given: Context) => given;

  it.each<[string, (given: Context, reply: unknown) => object]>([
    ['req', (given) => ({ req: requestOf(given) })],
    ['request', (given) => ({ request: requestOf(given) })],
    ['the response', (given, reply) => (platform === 'express' ? { res: given.res } : { reply })],
    ['extra.request', (given) => ({ extra: { request: requestOf(given) } })],
    ["Node's request", (given) => ({ raw: platform === 'express' ? given.req : given.raw })],
    ['the request itself', (given) => requestOf(given)],
  ])('leads to the request by %s', async (_, context) => {
    // Where a custom context has none, Nest adds `req`.
    const app = await start(platform, {
      context: (given: Context, reply: unknown) => ({ ...context(given, reply), req: undefined }),
    });
    const plain = await start(platform, { context: (given: Context, reply: unknown) => context(given, reply) });
    for (const each of [app, plain]) {
      expect(await code(each, '192.0.2.1')).toBe('GUARD_IP');
      expect(await code(each, '10.0.0.1')).toBe('{"internal":"secret"}');
      await each.close();
    }
  });

  describe('without any request', () => {
    const hidden: Options = { context: () => ({ req: { headers: {} } }) };

    it.each<[string, GuardConfigInput, string]>([
      ['refuses by default', {}, 'GUARD_GRAPHQL_NO_REQUEST'],
      ['passes with failSecure off', { failSecure: false }, '{"internal":"secret"}'],
      ['passes in passive mode', { passiveMode: true }, '{"internal":"secret"}'],
    ])('%s, and warns once', async (_, config, expected) => {
      const warnings: string[] = [];
      const spy = jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: string) => void warnings.push(text));
      const app = await start(platform, hidden, config);
      expect(await code(app, '10.0.0.1')).toBe(expected);
      expect(await code(app, '10.0.0.1')).toBe(expected);
      expect(warnings.filter((text) => text.startsWith('GUARD_GRAPHQL_NO_REQUEST'))).toHaveLength(1);
      await app.close();
      spy.mockRestore();
    });

    it('does not take what a client sent for a request', async () => {
      const forged = { rawHeaders: [], headers: {}, socket: { remoteAddress: '10.0.0.1' } };
      const app = await start(platform, { context: () => ({ req: forged, raw: forged, extra: { request: forged } }) });
      expect(await code(app, '192.0.2.1')).toBe('GUARD_GRAPHQL_NO_REQUEST');
      await app.close();
    });
  });
});

describe.each(PLATFORMS)('GraphQL subscriptions on %s', (platform) => {
  let app: RunningApp;
  let clients: SocketClient[] = [];
  beforeEach(async () => {
    app = await start(platform, { subscriptions: { 'graphql-ws': true } }, { blockedUserAgents: ['sqlmap'] });
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    clients = [];
    await app.close();
  });

  const options = (from: string, headers = {}) => ({
    protocol: 'graphql-transport-ws',
    headers: { 'x-forwarded-for': from, ...headers },
  });
  const url = () => `ws://127.0.0.1:${app.port}/graphql`;

  async function connect(from: string): Promise<SocketClient> {
    const client = await SocketClient.open(url(), options(from));
    clients.push(client);
    await client.ask({
      type: 'connection_init',
      payload: { req: { rawHeaders: [], headers: { 'x-forwarded-for': '10.0.0.1' } } },
    });
    return client;
  }
  async function subscribe(client: SocketClient, query: string, id: string) {
    let answer = await client.ask({ id, type: 'subscribe', payload: { query } });
    while (answer.id !== id) answer = await client.next();
    return answer.payload;
  }

  it('are judged by the address of the upgrade', async () => {
    const insider = await connect('10.0.0.1');
    expect(await subscribe(insider, 'subscription { ticker }', '1')).toEqual({ data: { ticker: 'first' } });
    const outsider = await connect('192.0.2.1');
    expect(await subscribe(outsider, 'subscription { ticker }', '1')).toMatchObject({
      errors: [{ message: 'Forbidden', extensions: { code: 'GUARD_IP', statusCode: 403 } }],
    });
    expect(await subscribe(outsider, 'subscription { headlines }', '2')).toEqual({ data: { headlines: 'first' } });
  });

  it('are refused as soon as the connected client is', async () => {
    const client = await connect('192.0.2.1');
    await app.app.get(GuardControl).updateConfig({ blacklist: ['192.0.2.1'] });
    expect(await subscribe(client, 'subscription { headlines }', '1')).toMatchObject({
      errors: [{ extensions: { code: 'GUARD_IP' } }],
    });
  });

  it('never reach 101 for a refused client', async () => {
    const refused = await SocketClient.refused(url(), options('192.0.2.1', { 'user-agent': 'sqlmap/1' }));
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'GUARD_USER_AGENT' });
  });
});
