import { MemoryStateStore, ResilientStateStore, type StoreStatus } from '../../lib/state';
import { StatusBoard } from '../../lib/state/status-board';
import { RedisServer } from '../support/redis-server';
import { becomes } from '../support/store-under-load';
import { TestClock } from '../support/test-clock';
import { until } from '../support/until';

describe('the status of a store', () => {
  it('is told once per change, to whoever listens at the time', () => {
    const board = new StatusBoard('degraded', 'not connected yet');
    const told: string[] = [];
    const note = (name: string) => (status: StoreStatus) => told.push(`${name}: ${status.state} ${status.reason}`);
    const stop = board.listen(note('first'));
    board.write('healthy');
    board.listen(() => {
      throw new Error('a listener of somebody');
    });
    board.listen(note('second'));
    board.write('degraded', 'refused');
    board.write('degraded', 'timed out');
    stop();
    stop();
    board.write('healthy');
    expect(told).toEqual([
      'first: healthy undefined',
      'first: degraded refused',
      'second: degraded refused',
      'second: healthy undefined',
    ]);
  });

  it('has the newest reason, and the time of the last change', () => {
    const board = new StatusBoard('degraded', 'refused');
    const { since } = board.read();
    const later = Date.now() + 5_000;
    jest.spyOn(Date, 'now').mockReturnValue(later);
    board.write('degraded', 'timed out');
    expect(board.read()).toEqual({ state: 'degraded', reason: 'timed out', since });
    board.write('healthy');
    expect(board.read()).toEqual({ state: 'healthy', reason: undefined, since: later });
    jest.restoreAllMocks();
  });

  it('tells a listener that is added twice twice, and each can stop by itself', () => {
    const board = new StatusBoard('healthy');
    let told = 0;
    const listener = (): void => void told++;
    const stops = [board.listen(listener), board.listen(listener)];
    board.write('degraded');
    stops[0]!();
    board.write('healthy');
    expect(told).toBe(3);
  });

  it('of a Redis that goes and comes back is heard by listeners, and no more once they stopped', async () => {
    const redis = await RedisServer.start();
    const store = new ResilientStateStore({ redis: redis.url });
    const told: StoreStatus[] = [];
    const stopped: string[] = [];
    try {
      const stop = store.onStatus(({ state }) => stopped.push(state));
      await store.start();
      store.onStatus((status) => told.push(status));
      stop();
      expect(stopped).toEqual(['healthy']);
      await redis.kill();
      await becomes(store, 'degraded');
      await redis.restart();
      await becomes(store, 'healthy');
      expect(told.map(({ state }) => state)).toEqual(['degraded', 'healthy']);
      expect(told[0]!.reason).toMatch(/./);
      expect(told[1]!.since).toBeGreaterThanOrEqual(told[0]!.since);
      expect(stopped).toEqual(['healthy']);
    } finally {
      store.close();
      await redis.stop();
    }
  });

  it('of memory is healthy and never changes', () => {
    const store = new MemoryStateStore();
    let told = 0;
    store.onStatus(() => told++)();
    expect(store.status()).toMatchObject({ state: 'healthy' });
    expect(told).toBe(0);
    store.close();
  });
});

describe('a lease', () => {
  it('of memory is one at a time, ends by itself, and is given back by nobody else', () => {
    const clock = new TestClock();
    const store = new MemoryStateStore({ clock: clock.read });
    const first = store.acquire('feed', 1_000)!;
    expect([store.acquire('feed', 1_000), typeof store.acquire('other', 1_000)]).toEqual([undefined, 'object']);
    clock.advance(999);
    expect(store.acquire('feed', 1_000)).toBeUndefined();
    clock.advance(1);
    const second = store.acquire('feed', 1_000)!;
    // It ran out, and is somebody else's now.
    void first.release();
    expect(store.acquire('feed', 1_000)).toBeUndefined();
    void second.release();
    void second.release();
    expect(store.acquire('feed', 1_000)).toBeDefined();
    store.close();
  });

  it('of Redis ends by itself, is given back by nobody else, and is had from memory while Redis is away', async () => {
    const redis = await RedisServer.start();
    const [store, other] = [1, 2].map(() => new ResilientStateStore({ redis: redis.url })) as [
      ResilientStateStore,
      ResilientStateStore,
    ];
    try {
      await Promise.all([store.start(), other.start()]);
      const first = await store.acquire('feed', 150);
      expect(await redis.admin().pttl('nestapi_guard:lease:feed')).toBeLessThanOrEqual(150);
      expect(await other.acquire('feed', 60_000)).toBeUndefined();
      let second: Awaited<ReturnType<typeof other.acquire>>;
      await until(async () => (second = await other.acquire('feed', 60_000)) !== undefined);
      await first!.release();
      expect(await store.acquire('feed', 60_000)).toBeUndefined();
      await second!.release();
      expect(await redis.admin().exists('nestapi_guard:lease:feed')).toBe(0);
      await redis.kill();
      await becomes(store, 'degraded');
      const alone = await store.acquire('feed', 60_000);
      expect([alone !== undefined, await store.acquire('feed', 60_000)]).toEqual([true, undefined]);
      await alone!.release();
      expect(await store.acquire('feed', 60_000)).toBeDefined();
    } finally {
      store.close();
      other.close();
      await redis.stop();
    }
  });
});
