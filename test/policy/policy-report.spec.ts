import { Controller, Get } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Bypass,
  GuardControl,
  type GuardConfigInput,
  GuardModule,
  RequireHttps,
  RequireIp,
  type RouteProtection,
  UsageMonitor,
} from 'nestapi-guard';

@Controller()
class ShopController {
  @Get('plain')
  plain() {}

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

const BARE: GuardConfigInput = { enableRateLimiting: false, enablePenetrationDetection: false };
const DOOR: GuardConfigInput = { ...BARE, blacklist: ['203.0.113.1'], enforceHttps: true, emergencyMode: true };

async function protectionOf(route: string, config: GuardConfigInput): Promise<RouteProtection | undefined> {
  const builder = Test.createTestingModule({ imports: [GuardModule.forRoot(config)], controllers: [ShopController] });
  const module = await builder.compile();
  try {
    const policies = module.get(GuardControl).policies();
    return policies.find((policy) => policy.route === route)?.protection;
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
    ['by @RequireHttps alone', 'GET /encrypted', BARE, 'unprotected'],
    ['by a monitor alone', 'GET /watched', BARE, 'unprotected'],
  ])('%s: %s', async (_, route, config, protection) => {
    expect(await protectionOf(route, config)).toBe(protection);
  });
});
