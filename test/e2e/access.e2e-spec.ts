import { type ArgumentsHost, Catch, Controller, type ExceptionFilter, Get } from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { BlockUserAgents, Bypass, GuardControl, type GuardConfigInput, GuardException, RequireIp } from 'nestapi-guard';
import { PLATFORMS, type RequestOptions, type RunningApp, startApp } from '../support/platforms';

@Controller()
class PlainController {
  @Get('open')
  open() {
    return 'open';
  }

  @Get('static/logo')
  logo() {
    return 'logo';
  }

  @Get('staticadmin')
  staticAdmin() {
    return 'admin';
  }

  @Get('office')
  @RequireIp({ whitelist: ['10.0.0.0/8', '2001:db8::/32'], blacklist: ['10.66.0.0/16'] })
  office() {
    return 'office';
  }

  @Get('not-them')
  @RequireIp({ blacklist: ['192.0.2.66'] })
  notThem() {
    return 'ok';
  }

  @Get('browsers')
  @BlockUserAgents(['curl', /^python-requests\//, ''])
  browsers() {
    return 'page';
  }

  @Get('health')
  @Bypass(['ip', 'user_agent', 'emergency'])
  health() {
    return 'up';
  }

  @Get('bypass-all')
  @Bypass(['all'])
  bypassAll() {
    return 'all';
  }
}

@Controller('strict')
@RequireIp({ whitelist: ['10.0.0.0/8'] })
@BlockUserAgents(['curl'])
class StrictController {
  @Get()
  inherited() {
    return 'strict';
  }

  @Get('own')
  @RequireIp({ whitelist: ['192.0.2.0/24'] })
  own() {
    return 'own';
  }
}

/** A base class's rules hold for the classes that extend it, whatever those add. */
@RequireIp({ whitelist: ['10.0.0.0/8'] })
class InternalController {}

@Controller('derived')
@BlockUserAgents(['curl'])
class DerivedController extends InternalController {
  @Get()
  derived() {
    return 'derived';
  }
}

type Case = [what: string, path: string, request: RequestOptions, status: number];

const agent = (userAgent: string, from?: string): RequestOptions => ({ headers: { 'user-agent': userAgent }, from });

const SCENARIOS: [string, GuardConfigInput, Case[]][] = [
  [
    'blacklist',
    { blacklist: ['192.0.2.66', '2001:db8:bad::/48'] },
    [
      ['an address of it', '/open', { from: '192.0.2.66' }, 403],
      ['its IPv4-mapped form', '/open', { from: '::ffff:192.0.2.66' }, 403],
      ['a network of it', '/open', { from: '2001:db8:bad::1' }, 403],
      ['another address', '/open', { from: '192.0.2.67' }, 200],
      ['a route with rules of its own', '/office', { from: '192.0.2.66' }, 403],
      ['a route that bypasses address rules', '/health', { from: '192.0.2.66' }, 200],
      ['a route that bypasses everything', '/bypass-all', { from: '192.0.2.66' }, 200],
      ['an unknown path', '/nothing', { from: '192.0.2.66' }, 403],
    ],
  ],
  [
    'whitelist',
    { whitelist: ['10.0.0.0/8', '192.0.2.66'], blacklist: ['10.1.0.0/16'], blockedUserAgents: ['curl'] },
    [
      ['a member', '/open', { from: '10.2.0.1' }, 200],
      ['anyone else', '/open', { from: '192.0.2.1' }, 403],
      ['a member that the blacklist has, too', '/open', { from: '10.1.0.1' }, 403],
      ['a member with a blocked agent: members are trusted', '/open', agent('curl/8', '10.2.0.1'), 200],
      ['anyone else on a route that bypasses address rules', '/health', { from: '192.0.2.1' }, 200],
      ['a member outside the rule of the route', '/office', { from: '192.0.2.66' }, 403],
    ],
  ],
  ['an empty whitelist', { whitelist: [] }, [['anyone', '/open', { from: '192.0.2.1' }, 200]]],
  [
    'exemptIps',
    { exemptIps: ['192.0.2.7'], blockedUserAgents: ['curl'] },
    [
      ['an exempt client with a blocked agent', '/open', agent('curl/8', '192.0.2.7'), 200],
      ['anyone else', '/open', { from: '192.0.2.1' }, 200],
      ['anyone else with a blocked agent', '/open', agent('curl/8', '192.0.2.1'), 403],
    ],
  ],
  [
    '@RequireIp',
    {},
    [
      ['a member', '/office', { from: '10.0.0.1' }, 200],
      ['an IPv6 member', '/office', { from: '2001:db8::1' }, 200],
      ['a member that its blacklist has, too', '/office', { from: '10.66.0.1' }, 403],
      ['anyone else', '/office', { from: '192.0.2.1' }, 403],
      ['a route with a blacklist only', '/not-them', { from: '192.0.2.66' }, 403],
      ['others there', '/not-them', { from: '192.0.2.1' }, 200],
      ['the rule of the class', '/strict', { from: '192.0.2.1' }, 403],
      ['a member of it', '/strict', { from: '10.0.0.1' }, 200],
      ['the rule of the method, which replaces it', '/strict/own', { from: '192.0.2.1' }, 200],
      ['a client of the class only', '/strict/own', { from: '10.0.0.1' }, 403],
      ['the rule of a base class', '/derived', { from: '192.0.2.1' }, 403],
      ['the rule that the derived class adds', '/derived', agent('curl/8', '10.0.0.1'), 403],
      ['a client that meets both', '/derived', { from: '10.0.0.1' }, 200],
    ],
  ],
  [
    'blockedUserAgents',
    { blockedUserAgents: ['SQLmap', /^bad-bot\/\d+$/] },
    [
      ['a substring in another case', '/open', agent('xx sqlMAP/1.7 xx'), 403],
      ['a regular expression', '/open', agent('bad-bot/12'), 403],
      ['one that it does not match', '/open', agent('bad-bot/x'), 200],
      ['no agent', '/open', {}, 200],
      ['an unknown path', '/nothing', agent('sqlmap'), 403],
      ['a route with patterns of its own', '/browsers', agent('sqlmap'), 200],
      ['a route that bypasses the check', '/health', agent('sqlmap'), 200],
      ['an agent beyond the part that is looked at', '/open', agent(`${'x'.repeat(2100)} sqlmap`), 200],
    ],
  ],
  [
    '@BlockUserAgents',
    {},
    [
      ['a substring', '/browsers', agent('Curl/8.1'), 403],
      ['a regular expression', '/browsers', agent('python-requests/2'), 403],
      ['a missing agent', '/browsers', {}, 403],
      ['any other', '/browsers', agent('Mozilla/5.0'), 200],
      ['a route without the rule', '/open', agent('curl/8'), 200],
      ['the rule of the class', '/strict', agent('curl/8', '10.0.0.1'), 403],
    ],
  ],
  [
    'emergencyMode',
    { emergencyMode: true, emergencyWhitelist: ['192.0.2.10', '198.51.100.0/24'] },
    [
      ['anyone', '/open', { from: '192.0.2.1' }, 503],
      ['an address of emergencyWhitelist', '/open', { from: '192.0.2.10' }, 200],
      ['a network of emergencyWhitelist', '/open', { from: '198.51.100.7' }, 200],
      ['an unknown path', '/nothing', { from: '192.0.2.1' }, 503],
      ['an excluded path', '/static/logo', { from: '192.0.2.1' }, 503],
      ['a route that bypasses it by name', '/health', { from: '192.0.2.1' }, 200],
      ['a route that bypasses all the rest', '/bypass-all', { from: '192.0.2.1' }, 503],
    ],
  ],
  [
    'excludePaths',
    { blacklist: ['192.0.2.66'], blockedUserAgents: ['curl'] },
    [
      ['a path below an excluded one', '/static/logo', { from: '192.0.2.66' }, 200],
      ['the same with a query', '/static/logo?v=1', { from: '192.0.2.66' }, 200],
      ['the same with a blocked agent', '/static/logo', agent('curl'), 200],
      ['a path that only begins alike', '/staticadmin', { from: '192.0.2.66' }, 403],
      ['another case', '/STATIC/logo', { from: '192.0.2.66' }, 403],
      ['an escape', '/static/%6cogo', { from: '192.0.2.66' }, 403],
      ['a dot segment', '/static/../open', { from: '192.0.2.66' }, 403],
      ['a double slash', '//static/logo', { from: '192.0.2.66' }, 403],
    ],
  ],
  [
    'excludePaths of one’s own',
    { excludePaths: ['/open'], blacklist: ['192.0.2.66'] },
    [
      ['the excluded path', '/open', { from: '192.0.2.66' }, 200],
      ['a default that is not among them', '/static/logo', { from: '192.0.2.66' }, 403],
    ],
  ],
  [
    'passiveMode',
    { passiveMode: true, blacklist: ['192.0.2.66'], blockedUserAgents: ['curl'], emergencyMode: true },
    [
      ['what the door would refuse', '/open', { from: '192.0.2.66' }, 200],
      ['what a guard would refuse', '/office', agent('curl', '192.0.2.1'), 200],
    ],
  ],
  [
    'checkModes',
    { checkModes: { ip: 'dry-run', user_agent: 'off' }, blacklist: ['192.0.2.66'], blockedUserAgents: ['curl'] },
    [
      ['a check in dry-run', '/open', { from: '192.0.2.66' }, 200],
      ['a rule of a route with the same check', '/office', { from: '192.0.2.1' }, 200],
      ['a check that is off', '/open', agent('curl'), 200],
    ],
  ],
];

describe.each(PLATFORMS)('access rules on %s', (platform) => {
  const controllers = [PlainController, StrictController, DerivedController];

  describe.each(SCENARIOS)('%s', (_, config, cases) => {
    let app: RunningApp;
    beforeAll(async () => {
      app = await startApp(platform, { controllers, config: { trustedProxies: ['loopback'], ...config } });
    });
    afterAll(() => app.close());

    it.each(cases)('%s at %s', async (_what, path, request, status) => {
      expect((await app.get(path, request)).status).toBe(status);
    });
  });

  it('switches emergency mode at run time', async () => {
    const app = await startApp(platform, { controllers, config: { trustedProxies: ['loopback'] } });
    const control = app.app.get(GuardControl);
    expect((await app.get('/open')).status).toBe(200);

    await control.setEmergencyMode(true, ['192.0.2.10']);
    const refused = await app.get('/open');
    expect(refused.status).toBe(503);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.headers['cache-control']).toBe('no-store');
    expect((await app.get('/open', { from: '192.0.2.10' })).status).toBe(200);

    await control.setEmergencyMode(false);
    expect((await app.get('/open')).status).toBe(200);
    await app.close();
  });

  it('changes configuration at run time, entirely or not at all', async () => {
    const app = await startApp(platform, { controllers, config: { trustedProxies: ['loopback'] } });
    const control = app.app.get(GuardControl);
    await expect(control.updateConfig({ blacklist: ['192.0.2.66'], rateLimit: -1 })).rejects.toThrow('rateLimit');
    expect((await app.get('/open', { from: '192.0.2.66' })).status).toBe(200);

    await control.updateConfig({
      blacklist: ['192.0.2.66'],
      blockedUserAgents: ['curl'],
      securityHeaders: { frameOptions: 'DENY' },
      customErrorResponses: { 403: 'Not you' },
      excludePaths: ['/open'],
    });
    expect((await app.get('/health', { from: '192.0.2.66' })).status).toBe(200);
    expect((await app.get('/open', { from: '192.0.2.66' })).status).toBe(200);
    const refused = await app.get('/staticadmin', { from: '192.0.2.66' });
    expect(refused.json()).toMatchObject({ statusCode: 403, message: 'Not you' });
    expect(refused.headers['x-frame-options']).toBe('DENY');
    expect((await app.get('/staticadmin', agent('curl'))).status).toBe(403);
    await app.close();
  });

  it('answers with customErrorResponses', async () => {
    const customErrorResponses = { 403: { error: 'go_away' }, 503: 'Back at noon' };
    const config = { trustedProxies: ['loopback'], blacklist: ['192.0.2.66'], customErrorResponses };
    const app = await startApp(platform, { controllers, config });
    expect((await app.get('/open', { from: '192.0.2.66' })).json()).toEqual({ error: 'go_away' });
    expect((await app.get('/office', { from: '192.0.2.1' })).json()).toEqual({ error: 'go_away' });
    await app.app.get(GuardControl).setEmergencyMode(true);
    expect((await app.get('/open')).json()).toEqual({
      statusCode: 503,
      message: 'Back at noon',
      error: 'Service Unavailable',
      code: 'GUARD_EMERGENCY',
    });
    await app.close();
  });

  it('lets the exception filters of the application shape refusals, those of the door included', async () => {
    @Catch(GuardException)
    class RefusalFilter implements ExceptionFilter<GuardException> {
      constructor(private readonly host: HttpAdapterHost) {}
      catch(exception: GuardException, host: ArgumentsHost) {
        const { check, reason } = exception.refusal;
        this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { check, reason }, exception.getStatus());
      }
    }
    const filter = {
      provide: APP_FILTER,
      inject: [HttpAdapterHost],
      useFactory: (host: HttpAdapterHost) => new RefusalFilter(host),
    };
    const config = { trustedProxies: ['loopback'], blacklist: ['192.0.2.66'] };
    const app = await startApp(platform, { controllers, config, providers: [filter] });
    for (const path of ['/open', '/nothing', '/%zz']) {
      const refused = await app.get(path, { from: '192.0.2.66' });
      expect([refused.status, refused.json()]).toEqual([403, { check: 'ip', reason: 'in blacklist' }]);
    }
    expect((await app.get('/office')).json()).toEqual({ check: 'ip', reason: 'not in whitelist' });
    await app.close();
  });
});
