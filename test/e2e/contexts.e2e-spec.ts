import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  applyDecorators,
  Controller,
  Get,
  type INestApplication,
  type INestMicroservice,
  Injectable,
  Post,
} from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { AddressInfo, Server } from 'node:net';
import { lastValueFrom } from 'rxjs';
import {
  BlockClouds,
  BlockCountries,
  BlockUserAgents,
  CHECK_NAMES,
  type CheckName,
  ContentTypeFilter,
  CustomValidation,
  HoneypotDetection,
  MaxRequestSize,
  RateLimit,
  RequireAuth,
  RequireHeaders,
  RequireHttps,
  RequireIp,
  RequireReferrer,
  TimeWindow,
  UsageMonitor,
} from 'nestapi-guard';
import { PolicyCompiler } from '../../lib/policy/policy-compiler';
import type { RouteKind, SecurityCheck, Stage } from '../../lib/policy/security-check';
import { type Platform, PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { onlyChecks } from '../support/stand-in-check';
import { until } from '../support/until';
import { SocketClient } from '../support/web-socket';

@Controller()
class PagesController {
  @Get('page')
  page() {
    return 'page';
  }

  @Get('page/:number')
  numbered() {
    return 'page';
  }

  @Post('page')
  write() {
    return 'written';
  }

  @MessagePattern('message')
  message() {
    return 'answer';
  }
}

@Resolver()
class FieldsResolver {
  @Query(() => String)
  field() {
    return 'value';
  }
}

@WebSocketGateway()
class MessagesGateway {
  @SubscribeMessage('message')
  message() {
    return { event: 'answer' };
  }
}

@Injectable()
class NightlyJob {
  run() {
    return 'done';
  }
}

const BROKEN = { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } };

type Asked = Stage | 'account';

/** Writes down when it is asked, and what about. */
function recorder(stage: Stage, log: string[]): SecurityCheck {
  return {
    name: 'custom_request',
    stage,
    compile: () => (request) => void log.push(`${stage} ${request.kind}`),
    ...(stage === 'door' ? { account: (request) => void log.push(`account ${request.kind}`) } : {}),
  };
}

const STAGES: Stage[] = ['door', 'arrival', 'access', 'limits', 'detection'];

/** Answers `/plain` before Nest has a say. */
function answerPlain(platform: Platform, app: INestApplication): void {
  if (platform === 'express')
    app.use('/plain', (_: unknown, response: { end(text: string): void }) => response.end('plain'));
  else
    (app.getHttpAdapter().getInstance() as { get(path: string, handler: () => string): void }).get(
      '/plain',
      () => 'plain',
    );
}

describe.each(PLATFORMS)('the stages on %s', (platform) => {
  let app: RunningApp;
  let service: INestMicroservice;
  const log: string[] = [];

  beforeAll(async () => {
    app = await startApp(platform, {
      controllers: [PagesController],
      providers: [FieldsResolver, MessagesGateway, NightlyJob],
      imports: [GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true })],
      config: {},
      override: onlyChecks(...STAGES.map((stage) => recorder(stage, log))),
      configure: async (nest) => {
        nest.useWebSocketAdapter(new WsAdapter(nest));
        nest.enableCors();
        answerPlain(platform, nest);
        const options = { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } } as const;
        service = nest.connectMicroservice(options, { inheritAppConfig: true });
        await nest.startAllMicroservices();
      },
    });
  });
  beforeEach(() => {
    log.length = 0;
  });
  afterAll(() => app.close());

  const graphql = (query: string) => app.post('/graphql', { query });
  const preflight = { Origin: 'https://a.test', 'Access-Control-Request-Method': 'GET' };

  const all = (kind: string, stages: Asked[]) => stages.map((stage) => `${stage} ${kind}`);
  const field = ['access graphql', 'arrival graphql', 'detection graphql', 'door http', 'limits graphql'];

  it.each<[string, () => Promise<unknown>, string[]]>([
    ['a route', () => app.get('/page'), all('http', ['access', 'arrival', 'detection', 'door', 'limits'])],
    [
      'a route with a body',
      () => app.post('/page', {}),
      all('http', ['access', 'arrival', 'detection', 'door', 'limits']),
    ],
    ['an unknown path', () => app.get('/none'), all('http', ['access', 'arrival', 'detection', 'door', 'limits'])],
    ['an undecodable path of a route', () => app.get('/page/%zz'), all('http', ['account', 'door'])],
    ['broken JSON', () => app.send('/page', BROKEN), all('http', ['account', 'arrival', 'door'])],
    ['what answers before Nest', () => app.get('/plain'), all('http', ['account', 'door'])],
    [
      'a preflight that the application answers',
      () => app.send('/page', { method: 'OPTIONS', headers: preflight }),
      all('http', ['account', 'door']),
    ],
    ['a GraphQL field', () => graphql('{ field }'), field],
    ['several GraphQL fields', () => graphql('{ a: field b: field field }'), field],
    ['GraphQL introspection', () => graphql('{ __typename }'), all('http', ['account', 'door'])],
  ])('%s', async (_, request, expected) => {
    await request();
    await until(() => log.length >= expected.length);
    expect([...log].sort()).toEqual(expected);
  });

  it('an upgrade, and each message on its connection', async () => {
    const client = await SocketClient.open(`ws://127.0.0.1:${app.port}/`);
    expect([...log].sort()).toEqual(all('upgrade', ['access', 'arrival', 'detection', 'door', 'limits']));
    for (let message = 0; message < 2; message++) {
      log.length = 0;
      await client.ask({ event: 'message' });
      expect([...log].sort()).toEqual(all('ws', ['access', 'arrival', 'detection', 'door', 'limits']));
    }
    client.close();
  });

  it('a message of a microservice', async () => {
    const { server } = service.unwrap<{ server?: Server }>();
    const { port } = (server ?? service.unwrap<Server>()).address() as AddressInfo;
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
    await lastValueFrom(client.send('message', {}));
    client.close();
    expect([...log].sort()).toEqual(all('rpc', ['access', 'arrival', 'detection', 'door', 'limits']));
  });

  it('what the application calls by itself is not asked anything', () => {
    expect(app.app.get(NightlyJob).run()).toBe('done');
    expect(app.app.get(PagesController).page()).toBe('page');
    expect(log).toEqual([]);
  });
});

const COLUMNS = [
  'route',
  'no route',
  'before Nest',
  'upgrade',
  'WebSocket message',
  'GraphQL field',
  'RPC message',
] as const;

/** The table of docs/contexts.md: for each check the columns that have a tick. */
function documented(): Map<string, string[]> {
  const text = readFileSync(join(__dirname, '../../docs/contexts.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  const cells = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  expect(cells[0]).toEqual(['check', ...COLUMNS]);
  return new Map(
    cells
      .slice(2)
      .map(([check, ...ticks]) => [check!.slice(1, -1), COLUMNS.filter((_, index) => ticks[index] === '✓')]),
  );
}

const everything = applyDecorators(
  RequireIp({ whitelist: ['10.0.0.0/8'] }),
  BlockCountries(['KP']),
  BlockClouds(['AWS']),
  BlockUserAgents(['curl']),
  RateLimit({ requests: 1, window: 1 }),
  RequireHttps(),
  RequireAuth('bearer', { verify: () => true }),
  RequireHeaders({ 'X-Custom': 'required' }),
  RequireReferrer(['example.com']),
  ContentTypeFilter(['application/json']),
  MaxRequestSize(1000),
  HoneypotDetection(['website']),
  UsageMonitor({ maxCalls: 10, window: 60, action: 'log' }),
  CustomValidation(() => true),
  TimeWindow('00:00', '12:00', 'UTC'),
);

@Controller()
class EverythingController {
  @Get('everything')
  @everything
  http() {}

  @MessagePattern('everything')
  @everything
  rpc() {}
}

@Resolver()
class EverythingResolver {
  @Query(() => String)
  @everything
  graphql() {
    return '';
  }
}

@WebSocketGateway()
class EverythingGateway {
  @SubscribeMessage('everything')
  @everything
  ws() {}
}

describe('the table of the documentation', () => {
  it('says what the checks do', async () => {
    const app = await startApp('fastify', {
      controllers: [EverythingController],
      providers: [EverythingResolver, EverythingGateway],
      imports: [GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true })],
      config: {
        emergencyMode: true,
        enforceHttps: true,
        blacklist: ['203.0.113.0/24'],
        blockedCountries: ['KP'],
        blockCloudProviders: ['AWS'],
        onlyFrom: ['192.0.2.0/24'],
        blockedUserAgents: ['curl'],
        behaviorRules: [{ type: 'usage', maxCalls: 10, window: 60, action: 'log' }],
        customRequestCheck: () => undefined,
        geoIpHandler: { isInitialized: true, initialize: () => undefined, getCountry: () => 'FR' },
      },
      configure: (nest) => nest.useWebSocketAdapter(new WsAdapter(nest)),
    });
    const { routes, door, unmatched } = app.app.get(PolicyCompiler);
    // The door keeps a copy of forms for this check, and decides nothing.
    const atTheDoor = door.checks.filter((check) => check !== 'penetration');
    const handler = (kind: RouteKind) => {
      const { arrival, access, limits, detection, message } = routes.find((route) => route.kind === kind)!;
      const asked = kind === 'http' || kind === 'graphql' ? [arrival, access] : [message];
      return [...asked, limits, detection]
        .flatMap(({ checks }) => checks)
        .concat(kind === 'http' || kind === 'graphql' ? atTheDoor : []);
    };
    const actual: Record<(typeof COLUMNS)[number], CheckName[]> = {
      route: handler('http'),
      'no route': [...atTheDoor, ...unmatched.guarded.checks],
      'before Nest': atTheDoor,
      upgrade: unmatched.everything.checks,
      'WebSocket message': handler('ws'),
      'GraphQL field': handler('graphql'),
      'RPC message': handler('rpc'),
    };
    const table = documented();
    expect([...table.keys()]).toEqual(CHECK_NAMES);
    for (const check of CHECK_NAMES) {
      const columns = COLUMNS.filter((column) => actual[column].includes(check));
      expect([check, ...table.get(check)!]).toEqual([check, ...columns]);
    }
    await app.close();
  });
});
