import { Test } from '@nestjs/testing';
import { BanService, GuardModule } from 'nestapi-guard';
import { MONOTONIC_CLOCK } from '../../lib/state/monotonic-clock';
import { TestClock } from '../support/test-clock';

const address = (n: number) => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;

describe('many bans', () => {
  const clock = new TestClock();

  it('holds 100,000 at once, frees those that ended, and evicts nobody who is banned', async () => {
    const module = await Test.createTestingModule({ imports: [GuardModule.forRoot({})] })
      .overrideProvider(MONOTONIC_CLOCK)
      .useValue(clock.read)
      .setLogger({ log: () => undefined, warn: () => undefined, error: () => undefined })
      .compile();
    await module.init();
    const bans = module.get(BanService);
    for (let n = 0; n < 200_000; n++) await bans.ban(address(n), { duration: n < 100_000 ? 60 : 600 });
    expect(bans.list()).toHaveLength(200_000);
    expect([bans.isBanned(address(0)), bans.isBanned(address(199_999))]).toEqual([true, true]);
    expect(await bans.ban('192.0.2.1')).toBe(false);
    expect(bans.isBanned(address(0))).toBe(true);
    clock.advance(60_000);
    expect(await bans.ban('192.0.2.1')).toBe(true);
    expect(bans.list()).toHaveLength(100_001);
    await bans.clear();
    expect(bans.list()).toEqual([]);
    await module.close();
  }, 60_000);
});
