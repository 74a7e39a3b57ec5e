import { Controller, Get, ValidationPipe } from '@nestjs/common';
import { type ApolloDriverConfig, ApolloDriver } from '@nestjs/apollo';
import { Field, GraphQLModule, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  ClientCountry,
  ClientIp,
  CustomValidation,
  type GeoIpHandler,
  GuardModule,
  GuardVerdict,
  type RequestVerdict,
  RequireIp,
} from 'nestapi-guard';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { SocketClient } from '../support/web-socket';

const countries: GeoIpHandler = {
  isInitialized: true,
  initialize: () => undefined,
  getCountry: (ip) => (ip.startsWith('203.0.113.') ? 'ch' : undefined),
};

@Controller()
class ParametersController {
  @Get('ip')
  ip(@ClientIp() ip: string | undefined) {
    return { ip };
  }

  @Get('country')
  country(@ClientCountry() country: string | undefined) {
    return { country: country ?? null };
  }

  @Get('verdict')
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  @CustomValidation(() => 'Not today')
  verdict(@GuardVerdict() verdict: RequestVerdict) {
    return verdict;
  }

  @Get('static/verdict')
  excluded(@GuardVerdict() verdict: RequestVerdict) {
    return verdict;
  }
}

@WebSocketGateway()
class ParametersGateway {
  @SubscribeMessage('params')
  @CustomValidation(() => false)
  params(@MessageBody() body: unknown, @ClientIp() ip: string, @GuardVerdict() verdict: RequestVerdict) {
    return { event: 'params', data: { body, ip, checks: verdict.wouldRefuse.map(({ check }) => check) } };
  }
}

@ObjectType()
class Whoami {
  @Field(() => String, { nullable: true })
  ip: string | undefined;

  @Field(() => String, { nullable: true })
  country: string | undefined;

  @Field(() => [String])
  checks!: string[];
}

@Resolver()
class ParametersResolver {
  @Query(() => Whoami)
  @CustomValidation(() => false)
  whoami(
    @ClientIp() ip: string | undefined,
    @ClientCountry() country: string | undefined,
    @GuardVerdict() verdict: RequestVerdict,
  ): Whoami {
    return { ip, country, checks: verdict.wouldRefuse.map(({ check }) => check) };
  }
}

describe.each(PLATFORMS)('parameter decorators on %s', (platform) => {
  let app: RunningApp;

  function start(registerGuards = true): Promise<RunningApp> {
    return startApp(platform, {
      controllers: [ParametersController],
      providers: [ParametersGateway, ParametersResolver],
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true, path: '/graphql' }),
        GuardModule.forRoot({
          registerGuards,
          trustedProxies: ['loopback'],
          geoIpHandler: countries,
          passiveMode: true,
          whitelist: ['192.0.2.0/24', '203.0.113.0/24'],
          exemptIps: ['198.51.100.1'],
        }),
      ],
      configure: (nest) => {
        nest.useGlobalPipes(new ValidationPipe({ transform: true }));
        nest.useWebSocketAdapter(new WsAdapter(nest));
      },
    });
  }

  beforeAll(async () => {
    app = await start();
  });
  afterAll(() => app.close());

  it.each([
    ['an address', '203.0.113.9', '203.0.113.9'],
    ['an IPv4-mapped one, canonically', '::ffff:203.0.113.9', '203.0.113.9'],
    ['an entry that the client has written', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
  ])('@ClientIp() is %s', async (_, from, ip) => {
    expect((await app.get('/ip', { from })).json()).toEqual({ ip });
  });

  it('@ClientCountry() is the country of the address, where it has one', async () => {
    expect((await app.get('/country', { from: '203.0.113.9' })).json()).toEqual({ country: 'CH' });
    expect((await app.get('/country', { from: '192.0.2.1' })).json()).toEqual({ country: null });
  });

  it('@GuardVerdict() lists what the request would have been refused for', async () => {
    const { wouldRefuse, ...verdict } = (await app.get('/verdict', { from: '198.51.100.1' })).json();
    expect(verdict).toEqual({ trusted: true, excluded: false });
    expect(wouldRefuse).toEqual([
      { check: 'ip', reason: 'not in whitelist', status: 403, mode: 'passive' },
      { check: 'custom_validation', reason: 'refused by a custom check', status: 403, mode: 'passive' },
      { check: 'ip', reason: 'not in whitelist', status: 403, mode: 'passive' },
    ]);
    expect((await app.get('/static/verdict')).json()).toEqual({ trusted: false, excluded: true, wouldRefuse: [] });
  });

  it('work in GraphQL resolvers', async () => {
    const query = '{ one: whoami { ip country checks } two: whoami { ip checks } }';
    const { data } = (await app.post('/graphql', { query }, { from: '203.0.113.9' })).json();
    expect(data).toEqual({
      one: { ip: '203.0.113.9', country: 'CH', checks: ['custom_validation'] },
      two: { ip: '203.0.113.9', checks: ['custom_validation'] },
    });
  });

  it('work in gateways', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    const client = await SocketClient.open(`ws://127.0.0.1:${app.port}/`, { headers });
    for (const body of [{ a: 1 }, 'text']) {
      expect(await client.ask({ event: 'params', data: body })).toMatchObject({
        data: { body, ip: '203.0.113.9', checks: ['custom_validation'] },
      });
    }
    client.close();
  });

  it('know the address where no guard has run', async () => {
    const unguarded = await start(false);
    expect((await unguarded.get('/ip', { from: '203.0.113.9' })).json()).toEqual({ ip: '203.0.113.9' });
    await unguarded.close();
  });
});
