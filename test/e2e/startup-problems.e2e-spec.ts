import { inspect } from 'node:util';
import { Controller, Get, Inject, Injectable, Post, type Type } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { Query, Resolver } from '@nestjs/graphql';
import { MessagePattern } from '@nestjs/microservices';
import { Throttle } from '@nestjs/throttler';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  ApiKeyAuth,
  BlockUserAgents,
  Bypass,
  CustomValidation,
  GeoRateLimit,
  GuardConfig,
  GuardConfigError,
  type GuardConfigInput,
  GuardControl,
  GuardModule,
  policyDecorator,
  RateLimit,
  RequireAuth,
  RedisRequiredError,
  RequireIp,
  TimeWindow,
} from 'nestapi-guard';
import { PLATFORMS, startApp } from '../support/platforms';
import { freePort, RedisServer } from '../support/redis-server';

const SECRET = 'hunter2';

@Controller('orders')
@RequireIp({ whitelist: ['10.0.0.0/8', 'office'] })
class OrdersController {
  @Get()
  @RateLimit({ requests: 0, window: 60 })
  @RateLimit({ requests: 5, window: 0.5, limit: 1 } as never)
  list() {
    return [];
  }

  @Post()
  @TimeWindow('9:00', '25:00', 'Europe/Pariss')
  @Bypass(['rate_limits' as 'rate_limit'])
  create() {
    return 1;
  }
}

@Controller('parcels')
class ParcelsController {
  @MessagePattern('weigh')
  @BlockUserAgents([/(x+)+y/])
  weigh() {
    return 1;
  }

  @Get()
  @ApiKeyAuth({ headerName: 'X-API-Key', keys: [`${SECRET} with a space`] })
  list() {
    return [];
  }
}

@WebSocketGateway()
class ChatGateway {
  @SubscribeMessage('say')
  @RateLimit(undefined as never)
  say() {
    return 1;
  }
}

@Resolver()
class CatsResolver {
  @Query(() => String)
  @GeoRateLimit({ ZZ: 1 }, null as never)
  cat() {
    return 'Tom';
  }
}

const CONFIG = { rateLimit: 0, blackList: [], redisUrl: `http://:${SECRET}@10.0.0.1` } as GuardConfigInput;

const OF_CONFIG = ['blackList', 'rateLimit', 'redisUrl'];
const OF_DECORATORS = [
  'OrdersController @RequireIp.whitelist[1]',
  'OrdersController.list @RateLimit[0].requests',
  'OrdersController.list @RateLimit[1].limit',
  'OrdersController.list @RateLimit[1].window',
  'OrdersController.create @Bypass[0]',
  'OrdersController.create @TimeWindow.start',
  'OrdersController.create @TimeWindow.end',
  'OrdersController.create @TimeWindow.zone',
  'ParcelsController.weigh @BlockUserAgents[0]',
  'ParcelsController.list @ApiKeyAuth.keys[0]',
  'ChatGateway.say @RateLimit[0]',
  'CatsResolver.cat @GeoRateLimit.ZZ',
];

async function startError(start: Promise<{ close(): Promise<void> }>): Promise<GuardConfigError> {
  const started: unknown = await start.catch((error: unknown) => error);
  if (started instanceof GuardConfigError) return started;
  if (started instanceof Error) throw started;
  await (started as { close(): Promise<void> }).close();
  throw new Error('the application started');
}

const pathsOf = ({ problems }: GuardConfigError): string[] => problems.map(({ path }) => path);

function decorated(...decorators: MethodDecorator[]): Type {
  @Controller()
  class SomeController {
    @Get()
    run() {
      return 'ok';
    }
  }
  const method = Object.getOwnPropertyDescriptor(SomeController.prototype, 'run')!;
  for (const decorate of decorators) decorate(SomeController.prototype, 'run', method);
  return SomeController;
}

describe.each(PLATFORMS)('a start that fails on %s', (platform) => {
  const mistaken = (imports: ReturnType<typeof GuardModule.forRoot>[]) =>
    startError(
      startApp(platform, {
        imports,
        controllers: [OrdersController, ParcelsController],
        providers: [ChatGateway, CatsResolver],
      }),
    );

  it.each([
    ['forRoot()', () => GuardModule.forRoot(CONFIG)],
    ['forRootAsync()', () => GuardModule.forRootAsync({ useFactory: async () => CONFIG })],
  ])('tells everything at once with %s', async (_, guard) => {
    const error = await mistaken([guard()]);
    expect(pathsOf(error)).toEqual([...OF_CONFIG, ...OF_DECORATORS]);
    expect(error.code).toBe('GUARD_CONFIG_INVALID');
    expect(error.message).toMatch(/^nestapi-guard: 15 problems found \(GUARD_CONFIG_INVALID, /);
    expect(error.message).toContain('did you mean "blacklist"?');
    expect(error.message).toContain('did you mean "rate_limit"?');
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
  });

  it('tells of the decorators by a code of their own when nothing else is wrong', async () => {
    const error = await mistaken([GuardModule.forRoot()]);
    expect(pathsOf(error)).toEqual(OF_DECORATORS);
    expect(error.code).toBe('GUARD_DECORATOR_INVALID');
  });

  it.each([
    ['null', null],
    ['a text', 'rateLimit=5'],
  ])('tells of the decorators beside a configuration that is %s', async (_, config) => {
    const error = await mistaken([GuardModule.forRoot(config as never)]);
    expect(pathsOf(error)).toEqual(['config', ...OF_DECORATORS]);
  });

  it('has connected to nothing', async () => {
    const server = await RedisServer.start();
    const admin = server.admin();
    await admin.config('RESETSTAT');
    await mistaken([GuardModule.forRoot({ redisUrl: server.url })]);
    const [, connections] = /total_connections_received:(\d+)/.exec(await admin.info('stats'))!;
    expect(connections).toBe('0');
    await server.stop();
  });

  it.each<[what: string, config: object, decorators: MethodDecorator[], paths: string[]]>([
    [
      'a sliding window',
      {},
      [RateLimit({ requests: 1, window: 1, burst: 2 }), Throttle({ default: { limit: 0, ttl: 1 } })],
      ['SomeController.run @RateLimit[0].burst', 'SomeController.run @Throttle'],
    ],
    [
      'a sliding window, and another field is bad',
      { rateLimit: 0 },
      [RateLimit({ requests: 1, window: 1, burst: 2 }), Bypass(['all', 'x' as 'all'])],
      ['rateLimit', 'SomeController.run @Bypass[1]', 'SomeController.run @RateLimit[0].burst'],
    ],
    [
      'a sliding window, and the limit itself is bad',
      {},
      [RateLimit({ requests: 0, window: 1, burst: 2 }), Throttle({ default: { limit: 0, ttl: 1 } })],
      [
        'SomeController.run @RateLimit[0].requests',
        'SomeController.run @RateLimit[0].burst',
        'SomeController.run @Throttle',
      ],
    ],
    [
      'a token bucket, and another field is bad',
      { rateLimitAlgorithm: 'token-bucket', rateLimit: 0 },
      [RateLimit({ requests: 1, window: 1, burst: 2 })],
      ['rateLimit'],
    ],
    [
      'nothing that could be told',
      { rateLimitAlgorithm: 'leaky-bucket' },
      [RateLimit({ requests: 1, window: 1, burst: 2 }), Throttle({ default: { limit: 0, ttl: 1 } })],
      ['rateLimitAlgorithm', 'SomeController.run @Throttle'],
    ],
    [
      'a token bucket under a misspelt name',
      { rateLimitAlgoritm: 'token-bucket' },
      [RateLimit({ requests: 1, window: 1, burst: 2 })],
      ['rateLimitAlgoritm'],
    ],
    [
      'no configuration',
      null as never,
      [RateLimit({ requests: 1, window: 1, burst: 2 }), Bypass([])],
      ['config', 'SomeController.run @Bypass'],
    ],
  ])('judges what depends on the configuration by what is sound of it: %s', async (_, config, decorators, paths) => {
    const imports = [GuardModule.forRoot(config)];
    expect(pathsOf(await startError(startApp(platform, { imports, controllers: [decorated(...decorators)] })))).toEqual(
      paths,
    );
  });

  it('survives arguments of a shape that no rule has thought of', async () => {
    const Odd = policyDecorator(() => ({ rateLimit: 5, honeypotDetection: null }) as never);
    const error = await startError(startApp(platform, { config: { rateLimit: 0 }, controllers: [decorated(Odd())] }));
    expect(pathsOf(error)).toEqual([
      'rateLimit',
      'SomeController.run @HoneypotDetection',
      'SomeController.run @RateLimit',
    ]);
  });

  it('tells in one list which classes Nest cannot provide, and where they are named', async () => {
    class Missing {
      validate() {
        return true;
      }

      verify() {
        return true;
      }

      constructor(@Inject('nothing') readonly nothing: unknown) {}
    }

    @Controller('accounts')
    @RequireAuth('bearer', { verify: Missing })
    class AccountsController {
      @Get()
      @CustomValidation(Missing)
      list() {
        return [];
      }

      @Get(':id')
      @ApiKeyAuth({ headerName: 'X-API-Key', verify: Missing })
      one() {
        return 1;
      }
    }
    const starting = (config: GuardConfigInput) =>
      startError(startApp(platform, { config, controllers: [AccountsController] }));
    const ofDecorators = [
      'AccountsController @RequireAuth.verify',
      'AccountsController.list @CustomValidation',
      'AccountsController.one @ApiKeyAuth.verify',
    ];
    const error = await starting({});
    expect(pathsOf(error)).toEqual(ofDecorators);
    expect(error.code).toBe('GUARD_DECORATOR_INVALID');
    const both = await starting({ customRequestCheck: Missing });
    expect(pathsOf(both)).toEqual(['customRequestCheck', ...ofDecorators]);
    expect(both.code).toBe('GUARD_CONFIG_INVALID');
  });

  it('does not run a handler that was found late, and whose decorators are wrong', async () => {
    @Injectable()
    class Jobs {
      @Bypass(['rate_limits' as 'rate_limit'])
      run() {
        return 'done';
      }
    }
    const app = await startApp(platform, { config: {}, providers: [Jobs] });
    const jobs = app.app.get(Jobs);
    const run = app.app.get(ExternalContextCreator).create(jobs, jobs.run, 'run');
    const problems = [{ path: 'Jobs.run @Bypass[0]' }];
    await expect(run()).rejects.toMatchObject({ code: 'GUARD_DECORATOR_INVALID', problems });
    await expect(run()).rejects.toMatchObject({ code: 'GUARD_DECORATOR_INVALID', problems });
    await app.close();
  });

  it('names the Redis that is required, without its password, and why it cannot be used', async () => {
    const port = await freePort();
    const config = { redisUrl: `redis://guard:${SECRET}@127.0.0.1:${port}/3`, redisRequired: true };
    const error: unknown = await startApp(platform, { config, controllers: [decorated()] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(RedisRequiredError);
    expect(error).toMatchObject({
      name: 'RedisRequiredError',
      code: 'GUARD_REDIS_REQUIRED',
      redis: `redis://127.0.0.1:${port}/3`,
      reason: 'connection refused (ECONNREFUSED)',
      message: expect.stringContaining(`redis://127.0.0.1:${port}/3: connection refused (ECONNREFUSED)`),
    });
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
  });
});

describe.each(PLATFORMS)('a change at run time on %s', (platform) => {
  @Controller()
  class BurstController {
    @Get('a')
    @RateLimit({ requests: 1, window: 60, burst: 2 })
    a() {
      return 'ok';
    }

    @Get('b')
    @RateLimit({ requests: 1, window: 60, burst: 3 })
    b() {
      return 'ok';
    }
  }

  it('that decorators cannot bear is rejected with all of them, and changes nothing', async () => {
    const app = await startApp(platform, {
      config: { rateLimitAlgorithm: 'token-bucket' },
      controllers: [BurstController],
    });
    const update = app.app.get(GuardControl).updateConfig({ rateLimitAlgorithm: 'sliding-window', rateLimit: 7 });
    await expect(update).rejects.toMatchObject({
      code: 'GUARD_DECORATOR_INVALID',
      problems: [{ path: 'BurstController.a @RateLimit[0].burst' }, { path: 'BurstController.b @RateLimit[0].burst' }],
    });
    expect(app.app.get(GuardConfig)).toMatchObject({ rateLimitAlgorithm: 'token-bucket', rateLimit: 100 });
    const statuses = [await app.get('/a'), await app.get('/a'), await app.get('/a')].map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 429]);
    await app.close();
  });
});
