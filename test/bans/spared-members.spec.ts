import { Test, type TestingModule } from '@nestjs/testing';
import { BanService, GuardControl, GuardModule, type GuardConfigInput } from 'nestapi-guard';

describe('a ban of a network', () => {
  const opened: TestingModule[] = [];
  const start = async (config: GuardConfigInput) => {
    const module = await Test.createTestingModule({ imports: [GuardModule.forRoot(config)] })
      .setLogger({ log: () => undefined, warn: () => undefined, error: () => undefined })
      .compile();
    await module.init();
    opened.push(module);
    return { bans: module.get(BanService), control: module.get(GuardControl) };
  };
  afterEach(() => Promise.all(opened.splice(0).map((module) => module.close())));

  it.each<[string, GuardConfigInput, network: string, member: string, other: string]>([
    ['exempt', { exemptIps: ['203.0.113.7'] }, '203.0.113.0/24', '203.0.113.7', '203.0.113.8'],
    ['exempt by a network', { exemptIps: ['203.0.113.64/26'] }, '203.0.113.0/24', '203.0.113.100', '203.0.113.128'],
    ['its first address', { exemptIps: ['203.0.113.0'] }, '203.0.113.0/24', '203.0.113.0', '203.0.113.1'],
    ['its last address', { exemptIps: ['203.0.113.255'] }, '203.0.113.0/24', '203.0.113.255', '203.0.113.254'],
    ['on the whitelist', { whitelist: ['203.0.113.7'] }, '203.0.112.0/20', '203.0.113.7', '203.0.112.7'],
    ['a trusted proxy', { trustedProxies: ['10.0.0.9'] }, '10.0.0.0/8', '10.0.0.9', '10.0.0.8'],
    [
      'on the emergency whitelist',
      { emergencyWhitelist: ['203.0.113.7'] },
      '203.0.113.0/24',
      '203.0.113.7',
      '203.0.113.6',
    ],
    ['loopback', {}, '64.0.0.0/2', '127.0.0.1', '126.0.0.1'],
    [
      'exempt, and of IPv6',
      { exemptIps: ['2001:db8:0:1::/64'] },
      '2001:db8::/32',
      '2001:db8:0:1::5',
      '2001:db8:0:2::5',
    ],
    [
      'exempt, in another spelling',
      { exemptIps: ['203.0.113.7'] },
      '203.0.113.0/24',
      '::ffff:203.0.113.7',
      '203.0.113.8',
    ],
  ])('spares its member that is %s, and nobody else', async (_name, config, network, member, other) => {
    const { bans } = await start(config);
    expect(bans.neverBanned(network)).toBeUndefined();
    expect(await bans.ban(network, { reason: 'scanner' })).toBe(true);
    expect([bans.isBanned(member), bans.find(member)]).toEqual([false, undefined]);
    expect(bans.isBanned(other)).toBe(true);
    expect(bans.find(other)).toMatchObject({ target: network, reason: 'scanner' });
    expect(bans.find(network)).toMatchObject({ target: network });
    expect(await bans.unban(member)).toBe(false);
    expect(bans.count()).toBe(1);
  });

  it('holds for a member from the moment that it is not exempt any more', async () => {
    const { bans, control } = await start({ exemptIps: ['203.0.113.7'] });
    await bans.ban('203.0.113.0/24');
    await control.updateConfig({ exemptIps: [] });
    expect(bans.isBanned('203.0.113.7')).toBe(true);
    await control.updateConfig({ exemptIps: ['203.0.113.7'] });
    expect(bans.isBanned('203.0.113.7')).toBe(false);
  });

  it('cannot be made of networks whose every member is spared', async () => {
    const { bans } = await start({ exemptIps: ['203.0.113.0/24'] });
    expect([await bans.ban('203.0.113.0/24'), await bans.ban('203.0.113.128/25')]).toEqual([false, false]);
    expect(await bans.ban('203.0.112.0/23')).toBe(true);
    expect([bans.isBanned('203.0.113.9'), bans.isBanned('203.0.112.9')]).toEqual([false, true]);
  });
});
