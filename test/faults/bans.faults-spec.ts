import { setTimeout as delay } from 'node:timers/promises';
import { FaultProxy } from '../support/fault-proxy';
import { RedisServer } from '../support/redis-server';
import { until } from '../support/until';
import { rounds } from './profile';
import { endFleet, type Instance, startFleet } from './fleet';

const addresses = (count: number, net = 10): string[] =>
  Array.from({ length: count }, (_, index) => `${net}.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);

describe('F12: the bans of three applications', () => {
  let redis: RedisServer;
  let proxy: FaultProxy;
  let fleet: Instance[];
  beforeEach(async () => {
    redis = await RedisServer.start();
    proxy = await FaultProxy.start(redis.port);
    const direct = { redisUrl: redis.url };
    const proxied = { redisUrl: `redis://127.0.0.1:${proxy.port}` };
    fleet = await startFleet(3, (index) => (index === 2 ? proxied : direct));
  });
  afterEach(async () => {
    expect(await Promise.all(fleet.map((instance) => instance.ask('accidents')))).toEqual([0, 0, 0]);
    await endFleet(fleet);
    await proxy.stop();
    await redis.stop();
  });
  const all = async (banned: readonly string[], count = banned.length): Promise<boolean> =>
    (await Promise.all(fleet.map((instance) => instance.ask('banned', banned)))).every((found) => found === count);

  it('are everywhere within a second, time after time, and so is their end', async () => {
    const late: string[] = [];
    const told = async (address: string, count: number): Promise<void> =>
      until(() => all([address], count), 1_000).catch(() => void late.push(address));
    for (const address of addresses(rounds(50, 5))) {
      await fleet[0]!.ask('ban', [address]);
      await told(address, 1);
      expect(await Promise.all(fleet.map((instance) => instance.status('/wide', address)))).toEqual([403, 403, 403]);
      await fleet[1]!.ask('unban', [address]);
      await told(address, 0);
    }
    expect(late).toEqual([]);
  });

  it('are many, and an application that starts later has them before it serves', async () => {
    const banned = addresses(rounds(100_000, 10_000));
    expect(await fleet[0]!.ask('ban', banned)).toBe(banned.length);
    await until(async () => (await fleet[1]!.ask('bans')) === banned.length, 60_000);
    const [late] = await startFleet(1, { redisUrl: redis.url });
    fleet.push(late!);
    expect(await late!.ask('banned', banned)).toBe(banned.length);
    expect(await late!.status('/wide', banned.at(-1)!)).toBe(403);
    fleet.pop();
    await late!.end();
  });

  it('survive a flushed Redis and the death of who made them', async () => {
    const banned = addresses(500);
    await fleet[0]!.ask('ban', banned);
    await until(() => all(banned));
    await redis.admin().flushall();
    for (let look = 0; look < rounds(20, 8); look++) {
      expect(await all(banned)).toBe(true);
      await delay(250);
    }
    await fleet[0]!.end();
    const [late] = await startFleet(1, { redisUrl: redis.url });
    fleet[0] = late!;
    expect(await all(banned)).toBe(true);
  });

  it('agree six seconds after a partition of ten, and none ended by mistake', async () => {
    const [kept, ended, here, there] = [addresses(100), addresses(100, 11), addresses(100, 12), addresses(100, 13)];
    await fleet[0]!.ask('ban', [...kept, ...ended]);
    await until(() => all([...kept, ...ended]));
    proxy.set({ kind: 'blackhole' });
    await delay(2_000);
    await fleet[0]!.ask('unban', ended);
    await fleet[0]!.ask('ban', here);
    await fleet[2]!.ask('ban', there);
    for (let look = 0; look < rounds(16, 4); look++) {
      expect(await all(kept)).toBe(true);
      await delay(500);
    }
    proxy.set({ kind: 'none' });
    await until(async () => (await all([...kept, ...here, ...there])) && (await all(ended, 0)), 6_000);
  });
});
