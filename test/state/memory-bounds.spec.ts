import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type LimitTier, MemoryStateStore } from '../../lib/state';
import { HitArena } from '../../lib/state/hit-arena';
import { LimitTable } from '../../lib/state/limit-table';
import { random } from '../support/random';
import { TestClock } from '../support/test-clock';

const tier = (client: string | number, over: Partial<LimitTier> = {}): LimitTier => ({
  client: String(client),
  key: 'route',
  limit: 5,
  windowMs: 60_000,
  algorithm: 'sliding-window',
  ...over,
});

describe('what the memory store keeps', () => {
  const clock = new TestClock();
  const stores: MemoryStateStore[] = [];
  const memory = (over = {}): MemoryStateStore => {
    const store = new MemoryStateStore({ clock: clock.read, ...over });
    stores.push(store);
    return store;
  };
  const held = (store: MemoryStateStore, asked: LimitTier): number =>
    asked.limit - store.peek([asked]).tiers[0]!.remaining;
  afterEach(() => stores.splice(0).forEach((store) => store.close()));

  it('is every one of the promised keys', () => {
    const store = memory({ maxKeys: 200_000 });
    for (let client = 0; client < 200_000; client++) store.consume([tier(client)]);
    let kept = 0;
    for (let client = 0; client < 200_000; client++) kept += held(store, tier(client));
    expect(kept).toBe(200_000);
  });

  it('is bounded, and the least recently used goes first', () => {
    const store = memory({ maxKeys: 500 });
    for (let client = 0; client < 500; client++) store.consume([tier(client)]);
    for (let client = 0; client < 100; client++) store.peek([tier(client)]);
    for (let client = 500; client < 800; client++) store.consume([tier(client)]);
    expect(store.size).toBe(500);
    const lost = Array.from({ length: 800 }, (_, client) => client).filter((client) => held(store, tier(client)) === 0);
    expect(lost).toEqual(Array.from({ length: 300 }, (_, index) => 100 + index));
  });

  it('loses what expired before anything alive', () => {
    const store = memory({ maxKeys: 500 });
    for (let client = 0; client < 250; client++) store.consume([tier(client)]);
    for (let client = 250; client < 500; client++) store.consume([tier(client, { windowMs: 10 })]);
    clock.advance(10);
    for (let client = 500; client < 750; client++) store.consume([tier(client)]);
    for (let client = 0; client < 250; client++) expect(held(store, tier(client))).toBe(1);
  });

  it('includes an offender that keeps coming through a flood of new keys', () => {
    const store = memory({ maxKeys: 100_000 });
    const offender = tier('offender');
    for (let hit = 0; hit < 5; hit++) store.consume([offender]);
    for (let client = 0; client < 500_000; client++) {
      store.consume([tier(client)]);
      if (client % 10_000 === 0 && store.consume([offender]).allowed) throw new Error(`forgotten after ${client}`);
    }
    expect(store.size).toBeLessThan(130_000);
  });

  it('has bounded logs of hits, and the least recently used goes first', () => {
    const store = memory({ maxHitMegabytes: 0.25 });
    const full = (client: number): LimitTier => tier(client, { limit: 100, cost: 100 });
    // A quarter of a megabyte holds 4,096 blocks, eight for a log of 100 hits.
    for (let client = 0; client < 2_000; client++) expect(store.consume([full(client)]).allowed).toBe(true);
    for (let client = 1_900; client < 2_000; client++) expect(store.consume([full(client)]).allowed).toBe(false);
    expect(held(store, { ...full(0), cost: 1 })).toBe(0);
  });

  it('is let go by the sweep when it expired', () => {
    jest.useFakeTimers();
    try {
      const store = memory();
      for (let client = 0; client < 50_000; client++) store.consume([tier(client, { cost: 1 + (client % 5) })]);
      store.set('bans', 'a', '1', 1_000);
      clock.advance(60_000);
      jest.advanceTimersByTime(40_000);
      expect(store.size).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('are values that nothing alive displaces', () => {
    const store = memory({ maxValues: 3 });
    for (const key of ['a', 'b', 'c']) expect(store.set('bans', key, key, key === 'b' ? 10 : 1_000)).toBe(true);
    expect(store.set('bans', 'd', 'd', 1_000)).toBe(false);
    expect(store.set('bans', 'a', 'again', 1_000)).toBe(true);
    expect(store.set('other', 'd', 'd', 1_000)).toBe(true);
    clock.advance(10);
    expect(store.get('bans', 'b')).toBeUndefined();
    expect(store.set('bans', 'd', 'd', 1_000)).toBe(true);
    expect(store.list('bans').map(({ key, value, ttlMs }) => [key, value, ttlMs])).toEqual([
      ['a', 'again', 990],
      ['c', 'c', 990],
      ['d', 'd', 1_000],
    ]);
    expect([store.delete('bans', 'c'), store.delete('bans', 'c')]).toEqual([true, false]);
  });

  it('is at most 100 bytes for a client with one hit, and 100 MB for two million of them', async () => {
    const worker = fork(join(__dirname, 'growth.worker.ts'), [], {
      execArgv: ['--expose-gc', '-r', join(__dirname, '../support/typescript.cjs')],
    });
    const [growth] = (await once(worker, 'message')) as [Record<'perClient' | 'total' | 'afterwards', number>];
    expect(growth.perClient).toBeLessThanOrEqual(100);
    expect(growth.total).toBeLessThanOrEqual(100 * 2 ** 20);
    expect(growth.afterwards).toBeLessThanOrEqual(2 ** 20);
  });
});

describe('leases and messages in memory', () => {
  const clock = new TestClock();
  const store = new MemoryStateStore({ clock: clock.read });
  afterAll(() => store.close());

  it('leases to one at a time, until it is given back or runs out', () => {
    const first = store.acquire('feed', 1_000);
    expect(store.acquire('feed', 1_000)).toBeUndefined();
    clock.advance(1_000);
    const second = store.acquire('feed', 1_000);
    expect(second).toBeDefined();
    void first!.release();
    expect(store.acquire('feed', 1_000)).toBeUndefined();
    void second!.release();
    expect(store.acquire('feed', 1_000)).toBeDefined();
  });

  it('delivers messages at once, whatever one listener does', () => {
    const heard: unknown[] = [];
    store.subscribe('news', {
      message: () => {
        throw new Error('a bad listener');
      },
    });
    const stop = store.subscribe('news', { message: (message, own) => heard.push([message, own]) });
    store.publish('news', { a: 1 });
    store.publish('other', 2);
    stop();
    store.publish('news', 3);
    expect(heard).toEqual([[{ a: 1 }, true]]);
  });
});

describe('the table of limits', () => {
  it('agrees with a map through growth, erasure, expiry and sweeps', () => {
    const next = random(4711);
    const table = new LimitTable(300, 1);
    const model = new Map<number, number>();
    let now = 0;
    for (let step = 0; step < 200_000; step++) {
      now += next(2);
      // Few homes for many keys, so that runs of probes collide and wrap.
      const id = next(400);
      const [lo, hi] = [id % 7, 1 + id];
      const alive = (model.get(id) ?? 0) > now;
      if (table.find(lo, hi, now) !== alive) throw new Error(`step ${step}: key ${id} ${alive ? 'lost' : 'kept'}`);
      if (next(3) === 0 && table.remove(lo, hi, now)) model.delete(id);
      else if (!alive && [...model.values()].filter((until) => until > now).length < 300) {
        const until = now + 1 + next(200);
        table.insert(lo, hi, now);
        table.expire(until);
        model.set(id, until);
      }
      if (next(500) === 0) table.sweep(1, now);
    }
    table.sweep(1, now);
    expect(table.size).toBe([...model.values()].filter((until) => until > now).length);
  });

  it('walks no more than one shard at a time', () => {
    // 32 bytes a slot and 1,024 slots: the longest housekeeping step touches 32 KB however many keys there are.
    const table = new LimitTable(1_000_000, 1);
    const next = random(1);
    for (let key = 0; key < 500_000; key++) {
      table.insert(next(2 ** 31), 1 + next(2 ** 31), 0);
      if (table.words.length > 1_024 * 8) throw new Error('a shard has outgrown its bound');
    }
    expect(table.shardCount).toBeGreaterThan(1_000);
  });
});

describe('the pool of hits', () => {
  it('keeps queues apart, gives everything back and says when it is full', () => {
    const arena = new HitArena(1);
    const queues = Array.from({ length: 20 }, () => {
      const head = arena.allocate();
      return { head, tail: head, stamps: [] as number[] };
    });
    const next = random(5);
    for (let step = 0; step < 20_000; step++) {
      const queue = queues[next(20)]!;
      if (queue.stamps.length === 0) arena.write((queue.tail = queue.head), step);
      else if (next(5) < 3 && queue.stamps.length < 1_000) queue.tail = arena.append(queue.tail, step);
      else if (queue.stamps.length > 1 && next(2) === 0) {
        queue.head = arena.dropHead(queue.head);
        queue.stamps.shift();
        continue;
      } else if (queue.stamps.length > 1) {
        queue.tail = arena.dropTail(queue.tail);
        queue.stamps.pop();
        continue;
      } else continue;
      queue.stamps.push(step);
    }
    for (const { head, tail, stamps } of queues) {
      const read = [arena.read(head)];
      for (let position = head; position !== tail;) read.push(arena.read((position = arena.after(position))));
      expect(read).toEqual(stamps);
      arena.release(head, tail);
    }
    let blocks = 0;
    while (arena.allocate() >= 0) blocks++;
    expect(blocks).toBe(4_096);
  });
});
