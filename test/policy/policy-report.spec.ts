import { All, Controller, Get } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Bypass,
  GuardControl,
  type GuardConfigInput,
  GuardModule,
  RateLimit,
  RequireHttps,
  RequireIp,
  type RoutePolicyReport,
  type RouteProtection,
  UsageMonitor,
} from 'nestapi-guard';

@Controller()
class ShopController {
  @Get('plain')
  plain() {}

  @All('any')
  any() {}

  @Get(['here', 'there'])
  here() {}

  @Get('anybody')
  @RequireIp({ whitelist: [] })
  anybody() {}

  @Get('internal')
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  internal() {}

  @Get('encrypted')
  @RequireHttps()
  encrypted() {}

  @Get('watched')
  @UsageMonitor({ maxCalls: 50, window: 3600, action: 'ban' })
  watched() {}

  // Defers the checks of the door to the guards, of every route.
  @Get('spared')
  @Bypass(['ip', 'ip_ban', 'https', 'emergency'])
  spared() {}
}

@Controller('limited')
@RateLimit({ requests: 3, window: 60 })
class LimitedController {
  @Get()
  list() {}

  @Get('like-default')
  @RateLimit({ requests: 100, window: 60 })
  likeDefault() {}
}

const BARE: GuardConfigInput = { enableRateLimiting: false, enablePenetrationDetection: false };
const DOOR: GuardConfigInput = { ...BARE, blacklist: ['203.0.113.1'], enforceHttps: true, emergencyMode: true };

async function reportOf(route: string, config: GuardConfigInput): Promise<RoutePolicyReport | undefined> {
  const builder = Test.createTestingModule({
    imports: [GuardModule.forRoot(config)],
    controllers: [ShopController, LimitedController],
  });
  const module = await builder.compile();
  try {
    const policies = module.get(GuardControl).policies();
    return policies.find((policy) => policy.route === route);
  } finally {
    await module.close();
  }
}

describe('the protection of a route', () => {
  it.each<[what: string, route: string, config: GuardConfigInput, protection: RouteProtection]>([
    ['by default', 'GET /plain', {}, 'protected'],
    ['with all checks off', 'GET /plain', { checkModes: { rate_limit: 'off', penetration: 'off' } }, 'unprotected'],
    ['with one check left', 'GET /plain', { checkModes: { rate_limit: 'off' } }, 'protected'],
    ['by what only reports', 'GET /plain', { checkModes: { rate_limit: 'dry-run', penetration: 'off' } }, 'rehearsed'],
    ['by one of two that only report', 'GET /plain', { checkModes: { rate_limit: 'dry-run' } }, 'protected'],
    ['in passive mode', 'GET /plain', { passiveMode: true }, 'rehearsed'],
    ['on an excluded path', 'GET /plain', { excludePaths: ['/plain'] }, 'unprotected'],
    ['by the door alone', 'GET /plain', DOOR, 'unprotected'],
    ['by the door alone, some of which it is spared', 'GET /spared', DOOR, 'unprotected'],
    ['by @RequireIp', 'GET /internal', BARE, 'protected'],
    ['by @RequireIp of nobody', 'GET /anybody', BARE, 'unprotected'],
    ['by @RequireHttps alone', 'GET /encrypted', BARE, 'unprotected'],
    ['by a monitor alone', 'GET /watched', BARE, 'unprotected'],
  ])('%s: %s', async (_, route, config, protection) => {
    expect((await reportOf(route, config))?.protection).toBe(protection);
  });
});

describe('where the rules of a route come from', () => {
  it.each<[what: string, route: string, config: GuardConfigInput, rules: string[]]>([
    ['nowhere', 'GET /plain', {}, ['rateLimit default']],
    ['a field of the configuration', 'GET /plain', { rateLimit: 7 }, ['rateLimit config']],
    ['a field that is like its default', 'GET /plain', { rateLimit: 100 }, ['rateLimit default']],
    ['a path of the configuration', 'GET /plain', { endpointRateLimits: { '/plain': [7, 60] } }, ['rateLimit config']],
    ['a path that is not the route', 'GET /plain', { endpointRateLimits: { '/p': [7, 60] } }, ['rateLimit default']],
    [
      'a field without a default',
      'GET /plain',
      { blockedUserAgents: ['curl'] },
      ['blockUserAgents config', 'rateLimit default'],
    ],
    ['the class', 'GET /limited', {}, ['rateLimit class']],
    ['a method that says what the default is', 'GET /limited/like-default', {}, ['rateLimit method']],
    ['the method', 'GET /internal', BARE, ['requireIp method']],
  ])('%s: %s', async (_, route, config, rules) => {
    const report = await reportOf(route, config);
    expect(report?.rules.map(({ field, source }) => `${field} ${source}`)).toEqual(rules);
  });

  it.each<[route: string, endpointRateLimits: NonNullable<GuardConfigInput['endpointRateLimits']>, limits: object[]]>([
    ['ALL /any', { '/any': [7, 60] }, [{ requests: 7, window: 60 }]],
    [
      'ALL /any',
      { 'GET /any': [7, 60], '/any': [8, 60] },
      [
        { name: 'GET /any', requests: 7, window: 60 },
        { name: '/any', requests: 8, window: 60 },
      ],
    ],
    [
      'ALL /any',
      { 'GET /any': [7, 60] },
      [
        { name: 'GET /any', requests: 7, window: 60 },
        { requests: 100, window: 60 },
      ],
    ],
    [
      'GET /here|/there',
      { 'GET /there': [7, 60] },
      [
        { requests: 100, window: 60 },
        { name: 'GET /there', requests: 7, window: 60 },
      ],
    ],
  ])('tells the limits of %s with %j', async (route, endpointRateLimits, limits) => {
    const report = await reportOf(route, { endpointRateLimits });
    expect(report?.rules).toEqual([{ field: 'rateLimit', source: 'config', value: limits }]);
  });

  it('follows changes of the configuration', async () => {
    const builder = Test.createTestingModule({ imports: [GuardModule.forRoot()], controllers: [ShopController] });
    const module = await builder.compile();
    const control = module.get(GuardControl);
    const source = () => control.policies().find(({ route }) => route === 'GET /plain')?.rules[0]?.source;
    await control.updateConfig({ rateLimit: 7 });
    expect(source()).toBe('config');
    await control.updateConfig({ rateLimit: 100 });
    expect(source()).toBe('default');
    await module.close();
  });
});
