import { Controller, Get } from '@nestjs/common';
import { type GuardConfigInput, GuardConfigError, GuardControl, GuardEvents } from 'nestapi-guard';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';

@Controller()
class PlainController {
  @Get()
  get() {
    return 'ok';
  }
}

describe.each(PLATFORMS)('control at run time on %s', (platform) => {
  let app: RunningApp;
  let control: GuardControl;
  const from = '203.0.113.9';
  const status = async (client = from): Promise<number> => (await app.get('/', { from: client })).status;

  beforeEach(async () => {
    app = await startApp(platform, {
      controllers: [PlainController],
      config: { trustedProxies: ['loopback'], emergencyWhitelist: ['192.0.2.1'], blacklist: ['198.51.100.1'] },
    });
    control = app.app.get(GuardControl);
  });
  afterEach(() => app.close());

  it('turns emergency mode on and off', async () => {
    await control.setEmergencyMode(true);
    expect([await status(), await status('192.0.2.1')]).toEqual([503, 200]);
    await control.setEmergencyMode(true, ['203.0.113.0/24']);
    expect([await status(), await status('192.0.2.1')]).toEqual([200, 503]);
    await control.setEmergencyMode(false);
    expect([await status(), await status('192.0.2.1')]).toEqual([200, 200]);
  });

  it('changes the configuration, tells of it, and takes it back', async () => {
    const changed: (readonly string[])[] = [];
    app.app.get(GuardEvents).on('config_changed', ({ fields }) => changed.push(fields));
    await control.updateConfig({ blacklist: [from] });
    expect([await status(), await status('198.51.100.1')]).toEqual([403, 200]);
    await control.updateConfig({ blacklist: undefined, blockedUserAgents: [/evil/] });
    expect([await status(), await status('198.51.100.1')]).toEqual([200, 200]);
    expect((await app.get('/', { from, headers: { 'user-agent': 'evil' } })).status).toBe(403);
    await control.resetConfig();
    expect([await status(), await status('198.51.100.1')]).toEqual([200, 403]);
    expect((await app.get('/', { from, headers: { 'user-agent': 'evil' } })).status).toBe(200);
    expect(changed.slice(0, 2)).toEqual([['blacklist'], ['blacklist', 'blockedUserAgents']]);
  });

  it.each<[string, object, string]>([
    ['a value', { blacklist: [from, 'nonsense'] }, 'blacklist[1]'],
    ['a field', { blacklist: [from], blackList: [from] }, 'blackList'],
    ['a combination', { trustedProxies: [], trustXForwardedProto: true, blacklist: [from] }, 'trustXForwardedProto'],
    ['where the state is', { blacklist: [from], redisPrefix: 'other:' }, 'redisPrefix'],
  ])('changes nothing when %s is rejected', async (_, update, path) => {
    const failure = await control.updateConfig(update as GuardConfigInput).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(GuardConfigError);
    expect((failure as GuardConfigError).problems.map((problem) => problem.path)).toContain(path);
    expect([await status(), await status('198.51.100.1')]).toEqual([200, 403]);
    await expect(control.setEmergencyMode(true, ['nonsense'])).rejects.toThrow(GuardConfigError);
    expect(await status()).toBe(200);
  });
});
