import type { AddressInfo, Server } from 'node:net';
import { Controller, Get, type INestMicroservice } from '@nestjs/common';
import { ClientProxyFactory, EventPattern, MessagePattern, type ClientProxy, Transport } from '@nestjs/microservices';
import { ExternalContextCreator } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { Bypass, GuardEvents, type GuardEvent, GuardModule, RequireIp } from 'nestapi-guard';
import { lastValueFrom } from 'rxjs';
import type { SecurityCheck, Stage } from '../../lib/policy/security-check';
import { PLATFORMS, startApp } from '../support/platforms';
import { onlyChecks } from '../support/stand-in-check';

let handled: unknown[] = [];

@Controller()
class ParcelsController {
  @Get('parcels')
  list() {
    return [];
  }

  @MessagePattern('weigh')
  weigh(parcel: unknown) {
    handled.push(parcel);
    return { weight: 1 };
  }

  // Nothing can tell where a message came from: the rule has no say.
  @MessagePattern({ cmd: 'open' })
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  open() {
    return 'opened';
  }

  @MessagePattern('trusted')
  @Bypass(['custom_request'])
  trusted(parcel: unknown) {
    return parcel;
  }

  @Get('both')
  @MessagePattern('both')
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  both() {
    return ['both'];
  }

  @EventPattern('dropped')
  dropped(parcel: unknown) {
    handled.push(parcel);
  }
}

/** Refuses whatever has `forbidden` in its body. */
function bodyCheck(stage: Stage, delayed: boolean): SecurityCheck {
  return {
    name: 'custom_request',
    stage,
    compile: () => (request) => {
      const { forbidden } = (request.body ?? {}) as { forbidden?: boolean };
      const refusal = forbidden
        ? ({ status: 400, message: 'Not like this', check: 'custom_request', reason: 'forbidden' } as const)
        : undefined;
      return delayed ? Promise.resolve(refusal) : refusal;
    },
  };
}

const REFUSED = { status: 'error', message: 'Not like this', code: 'GUARD_CUSTOM_REQUEST', statusCode: 400 };

function connect(port: number): ClientProxy {
  return ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
}

async function ask(client: ClientProxy, pattern: unknown, payload: unknown): Promise<unknown> {
  return lastValueFrom(client.send<unknown>(pattern, payload)).catch((error: unknown) => ({ refused: error }));
}

async function portOf(service: INestMicroservice): Promise<number> {
  const { server } = service.unwrap<{ server?: Server } & Server>() as { server?: Server };
  const tcp = server ?? service.unwrap<Server>();
  return (tcp.address() as AddressInfo).port;
}

beforeEach(() => {
  handled = [];
});

describe('a microservice without HTTP', () => {
  it('starts with every rule that needs a client address, and skips them', async () => {
    const module = await Test.createTestingModule({
      controllers: [ParcelsController],
      imports: [
        GuardModule.forRoot({
          whitelist: ['10.0.0.1'],
          blacklist: ['203.0.113.0/24'],
          emergencyMode: true,
          blockedUserAgents: ['curl'],
        }),
      ],
    }).compile();
    const service = module.createNestMicroservice({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: 0 },
      logger: false,
    });
    await service.listen();
    const client = connect(await portOf(service));
    expect(await ask(client, 'weigh', { id: 1 })).toEqual({ weight: 1 });
    expect(await ask(client, { cmd: 'open' }, {})).toBe('opened');
    client.close();
    await service.close();
  });

  it.each<[Stage, boolean]>([
    ['door', false],
    ['access', false],
    ['limits', true],
    ['detection', true],
  ])('asks the checks of the stage %s (delayed: %s), and answers as RpcException does', async (stage, delayed) => {
    const builder = Test.createTestingModule({ controllers: [ParcelsController], imports: [GuardModule.forRoot()] });
    const module = await onlyChecks(bodyCheck(stage, delayed))(builder).compile();
    const service = module.createNestMicroservice({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: 0 },
      logger: false,
    });
    await service.listen();
    const events: GuardEvent[] = [];
    service.get(GuardEvents).stream.subscribe((event) => events.push(event));
    const client = connect(await portOf(service));
    expect(await ask(client, 'weigh', { forbidden: true })).toEqual({ refused: REFUSED });
    expect(handled).toEqual([]);
    expect(events).toMatchObject([{ type: 'refused', request: { kind: 'rpc', route: 'weigh' } }]);
    expect(await ask(client, 'weigh', { id: 2 })).toEqual({ weight: 1 });
    expect(await ask(client, 'trusted', { forbidden: true })).toEqual({ forbidden: true });
    // Events have no answer; what is not handled afterwards never was.
    client.emit('dropped', { forbidden: true }).subscribe();
    await ask(client, 'weigh', { id: 3 });
    expect(handled).toEqual([{ id: 2 }, { id: 3 }]);
    client.close();
    await service.close();
  });
});

describe.each(PLATFORMS)('a hybrid application on %s', (platform) => {
  it('guards its HTTP routes by address and its messages by everything else', async () => {
    let service: INestMicroservice | undefined;
    const app = await startApp(platform, {
      controllers: [ParcelsController],
      config: { trustedProxies: ['loopback'], blacklist: ['203.0.113.0/24'] },
      configure: async (nest) => {
        service = nest.connectMicroservice(
          { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } },
          { inheritAppConfig: true },
        );
        await nest.startAllMicroservices();
      },
    });
    const client = connect(await portOf(service!));
    expect((await app.get('/parcels', { from: '203.0.113.1' })).status).toBe(403);
    expect((await app.get('/parcels', { from: '192.0.2.1' })).status).toBe(200);
    expect(await ask(client, 'weigh', {})).toEqual({ weight: 1 });
    // One method, two kinds of handler: each has the rules that make sense for it.
    expect((await app.get('/both', { from: '192.0.2.1' })).status).toBe(403);
    expect((await app.get('/both', { from: '10.0.0.1' })).status).toBe(200);
    expect(await ask(client, 'both', {})).toEqual(['both']);
    client.close();
    await app.close();
  });

  it('refuses messages with the shape of an RpcException', async () => {
    let service: INestMicroservice | undefined;
    const app = await startApp(platform, {
      controllers: [ParcelsController],
      config: {},
      override: onlyChecks(bodyCheck('access', false)),
      configure: async (nest) => {
        service = nest.connectMicroservice(
          { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } },
          { inheritAppConfig: true },
        );
        await nest.startAllMicroservices();
      },
    });
    const client = connect(await portOf(service!));
    expect(await ask(client, 'weigh', { forbidden: true })).toEqual({ refused: REFUSED });
    client.close();
    await app.close();
  });
});

describe.each(PLATFORMS)('handlers that the application calls by itself on %s', (platform) => {
  it.each([
    ['a context of their own type', 'queue', { id: 1 }],
    ['the type that Nest gives by default', 'http', { id: 1 }],
    ['no arguments', 'http', undefined],
    ['null', 'http', null],
    ['a text', 'http', 'id'],
  ])('with %s have no client, and all rules that need none', async (_, type, argument) => {
    const app = await startApp(platform, {
      controllers: [ParcelsController],
      config: {},
      override: onlyChecks(bodyCheck('detection', true), {
        name: 'ip',
        stage: 'door',
        kinds: ['http'],
        compile: () => () => ({ status: 403, message: 'No', check: 'ip', reason: 'asked' }),
      }),
    });
    const controller = app.app.get(ParcelsController);
    const call = app.app
      .get(ExternalContextCreator)
      .create(controller, controller.weigh, 'weigh', undefined, undefined, undefined, undefined, undefined, type);
    await expect(call(argument)).resolves.toEqual({ weight: 1 });
    await expect(call({ forbidden: true })).rejects.toMatchObject({ code: 'GUARD_CUSTOM_REQUEST' });
    // Called directly, a method is only a method.
    expect(controller.weigh({ forbidden: true })).toEqual({ weight: 1 });
    await app.close();
  });
});
