import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { type LimitTier, MemoryStateStore, RedisStateStore, type StrikeCounter } from '../../lib/state';
import { random } from '../support/random';
import { RedisServer, startCluster } from '../support/redis-server';

const tier = (over: Partial<LimitTier> = {}): LimitTier => ({
  client: '192.0.2.1',
  key: 'route',
  limit: 10,
  windowMs: 60_000,
  algorithm: 'sliding-window',
  ...over,
});

describe('limits on Redis', () => {
  let server: RedisServer;
  let store: RedisStateStore;
  beforeAll(async () => {
    server = await RedisServer.start();
    store = new RedisStateStore({ redis: server.url, commandTimeoutMs: 2_000 });
    await store.start();
  });
  afterAll(async () => {
    store.close();
    await server.stop();
  });

  it.each(['sliding-window', 'token-bucket'] as const)('admits exactly 10 of 500 at once: %s', async (algorithm) => {
    const asked = tier({ key: `500 ${algorithm}`, algorithm });
    const verdicts = await Promise.all(Array.from({ length: 500 }, () => store.consume([asked])));
    const admitted = verdicts.filter((verdict) => verdict.allowed);
    expect(admitted.map((verdict) => verdict.tiers[0]!.remaining)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(verdicts[499]!.tiers[0]!.retryAfterMs).toBeGreaterThan(0);
    expect(verdicts[499]!.source).toBe('shared');
  });

  it.each([1, 2, 4, 8])('admits exactly the limit over %i processes with clocks an hour apart', async (processes) => {
    const workers = await Promise.all(
      Array.from({ length: processes }, async (_, index) => {
        const worker = fork(join(__dirname, 'consume.worker.ts'), [server.url, String((index % 2) * 3_600_000)], {
          execArgv: ['-r', join(__dirname, '../support/typescript.cjs')],
        });
        await once(worker, 'message');
        return worker;
      }),
    );
    try {
      for (const [limit, concurrency] of [
        [1, 16],
        [10, 128],
        [100, 1],
        [1_000, 128],
      ] as const) {
        const asked = tier({ key: `processes ${processes} ${limit}`, limit });
        const total = limit === 1 ? 40 : limit * 2;
        const admitted = await Promise.all(
          workers.map(async (worker) => {
            const answer = once(worker, 'message');
            worker.send({ tier: asked, requests: Math.ceil(total / processes), concurrency });
            return Number(((await answer) as [number])[0]);
          }),
        );
        expect([limit, admitted.reduce((sum, count) => sum + count)]).toEqual([limit, limit]);
      }
    } finally {
      workers.forEach((worker) => worker.kill());
    }
  });

  it('counts nothing in any tier when one refuses, in one command', async () => {
    const wide = tier({ key: 'wide', limit: 10 });
    const narrow = tier({ key: 'narrow', limit: 1 });
    const bucket = tier({ key: 'bucket', limit: 3, algorithm: 'token-bucket' });
    await store.consume([wide, narrow, bucket]);
    const admin = server.admin();
    const before = await commandsOf(admin);
    const refused = await store.consume([wide, narrow, bucket]);
    expect((await commandsOf(admin)) - before).toBe(1);
    expect(refused.tiers.map((verdict) => verdict!.allowed)).toEqual([true, false, true]);
    expect((await store.peek([wide, bucket])).tiers.map((verdict) => verdict!.remaining)).toEqual([9, 2]);
  });

  it('stays exact while the scripts are flushed', async () => {
    const asked = tier({ key: 'flushed', limit: 100 });
    const admin = server.admin();
    let admitted = 0;
    for (let round = 0; round < 40; round++) {
      const verdicts = await Promise.all([
        ...Array.from({ length: 10 }, () => store.consume([asked])),
        admin.script('FLUSH').then(() => undefined),
      ]);
      admitted += verdicts.filter((verdict) => verdict?.allowed).length;
    }
    expect(admitted).toBe(100);
  });

  it('agrees with memory, step by step', async () => {
    // Windows so long that the two clocks cannot disagree about them.
    const memory = new MemoryStateStore();
    const next = random(99);
    const plans = [5, 900, 1_500, 40_000].flatMap((limit) =>
      (['sliding-window', 'token-bucket'] as const).map((algorithm) => ({ limit, algorithm })),
    );
    for (const [index, { limit, algorithm }] of plans.entries()) {
      for (let step = 0; step < 60; step++) {
        const cost = 1 + next(Math.ceil(limit / 20));
        const asked = tier({ key: `memory ${index}`, limit, algorithm, windowMs: 2 ** 31 - 1, cost });
        const [shared, local] = [await store.consume([asked]), memory.consume([asked])];
        expect(shared.tiers.map((verdict) => [verdict!.allowed, verdict!.remaining])).toEqual(
          local.tiers.map((verdict) => [verdict!.allowed, verdict!.remaining]),
        );
        if (local.allowed && next(4) === 0) {
          await store.refund([asked]);
          memory.refund([asked]);
        }
      }
    }
    memory.close();
  });

  it('lets a hit go when its window is over, and says so to the millisecond', async () => {
    const asked = tier({ key: 'short', limit: 2, windowMs: 150 });
    await store.consume([asked]);
    await store.consume([asked]);
    const refused = await store.consume([asked]);
    expect(refused.tiers[0]!.retryAfterMs).toBeLessThanOrEqual(150);
    await new Promise((resolve) => setTimeout(resolve, refused.tiers[0]!.retryAfterMs + 2));
    expect((await store.consume([asked])).allowed).toBe(true);
  });

  it('keeps a client small, and nothing for ever', async () => {
    const admin = server.admin();
    const asked = tier({ client: 'small', limit: 1_000 });
    for (let hit = 0; hit < 1_200; hit += 100) {
      await Promise.all(Array.from({ length: 100 }, () => store.consume([asked])));
    }
    const [key] = await admin.keys('nestapi_guard:{small}*');
    expect(Number(await admin.memory('USAGE', key!, 'SAMPLES', '0'))).toBeLessThan(20_000);
    for (const name of await admin.keys('nestapi_guard:{*')) expect(await admin.pttl(name)).toBeGreaterThan(0);
  });

  it.each([
    ['a text', (key: string) => server.admin().set(key, 'junk')],
    ['a hash', (key: string) => server.admin().hset(key, 'a', 'b')],
    ['a list of words', (key: string) => server.admin().rpush(key, 'a', 'b')],
    ['a log from the future', (key: string) => server.admin().set(key, stamps(130_000, 130_000))],
    ['a log of half a hit', (key: string) => server.admin().set(key, stamps(-10).subarray(1))],
  ])('starts anew over %s', async (name, spoil) => {
    for (const algorithm of ['sliding-window', 'token-bucket'] as const) {
      const asked = tier({ client: 'spoilt', key: name, limit: 2, algorithm });
      await spoil(`nestapi_guard:{spoilt}:${algorithm === 'token-bucket' ? 'b' : 'w0'}:${name}`);
      expect((await store.consume([asked])).tiers[0]!.remaining).toBe(1);
    }
  });

  it('still counts what was admitted before the clock was set back a little', async () => {
    await server.admin().set('nestapi_guard:{ahead}:w0:route', stamps(4_000, 5_000), 'PX', 60_000);
    const asked = tier({ client: 'ahead', limit: 3 });
    expect(await store.consume([asked])).toMatchObject({ allowed: true, tiers: [{ remaining: 0 }] });
    const refused = (await store.consume([asked])).tiers[0]!;
    expect(refused).toMatchObject({ allowed: false, retryAfterMs: 60_000, resetMs: 60_000 });
  });

  it.each([
    ['a short log', 5, 50],
    ['a log of which only the end is written', 300, 200],
    ['a coarse log', 1_500, 300],
  ])(
    'never admits more than the limit in any window, nor refuses while fewer were: %s',
    async (key, limit, windowMs) => {
      const asked = tier({ key, limit, windowMs });
      const granule = limit > 1_000 ? 2 : 1;
      const asks: { sent: number; received: number; allowed: boolean }[] = [];
      const until = performance.now() + 8 * windowMs;
      const lane = async (number: number): Promise<void> => {
        for (let turn = 0; performance.now() < until; turn++) {
          const sent = performance.now();
          const { allowed } = await store.consume([asked]);
          asks.push({ sent, received: performance.now(), allowed });
          // Some lanes pause now and then, so that windows are not all alike.
          if ((turn + number) % 40 === 0) await new Promise((resolve) => setTimeout(resolve, windowMs / 4));
        }
      };
      await Promise.all(Array.from({ length: 30 }, (_, number) => lane(number)));
      const admitted = asks.filter(({ allowed }) => allowed).sort((a, b) => a.received - b.received);
      const refused = asks.filter(({ allowed }) => !allowed);
      expect([admitted.length > 2 * limit, refused.length > 0]).toEqual([true, true]);
      // The server decided between `sent` and `received`; a millisecond is what its clock counts in.
      const bySent = [...admitted].sort((a, b) => a.sent - b.sent);
      for (let nth = 0; nth + limit < bySent.length; nth++) {
        const soonest = Math.min(...admitted.slice(nth + limit).map(({ received }) => received));
        expect(soonest - bySent[nth]!.sent).toBeGreaterThanOrEqual(windowMs - 1);
      }
      for (const { sent, received } of refused) {
        const counted = admitted.filter((hit) => hit.received > sent - windowMs - 2 && hit.sent < received);
        expect(counted.length).toBeGreaterThan(limit - granule);
      }
    },
  );

  it('gives every of many concurrent strikes one crossing', async () => {
    const counter: StrikeCounter = { client: 'a', key: 'edge', threshold: 10, windowMs: 60_000 };
    const tallies = await Promise.all(Array.from({ length: 200 }, () => store.strike(counter)));
    expect(tallies.filter((tally) => tally.crossed)).toHaveLength(1);
    expect(await store.tally(counter)).toMatchObject({ count: 10, crossed: false });
    await store.reset([counter]);
    expect((await store.tally(counter)).count).toBe(0);
  });

  it('rests after a crossing and starts anew', async () => {
    const counter = { client: 'a', key: 'rest', threshold: 3, windowMs: 60_000, restartAfterMs: 200 };
    const tallies = await Promise.all(Array.from({ length: 50 }, () => store.strike(counter)));
    expect(tallies.filter((tally) => tally.crossed)).toHaveLength(1);
    const { roomMs } = await store.tally(counter);
    await new Promise((resolve) => setTimeout(resolve, roomMs + 2));
    const again = [await store.strike(counter), await store.strike(counter), await store.strike(counter)];
    expect(again.map((tally) => tally.crossed)).toEqual([false, false, true]);
  });

  it('crosses a threshold that was lowered below the count with the next strike, where a crossing rests', async () => {
    const counter = { client: 'a', key: 'lowered', threshold: 10, windowMs: 60_000, restartAfterMs: 200 };
    for (let strike = 0; strike < 5; strike++) await store.strike(counter);
    expect(await store.strike({ ...counter, threshold: 3 })).toMatchObject({ crossed: true, count: 3, roomMs: 200 });
    expect(await store.strike({ ...counter, threshold: 3 })).toMatchObject({ crossed: false, count: 3 });
  });

  it('counts coarse logs as memory does', async () => {
    const memory = new MemoryStateStore();
    const counter: StrikeCounter = { client: 'a', key: 'coarse', threshold: 1_500, windowMs: 2 ** 31 - 1 };
    let [shared, local] = [0, 0];
    for (let round = 0; round < 16; round++) {
      const tallies = await Promise.all(Array.from({ length: 100 }, () => store.strike(counter)));
      shared += tallies.filter((tally) => tally.crossed).length;
      for (let strike = 0; strike < 100; strike++) local += Number(memory.strike(counter).crossed);
      expect((await store.tally(counter)).count).toBe(memory.tally(counter).count);
    }
    expect([shared, local]).toEqual([1, 1]);
    memory.close();
  });
});

describe('limits on a cluster', () => {
  let nodes: RedisServer[];
  let store: RedisStateStore;
  beforeAll(async () => {
    nodes = await startCluster();
    store = new RedisStateStore({
      redis: { nodes: nodes.map(({ host, port }) => ({ host, port })) },
      commandTimeoutMs: 2_000,
    });
    await store.start();
  });
  afterAll(async () => {
    store.close();
    await Promise.all(nodes.map((node) => node.stop()));
  });

  it('keeps all tiers of a client in one slot, whatever its name', async () => {
    for (const client of ['192.0.2.1', '2001:db8::/64', '', '}', '{a}b', 'a}{', '#', 'x'.repeat(5_000)]) {
      const tiers = [1, 2, 3].map((number) => tier({ client, key: `tier ${number} {x}`, limit: 2 }));
      const verdicts = [await store.consume(tiers), await store.consume(tiers), await store.consume(tiers)];
      expect([client, verdicts.map((verdict) => verdict.allowed)]).toEqual([client, [true, true, false]]);
    }
  });

  it('spreads clients over the nodes', async () => {
    await Promise.all(Array.from({ length: 60 }, (_, index) => store.consume([tier({ client: `10.0.0.${index}` })])));
    for (const node of nodes) expect(await node.admin().dbsize()).toBeGreaterThan(0);
  });

  it('takes all or nothing over several clients', async () => {
    const clients = ['alice', 'bob', 'carol', 'dave'].map((client) => tier({ client, limit: 5 }));
    const full = tier({ client: 'full', limit: 1 });
    await store.consume([full]);
    expect((await store.consume([...clients, full])).allowed).toBe(false);
    expect((await store.peek(clients)).tiers.map((verdict) => verdict!.remaining)).toEqual([5, 5, 5, 5]);
    expect((await store.consume(clients)).allowed).toBe(true);
  });

  it('has collections, messages and leases', async () => {
    expect(await store.set('bans', '192.0.2.1', 'reason', 10_000)).toBe(true);
    expect((await store.list('bans')).map(({ key }) => key)).toEqual(['192.0.2.1']);
    expect(await store.acquire('feed', 1_000)).toBeDefined();
    expect(await store.acquire('feed', 1_000)).toBeUndefined();
  });
});

/** Hits so many milliseconds from now, as Redis keeps them. */
function stamps(...fromNow: number[]): Buffer {
  const bytes = Buffer.alloc(fromNow.length * 4);
  fromNow.forEach((ms, index) => bytes.writeUInt32BE((Date.now() + ms) % 2 ** 32, index * 4));
  return bytes;
}

async function commandsOf(admin: Redis): Promise<number> {
  const stats = await admin.info('commandstats');
  return (
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0) +
    Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1] ?? 0)
  );
}
