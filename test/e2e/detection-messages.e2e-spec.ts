import type { AddressInfo, Server } from 'node:net';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, type INestMicroservice } from '@nestjs/common';
import { Args, GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { ClientProxyFactory, MessagePattern, Payload, Transport } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { GuardModule, SuspiciousDetection } from 'nestapi-guard';
import { lastValueFrom } from 'rxjs';
import { PLATFORMS, startApp } from '../support/platforms';
import { SocketClient } from '../support/web-socket';

const ATTACK = "1' or '1'='1";
const CONFIG = { enableRateLimiting: false, enableIpBanning: false };

@Resolver()
class CatsResolver {
  @Query(() => String)
  cat(@Args('name') name: string): string {
    return name;
  }

  @Query(() => String)
  @SuspiciousDetection({ enabled: false })
  anything(@Args('name') name: string): string {
    return name;
  }
}

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('echo')
  echo(@MessageBody() body: unknown) {
    return { event: 'echo', data: body };
  }
}

@Controller()
class ParcelsController {
  @MessagePattern('weigh')
  weigh(@Payload() parcel: unknown) {
    return parcel;
  }
}

describe.each(PLATFORMS)('Detection in messages on %s', (platform) => {
  it('reads the arguments and variables of GraphQL', async () => {
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true });
    const app = await startApp(platform, {
      providers: [CatsResolver],
      imports: [graphql, GuardModule.forRoot(CONFIG)],
    });
    const ask = async (field: string, name: string) => {
      const query = `query Cat($name: String!) { ${field}(name: $name) }`;
      return (await app.post('/graphql', { query, variables: { name } })).json();
    };
    expect(await ask('cat', 'Tom')).toMatchObject({ data: { cat: 'Tom' } });
    expect(await ask('cat', ATTACK)).toMatchObject({ errors: [{ extensions: { code: 'GUARD_PENETRATION' } }] });
    expect(await ask('anything', ATTACK)).toMatchObject({ data: { anything: ATTACK } });
    const literal = (await app.post('/graphql', { query: `{ cat(name: "${ATTACK}") }` })).json();
    expect(literal).toMatchObject({ errors: [{ extensions: { code: 'GUARD_PENETRATION' } }] });
    await app.close();
  });

  it('reads the payload of WebSocket messages', async () => {
    const configure = (app: Parameters<NonNullable<Parameters<typeof startApp>[1]['configure']>>[0]) =>
      app.useWebSocketAdapter(new WsAdapter(app));
    const app = await startApp(platform, { providers: [EchoGateway], config: CONFIG, configure });
    const client = await SocketClient.open(`ws://127.0.0.1:${app.port}`);
    expect(await client.ask({ event: 'echo', data: { name: 'Tom' } })).toEqual({
      event: 'echo',
      data: { name: 'Tom' },
    });
    expect(await client.ask({ event: 'echo', data: { name: ATTACK } })).toMatchObject({ event: 'exception' });
    client.close();
    await app.close();
  });

  it('reads the payload of microservice messages', async () => {
    let service: INestMicroservice | undefined;
    const app = await startApp(platform, {
      controllers: [ParcelsController],
      config: CONFIG,
      configure: async (nest) => {
        const options = { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } } as const;
        service = nest.connectMicroservice(options, { inheritAppConfig: true });
        await nest.startAllMicroservices();
      },
    });
    const tcp = service!.unwrap<Server & { server?: Server }>();
    const { port } = (tcp.server ?? tcp).address() as AddressInfo;
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
    expect(await lastValueFrom(client.send('weigh', { note: 'fragile' }))).toEqual({ note: 'fragile' });
    await expect(lastValueFrom(client.send('weigh', { note: ATTACK }))).rejects.toMatchObject({
      code: 'GUARD_PENETRATION',
    });
    client.close();
    await app.close();
  });
});
