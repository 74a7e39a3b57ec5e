import { setTimeout as delay } from 'node:timers/promises';
import { MemoryStateStore, ResilientStateStore } from '../../lib/state';
import { Replica } from '../../lib/state/replica';
import { random } from '../support/random';
import { RedisServer } from '../support/redis-server';
import { TestClock } from '../support/test-clock';
import { until } from '../support/until';

/** What a replica's listener was told, as a map. */
class Told {
  readonly values = new Map<string, string>();

  put(key: string, value: string): void {
    this.values.set(key, value);
  }

  drop(key: string): void {
    this.values.delete(key);
  }

  get text(): string {
    return JSON.stringify([...this.values].sort());
  }
}

describe('replicas of one collection', () => {
  let redis: RedisServer;
  const opened: { store: ResilientStateStore; replica: Replica }[] = [];

  const open = async () => {
    const store = new ResilientStateStore({ redis: redis.url });
    await store.start();
    const told = new Told();
    const clock = () => performance.now();
    const replica = new Replica({ store, collection: 'things', listener: told, clock });
    await replica.start();
    opened.push({ store, replica });
    return { store, replica, told };
  };

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    for (const { store, replica } of opened.splice(0)) {
      replica.stop();
      store.close();
    }
    await redis.restart();
  });
  afterAll(() => redis.stop());

  it('agree, whatever was put and removed at the same time', async () => {
    const instances = [await open(), await open(), await open()];
    const next = random(3);
    for (let round = 0; round < 40; round++) {
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          const { replica } = instances[next(3)]!;
          const key = `key ${next(4)}`;
          await delay(next(4));
          if (next(3) > 0) await replica.put(key, `value ${next(1000)}`, 60_000);
          else await replica.remove(key);
        }),
      );
    }
    const shared = async () => {
      const listed = await instances[0]!.store.list('things');
      const live = listed.filter(({ value }) => !value.startsWith('!'));
      return JSON.stringify(live.map(({ key, value }) => [key, value.slice(value.indexOf(':') + 1)]).sort());
    };
    await until(async () => {
      const truth = await shared();
      return instances.every(({ told }) => told.text === truth);
    }, 2_000);
    expect((await open()).told.text).toBe(await shared());
  });

  it('do not bring back what was removed when somebody who missed that writes it again', async () => {
    const a = await open();
    await a.replica.put('key', 'value', 60_000);
    const { value: written } = (await a.store.list('things'))[0]!;
    await a.replica.remove('key');
    await a.store.set('things', 'key', written, 60_000);
    const b = await open();
    expect(b.told.values.has('key')).toBe(true);
    // The message makes the instance that removed it look.
    await b.store.publish('things', 'look');
    await until(() => !b.told.values.has('key'), 3_000);
    expect(a.told.values.has('key')).toBe(false);
  });

  it('let a value expire where and when Redis does', async () => {
    const [a, b] = [await open(), await open()];
    await a.replica.put('short', 'value', 700);
    await until(() => b.told.values.has('short'), 500);
    const later = await open();
    expect(later.told.values.has('short')).toBe(true);
    await until(() => [a, b, later].every(({ replica }) => [...replica.live()].length === 0), 1_500);
    expect((await a.store.list('things')).length).toBe(0);
  });
});

describe('a replica without other instances', () => {
  const clock = new TestClock();
  const store = new MemoryStateStore({ clock: clock.read });
  afterAll(() => store.close());

  it('is bounded, frees what has expired, and evicts nothing that lives', () => {
    const told = new Told();
    const replica = new Replica({ store, collection: 'things', listener: told, clock: clock.read, capacity: 2 });
    expect([replica.put('a', '1', 100), replica.put('b', '2', 200), replica.put('c', '3', 300)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(replica.put('b', '4', 200)).toBe(true);
    clock.advance(1_000);
    expect([replica.put('c', '3', 300), told.text]).toEqual([true, '[["c","3"]]']);
    expect([replica.remove('c'), replica.remove('c'), replica.size]).toEqual([true, false, 0]);
    expect(told.text).toBe('[]');
  });
});
