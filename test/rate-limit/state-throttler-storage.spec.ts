import { MemoryStateStore, StateThrottlerStorage } from 'nestapi-guard';
import { TestClock } from '../support/test-clock';

describe('StateThrottlerStorage', () => {
  let clock: TestClock;
  let storage: StateThrottlerStorage;
  const increment = (limit: number, blockDuration: number, key = 'key', name = 'default') =>
    storage.increment(key, 10_000, limit, blockDuration, name);
  const inRow = async (count: number, ...args: Parameters<typeof increment>) => {
    const records: Awaited<ReturnType<typeof increment>>[] = [];
    for (let hit = 0; hit < count; hit++) records.push(await increment(...args));
    return records;
  };

  beforeEach(() => {
    clock = new TestClock();
    storage = new StateThrottlerStorage(new MemoryStateStore({ clock: clock.read }));
  });

  it('takes milliseconds and answers whole seconds', async () => {
    expect(await increment(2, 5_000)).toEqual({
      totalHits: 1,
      timeToExpire: 10,
      isBlocked: false,
      timeToBlockExpire: 0,
    });
    clock.advance(500);
    expect(await increment(2, 5_000)).toMatchObject({ totalHits: 2, isBlocked: false });
    expect(await increment(2, 4_500)).toEqual({ totalHits: 3, timeToExpire: 5, isBlocked: true, timeToBlockExpire: 5 });
  });

  it('blocks for the block duration, whether asked meanwhile or not, and counts anew after it', async () => {
    await inRow(3, 2, 30_000);
    clock.advance(29_999);
    expect(await increment(2, 30_000)).toMatchObject({ isBlocked: true, timeToBlockExpire: 1, totalHits: 3 });
    clock.advance(1);
    expect((await inRow(3, 2, 30_000)).map(({ isBlocked }) => isBlocked)).toEqual([false, false, true]);
  });

  it('rolls its window', async () => {
    await increment(2, 10_000);
    clock.advance(6_000);
    await increment(2, 10_000);
    clock.advance(4_000);
    expect(await increment(2, 10_000)).toMatchObject({ totalHits: 2, isBlocked: false });
  });

  it('without a block duration refuses until there is room, and does not count what it refuses', async () => {
    await increment(2, 0);
    clock.advance(4_000);
    const [, refused, again] = await inRow(3, 2, 0);
    expect(refused).toEqual({ totalHits: 3, timeToExpire: 10, isBlocked: true, timeToBlockExpire: 6 });
    expect(again).toEqual(refused);
    clock.advance(6_000);
    expect(await increment(2, 0)).toMatchObject({ totalHits: 2, isBlocked: false, timeToBlockExpire: 0 });
  });

  it('blocks at once with a limit of zero', async () => {
    expect(await increment(0, 5_000)).toMatchObject({ totalHits: 1, isBlocked: true, timeToBlockExpire: 5 });
  });

  it('keeps keys and names apart', async () => {
    await inRow(2, 1, 10_000);
    expect(await increment(1, 10_000, 'other')).toMatchObject({ totalHits: 1 });
    expect(await increment(1, 10_000, 'key', 'long')).toMatchObject({ totalHits: 1 });
  });
});
