import { type Abstract, Controller, Get, Inject, Injectable, Logger, Module, type Type } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import {
  AccessGuard,
  BehaviorAnalysis,
  BlockClouds,
  BlockCountries,
  BlockUserAgents,
  Bypass,
  type GuardConfigFactory,
  type GuardConfigInput,
  GuardConfig,
  GuardConfigError,
  GuardControl,
  GuardModule,
  GuardPolicy,
  RequireIp,
} from 'nestapi-guard';
import { PLATFORMS, startApp } from '../support/platforms';

@Controller('cats')
class CatsController {
  @Get()
  list() {
    return [];
  }
}

async function bootError(config: GuardConfigInput, controllers: Type[] = [CatsController]): Promise<GuardConfigError> {
  const module = Test.createTestingModule({ imports: [GuardModule.forRoot(config)], controllers });
  return module.compile().then(
    () => Promise.reject(new Error('the application started')),
    (error: GuardConfigError) => error,
  );
}

describe('start-up', () => {
  it.each([
    ['a malformed CIDR', { blacklist: ['10.0.0.0/40'] }, 'blacklist[0]'],
    ['an unknown check', { checkModes: { nonsense: 'off' } }, 'checkModes.nonsense'],
    ['a pattern that backtracks', { blockedUserAgents: [/(a+)+$/] }, 'blockedUserAgents[0]'],
    ['an unknown key', { blockedUserAgent: [] }, 'blockedUserAgent'],
    ['a path that can match nothing', { excludePaths: ['/a/../b'] }, 'excludePaths[0]'],
    ['a header that no answer can have', { securityHeaders: { custom: { 'X A': '1' } } }, 'securityHeaders.custom.X A'],
    ['an answer to a status that is no error', { customErrorResponses: { 200: 'ok' } }, 'customErrorResponses.200'],
    ['a depth of zero', { trustedProxyDepth: 0 }, 'trustedProxyDepth'],
    ['a subnet out of range', { ipv6Subnet: 129 }, 'ipv6Subnet'],
    ['a resolver that is no function', { clientIpResolver: 'x' }, 'clientIpResolver'],
    ['a resolver that answers later', { clientIpResolver: async () => '192.0.2.1' }, 'clientIpResolver'],
  ])('stops at %s', async (_, config, path) => {
    const error = await bootError(config as GuardConfigInput);
    expect(error).toBeInstanceOf(GuardConfigError);
    expect(error.problems.map((problem) => problem.path)).toEqual([path]);
  });

  it.each([[null], [[]], ['text']])('stops at %j in place of a configuration', async (config) => {
    const error = await bootError(config as unknown as GuardConfigInput);
    expect(error.problems).toMatchObject([{ path: 'config', message: 'is not a configuration object' }]);
  });

  it('names the class or handler of a bad decorator argument, all of them at once', async () => {
    @Controller()
    @RequireIp({ whitelist: ['10.0.0.0/8', 'office'] })
    class BadController {
      @Get()
      @BlockUserAgents([/(x+)+y/, 7 as unknown as string])
      @Bypass(['rate_limits' as 'rate_limit'])
      run() {
        return 1;
      }

      @Get('b')
      @RequireIp({ whitelists: [] } as object)
      @BlockUserAgents('curl' as unknown as string[])
      b() {
        return 1;
      }
    }
    const error = await bootError({}, [BadController]);
    expect(error.code).toBe('GUARD_DECORATOR_INVALID');
    expect(error.problems.map(({ path }) => path).sort()).toEqual([
      'BadController @RequireIp.whitelist[1]',
      'BadController.b @BlockUserAgents',
      'BadController.b @RequireIp.whitelists',
      'BadController.run @BlockUserAgents[0]',
      'BadController.run @BlockUserAgents[1]',
      'BadController.run @Bypass[0]',
    ]);
    expect(error.message).toContain('did you mean "rate_limit"?');
  });

  it.each<[decorator: string, apply: MethodDecorator, check: string]>([
    ['@BlockCountries', BlockCountries([]), 'country'],
    ['@BlockClouds', BlockClouds([]), 'clouds'],
    ['@BlockUserAgents', BlockUserAgents([]), 'user_agent'],
    ['@BehaviorAnalysis', BehaviorAnalysis([]), 'behavior'],
    ['@RateLimit', GuardPolicy({ rateLimit: [] }), 'rate_limit'],
    ['@UsageMonitor', GuardPolicy({ usageMonitor: [] }), 'behavior'],
    ['@CustomValidation', GuardPolicy({ customValidation: [] }), 'custom_validation'],
  ])('stops at an empty list of %s, which protects nothing, and says what does', async (decorator, apply, check) => {
    @Controller()
    class EmptyController {
      @Get()
      @apply
      run() {
        return 1;
      }
    }
    const error = await bootError({}, [EmptyController]);
    const fix = `name something, or spare the route with @Bypass(['${check}'])`;
    expect(error.problems).toEqual([
      { path: `EmptyController.run ${decorator}`, value: [], message: `is empty and would protect nothing; ${fix}` },
    ]);
  });

  it('stops at an empty list of @Bypass', async () => {
    @Controller()
    @Bypass([])
    class EmptyController {
      @Get()
      run() {
        return 1;
      }
    }
    const error = await bootError({}, [EmptyController]);
    expect(error.problems).toMatchObject([
      { path: 'EmptyController @Bypass', message: expect.stringMatching(/empty/) },
    ]);
  });

  it('refuses to be imported twice', async () => {
    @Module({ imports: [GuardModule.forRoot()] })
    class FeatureModule {}
    const module = Test.createTestingModule({ imports: [GuardModule.forRoot(), FeatureModule] });
    await expect(module.compile()).rejects.toMatchObject({ code: 'GUARD_MODULE_IMPORTED_TWICE' });
  });

  it('warns of what is accepted and yet has no effect', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation();
    @Injectable()
    class Stray {
      @RequireIp({ whitelist: ['10.0.0.1'] })
      unreachable() {
        return 1;
      }
    }
    @Controller()
    @Bypass(['ip'])
    class OpenController {
      @Get()
      open() {
        return 1;
      }

      @Get('office')
      @RequireIp({ whitelist: [] })
      office() {
        return 1;
      }

      @Get('anywhere')
      @RequireIp({ blacklist: [] })
      anywhere() {
        return 1;
      }

      @Get('listed')
      @RequireIp({ blacklist: ['10.0.0.1'] })
      listed() {
        return 1;
      }
    }
    const module = await Test.createTestingModule({
      imports: [GuardModule.forRoot({ whitelist: [] })],
      providers: [Stray],
      controllers: [OpenController],
    }).compile();
    await module.createNestApplication().init();
    const warnings = warn.mock.calls.map(([line]) => String(line));
    const lines = log.mock.calls.map(([line]) => String(line));
    warn.mockRestore();
    log.mockRestore();
    expect(warnings).toContainEqual(expect.stringMatching(/^GUARD_EMPTY_WHITELIST whitelist /));
    expect(warnings.filter((line) => line.startsWith('GUARD_EMPTY_WHITELIST OpenController'))).toEqual([
      expect.stringMatching(/^GUARD_EMPTY_WHITELIST OpenController.office @RequireIp.whitelist /),
      expect.stringMatching(/^GUARD_EMPTY_WHITELIST OpenController.anywhere @RequireIp /),
    ]);
    expect(warnings).toContainEqual(expect.stringMatching(/^GUARD_DECORATOR_WITHOUT_HANDLER Stray.unreachable /));
    expect(lines).toContain('OpenController.open bypasses ip');
    await module.close();
  });
});

describe('forRootAsync', () => {
  class Settings implements GuardConfigFactory {
    createGuardConfig() {
      return {};
    }
  }
  const useFactory = () => ({});

  it.each([
    [{}, 'needs useFactory, useClass or useExisting'],
    [{ useFactory: undefined }, 'needs useFactory, useClass or useExisting'],
    [{ useFactory, useClass: Settings }, 'is given useFactory and useClass; use only one of'],
    [{ useFactory, useExisting: Settings }, 'is given useFactory and useExisting; use only one of'],
    [{ useClass: Settings, useExisting: Settings }, 'is given useClass and useExisting; use only one of'],
  ])('takes exactly one source of the configuration, not %j', (options, message) => {
    const path = 'GuardModule.forRootAsync';
    expect(() => GuardModule.forRootAsync(options)).toThrow(
      expect.objectContaining({
        constructor: GuardConfigError,
        problems: [{ path, message: expect.stringContaining(message) }],
      }),
    );
  });
});

describe.each(PLATFORMS)('configuration on %s', (platform) => {
  const refusing = { trustedProxies: ['loopback'], blacklist: ['192.0.2.66'] };

  @Injectable()
  class Settings implements GuardConfigFactory {
    createGuardConfig() {
      return refusing;
    }
  }

  @Module({ providers: [Settings], exports: [Settings] })
  class SettingsModule {}

  process.env.TEST_BLACKLIST = '192.0.2.66';
  process.env.TEST_DEPTH = '1';

  it.each([
    ['forRoot', () => GuardModule.forRoot(refusing)],
    ['useFactory', () => GuardModule.forRootAsync({ useFactory: async () => refusing })],
    ['useClass', () => GuardModule.forRootAsync({ useClass: Settings })],
    ['useExisting', () => GuardModule.forRootAsync({ imports: [SettingsModule], useExisting: Settings })],
    [
      '@nestjs/config',
      () =>
        GuardModule.forRootAsync({
          imports: [ConfigModule.forRoot({ ignoreEnvFile: true })],
          inject: [ConfigService],
          useFactory: (env: ConfigService) => ({
            trustedProxies: ['loopback'],
            trustedProxyDepth: env.get('TEST_DEPTH'),
            blacklist: [env.getOrThrow<string>('TEST_BLACKLIST')],
          }),
        }),
    ],
  ])('comes from %s', async (_, guard) => {
    const app = await startApp(platform, { imports: [guard()], controllers: [CatsController] });
    expect((await app.get('/cats', { from: '192.0.2.66' })).status).toBe(403);
    expect((await app.get('/cats', { from: '192.0.2.1' })).status).toBe(200);
    expect(app.app.get(GuardConfig).trustedProxyDepth).toBe(1);
    await app.close();
  });

  it('does not listen when the configuration cannot be made', async () => {
    const guard = GuardModule.forRootAsync({ useFactory: () => Promise.reject(new Error('vault is sealed')) });
    await expect(startApp(platform, { imports: [guard], controllers: [CatsController] })).rejects.toThrow(
      'vault is sealed',
    );
    class Empty {}
    for (const forgotten of [{ useFactory: () => undefined as never }, { useClass: Empty as never }])
      await expect(
        startApp(platform, { imports: [GuardModule.forRootAsync(forgotten)], controllers: [CatsController] }),
      ).rejects.toThrow('config: null is not a configuration object');
  });

  it('leaves placing the guards to the application with registerGuards: false', async () => {
    @Controller('rules')
    class RulesController {
      @Get()
      @RequireIp({ whitelist: ['10.0.0.1'] })
      rules() {
        return 'ok';
      }
    }
    const imports = () => [GuardModule.forRoot({ ...refusing, registerGuards: false })];
    const without = await startApp(platform, { imports: imports(), controllers: [RulesController] });
    expect((await without.get('/rules', { from: '192.0.2.1' })).status).toBe(200);
    expect((await without.get('/rules', { from: '192.0.2.66' })).status).toBe(403);
    await without.close();

    const placed = await startApp(platform, {
      imports: imports(),
      controllers: [RulesController],
      configure: (app) => app.useGlobalGuards(app.get(AccessGuard as Abstract<AccessGuard>)),
    });
    expect((await placed.get('/rules', { from: '192.0.2.1' })).status).toBe(403);
    await placed.close();
  });

  it.each([
    ['every module', {}, true],
    ['the modules that import it, with isGlobal: false', { isGlobal: false }, false],
  ])('gives its services to %s, and protects all', async (_, extras, everywhere) => {
    @Injectable()
    class CatsService {
      constructor(@Inject(GuardControl) readonly control: GuardControl) {}
    }
    @Module({ controllers: [CatsController], providers: [CatsService] })
    class CatsModule {}
    const guard = GuardModule.forRoot({ ...refusing, ...extras });
    const started = startApp(platform, { imports: [guard, CatsModule] });
    if (everywhere) await (await started).close();
    else await expect(started).rejects.toThrow(/GuardControl.* in the CatsModule/s);

    const app = await startApp(platform, { imports: [guard, { module: CatsModule, imports: [guard] }] });
    expect(app.app.get(CatsService, { strict: false }).control).toBe(app.app.get(GuardControl, { strict: false }));
    expect((await app.get('/cats', { from: '192.0.2.66' })).status).toBe(403);
    await app.close();
  });

  it('reports the policy of every route and where each rule comes from', async () => {
    @Controller('reports')
    @RequireIp({ whitelist: ['10.0.0.0/8'] })
    class ReportsController {
      @Get(':id')
      @BlockUserAgents(['curl'])
      one() {
        return 1;
      }

      @Get()
      @Bypass(['user_agent'])
      all() {
        return 1;
      }
    }
    const app = await startApp(platform, {
      controllers: [ReportsController],
      config: { blockedUserAgents: ['sqlmap'] },
    });
    const [one, all] = app.app.get(GuardControl).policies();
    expect(one).toMatchObject({
      handler: 'ReportsController.one',
      kind: 'http',
      route: 'GET /reports/:id',
      bypassed: [],
    });
    expect(one!.checks).toEqual(expect.arrayContaining(['ip', 'user_agent']));
    expect(one!.rules).toEqual(
      expect.arrayContaining([
        { field: 'requireIp', source: 'class', value: { whitelist: ['10.0.0.0/8'] } },
        { field: 'blockUserAgents', source: 'method', value: ['curl'] },
      ]),
    );
    expect(all).toMatchObject({ route: 'GET /reports', bypassed: ['user_agent'] });
    expect(all!.checks).not.toContain('user_agent');
    await app.close();
  });
});
