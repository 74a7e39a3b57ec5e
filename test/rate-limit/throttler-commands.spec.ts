import { ResilientStateStore, StateThrottlerStorage } from 'nestapi-guard';
import { RedisServer } from '../support/redis-server';

describe('StateThrottlerStorage on Redis', () => {
  let redis: RedisServer;
  let stores: ResilientStateStore[];
  let storages: StateThrottlerStorage[];
  const scripts = async (): Promise<number> =>
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.admin().info('commandstats'))?.[1] ?? 0);
  const hits = (storage: StateThrottlerStorage, count: number, key: string, blockDuration: number) =>
    Promise.all(Array.from({ length: count }, () => storage.increment(key, 60_000, 10, blockDuration, 'default')));

  beforeAll(async () => {
    redis = await RedisServer.start();
    stores = [1, 2].map(() => new ResilientStateStore({ redis: redis.url, commandTimeoutMs: 2_000 }));
    await Promise.all(stores.map((store) => store.start()));
    storages = stores.map((store) => new StateThrottlerStorage(store));
  });
  afterAll(async () => {
    for (const store of stores) store.close();
    await redis.stop();
  });

  it.each([
    ['until there is room', 0],
    ['for a time', 30_000],
  ])('sends no command for a client that is known to be refused %s', async (name, blockDuration) => {
    const [storage] = storages;
    const first = await hits(storage!, 25, name, blockDuration);
    expect(first.filter(({ isBlocked }) => !isBlocked)).toHaveLength(10);
    const before = await scripts();
    const again = await hits(storage!, 1_000, name, blockDuration);
    expect(await scripts()).toBe(before);
    expect(again.every(({ isBlocked, totalHits }) => isBlocked && totalHits === 11)).toBe(true);
    expect(again[999]!.timeToBlockExpire).toBe(blockDuration === 0 ? 60 : 30);
  });

  it('keeps a client out on every instance', async () => {
    const [storage, other] = storages;
    await hits(storage!, 11, 'everywhere', 30_000);
    expect(await hits(other!, 1, 'everywhere', 30_000)).toEqual([
      { totalHits: 11, timeToExpire: 30, isBlocked: true, timeToBlockExpire: 30 },
    ]);
  });

  it('counts anew when the time is over', async () => {
    const [storage] = storages;
    await hits(storage!, 11, 'anew', 100);
    await new Promise((resolve) => setTimeout(resolve, 105));
    const records = await hits(storage!, 11, 'anew', 100);
    expect(records.filter(({ isBlocked }) => !isBlocked)).toHaveLength(10);
  });

  it('admits exactly the limit over both', async () => {
    const records = await Promise.all(storages.map((storage) => hits(storage, 200, 'both', 30_000)));
    expect(records.flat().filter(({ isBlocked }) => !isBlocked)).toHaveLength(10);
  });
});
