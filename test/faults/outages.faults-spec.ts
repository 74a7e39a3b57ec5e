import { setTimeout as delay } from 'node:timers/promises';
import { RedisServer } from '../support/redis-server';
import { until } from '../support/until';
import { rounds } from './profile';
import { endFleet, flood, type Instance, shares, startFleet } from './fleet';
import { AWAY, expectAdded, expectUnharmed, Traffic } from './traffic';

/** The contract: state is shared again so soon after a fault cleared. */
const RECOVERY_MS = 3_000;

describe('three applications whose Redis goes away', () => {
  let redis: RedisServer;
  let fleet: Instance[] = [];
  beforeEach(async () => {
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    expect(await Promise.all(fleet.map((instance) => instance.ask('accidents')))).toEqual(fleet.map(() => 0));
    await endFleet(fleet);
    fleet = [];
    await redis.stop();
  });

  it('F1: it was never there', async () => {
    await redis.kill();
    fleet = await startFleet(3, { redisUrl: redis.url });
    const traffic = new Traffic(fleet);
    for (const instance of fleet) {
      const found = await flood([instance], '/limit/10', { requests: 100, concurrency: 50 });
      expect(found).toEqual({ 200: 10, 429: 90 });
    }
    await expectAdded(fleet, AWAY, rounds(10_000, 2_000));
    const report = await traffic.stop();
    // Three processes that know nothing of each other: three times the limit, exactly, of what a short run had the time to ask.
    const { 200: admitted = 0, 429: refused = 0 } = report.greedy.statuses;
    expect(admitted).toBe(rounds(300, Math.min(300, admitted + refused)));
    expectUnharmed(report, fleet.length);
    await redis.restart();
    await until(() => shares(fleet), RECOVERY_MS);
  });

  it.each<[string, () => unknown, () => unknown]>([
    ['F2: it is killed, and comes back empty', () => redis.kill(), () => redis.restart()],
    ['F3: it is frozen, and thawed', () => redis.freeze(), () => redis.thaw()],
  ])('%s', async (_name, break_, mend) => {
    fleet = await startFleet(2, { redisUrl: redis.url });
    expect(await shares(fleet)).toBe(true);
    const traffic = new Traffic(fleet);
    await delay(2_000);
    await break_();
    await delay(1_000);
    await expectAdded(fleet, AWAY, rounds(20_000, 2_000));
    expect(await Promise.all(fleet.map((instance) => instance.ask('state')))).toEqual(['degraded', 'degraded']);
    await mend();
    await until(() => shares(fleet), RECOVERY_MS);
    await delay(1_000);
    expectUnharmed(await traffic.stop());
  });

  it('F3: no burst reaches it when it wakes', async () => {
    fleet = await startFleet(2, { redisUrl: redis.url });
    const admin = redis.admin();
    const scripts = async (): Promise<number> =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1] ?? 0);
    await shares(fleet);
    const before = await scripts();
    redis.freeze();
    const found = await flood(fleet, '/wide', { requests: 2_000, concurrency: 20 });
    expect(found).toEqual({ 200: 2_000 });
    redis.thaw();
    // Under way when it stopped: no more than were asked at once, and each is sent once.
    expect((await scripts()) - before).toBeLessThanOrEqual(40);
    await until(() => shares(fleet), RECOVERY_MS);
  });
});
