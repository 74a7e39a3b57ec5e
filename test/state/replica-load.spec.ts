import { ResilientStateStore } from '../../lib/state';
import { Replica } from '../../lib/state/replica';
import { storedText } from '../../lib/state/stored-text';
import { RedisServer } from '../support/redis-server';

const MEMBERS = 100_000;
/** What a page of the list and a turn of the event loop may bring: whatever is more would be felt by requests. */
const MOST_AT_ONCE = 1_000;

describe('a replica that starts', () => {
  let redis: RedisServer;
  let store: ResilientStateStore;
  const scripts = async (): Promise<number> =>
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.admin().info('commandstats'))?.[1] ?? 0);

  beforeAll(async () => {
    redis = await RedisServer.start();
    store = new ResilientStateStore({ redis: redis.url, commandTimeoutMs: 5_000 });
    await store.start();
    // One value as the store writes it, and 99,999 like it.
    await store.set('things', 'thing 0', storedText('value'), 600_000);
    await redis.admin().eval(
      `local expiry, text = redis.call('ZSCORE', KEYS[1], 'thing 0'), redis.call('HGET', KEYS[2], 'thing 0')
       for number = 1, ${MEMBERS - 1} do
         redis.call('ZADD', KEYS[1], expiry, 'thing ' .. number)
         redis.call('HSET', KEYS[2], 'thing ' .. number, text)
       end`,
      2,
      'nestapi_guard:{collection:things}:expiries',
      'nestapi_guard:{collection:things}:values',
    );
  });
  afterAll(async () => {
    store.close();
    await redis.stop();
  });

  it('takes 100,000 values in pages and in turns of the event loop', async () => {
    let [held, inThisTurn, mostInATurn, turns] = [0, 0, 0, 0];
    const replica = new Replica({
      store,
      collection: 'things',
      clock: () => performance.now(),
      listener: {
        put: () => {
          held++;
          mostInATurn = Math.max(mostInATurn, ++inThisTurn);
        },
        drop: () => undefined,
      },
    });
    let watching = true;
    const turn = (): void => {
      turns++;
      inThisTurn = 0;
      if (watching) setImmediate(turn);
    };
    turn();
    const before = await scripts();
    await replica.start();
    // On a slow machine the rest comes after the two seconds that a start may take.
    const deadline = performance.now() + 60_000;
    while (held < MEMBERS && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    watching = false;
    expect([held, replica.size]).toEqual([MEMBERS, MEMBERS]);
    expect((await scripts()) - before).toBeGreaterThanOrEqual(MEMBERS / MOST_AT_ONCE);
    expect(mostInATurn).toBeLessThanOrEqual(MOST_AT_ONCE);
    expect(turns).toBeGreaterThanOrEqual(MEMBERS / MOST_AT_ONCE);
    replica.stop();
  });
});
