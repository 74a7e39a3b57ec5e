import { setTimeout as delay } from 'node:timers/promises';
import type { GuardConfigInput } from '../../lib';
import { RedisServer, startReplica, startSentinel } from '../support/redis-server';
import { until } from '../support/until';
import { endFleet, flood, freshClient, type Instance, startFleet } from './fleet';

// The contract: during a failover no client gets more than twice its limit, over all instances together.

const LIMITS = [1, 10, 100];
const SIZES = [1, 2, 4, 8];

/** A client of each limit that asks all instances for more than it may have, whenever it is told to. */
class GreedyClients {
  private readonly addresses = LIMITS.map(() => freshClient());
  readonly admitted = LIMITS.map(() => 0);

  constructor(private readonly fleet: readonly Instance[]) {}

  async ask(share = 3): Promise<void> {
    await Promise.all(
      LIMITS.map(async (limit, index) => {
        const requests = Math.max(Math.ceil(share * limit), 2 * this.fleet.length);
        const from = this.addresses[index]!;
        const found = await flood(this.fleet, `/limit/${limit}`, { requests, concurrency: 8, from });
        expect(Object.keys(found).filter((status) => !['200', '429'].includes(status))).toEqual([]);
        this.admitted[index]! += found[200] ?? 0;
      }),
    );
  }

  expectTwiceAtMost(): void {
    for (const [index, limit] of LIMITS.entries()) {
      expect([limit, this.admitted[index]! >= limit]).toEqual([limit, true]);
      expect([limit, Math.max(2 * limit, this.admitted[index]!)]).toEqual([limit, 2 * limit]);
    }
  }
}

async function admittedOf(fleet: readonly Instance[], limit: number): Promise<number> {
  const requests = Math.max(3 * limit, 3 * fleet.length);
  return (await flood(fleet, `/limit/${limit}`, { requests, concurrency: 8 }))[200] ?? 0;
}

async function become(fleet: readonly Instance[], state: 'healthy' | 'degraded'): Promise<void> {
  const nudge = freshClient();
  await until(async () => {
    await Promise.all(fleet.map((instance) => instance.status('/wide', nudge)));
    const states = await Promise.all(fleet.map((instance) => instance.ask('state')));
    return states.every((found) => found === state);
  }, 20_000);
}

/** Starts so many applications that know of each other. */
async function startAcquainted(size: number, config: GuardConfigInput): Promise<Instance[]> {
  const fleet = await startFleet(size, config);
  await become(fleet, 'healthy');
  // A beat, with which each of them sees all others.
  await delay(1_500);
  return fleet;
}

describe.each(SIZES)('%i applications', (size) => {
  let redis: RedisServer;
  let fleet: Instance[] = [];
  afterEach(async () => {
    expect(await Promise.all(fleet.map((instance) => instance.ask('accidents')))).toEqual(fleet.map(() => 0));
    await endFleet(fleet);
    fleet = [];
    await redis.stop();
  });

  it('admit a client at most twice while Redis is killed again and again, and comes back empty', async () => {
    redis = await RedisServer.start();
    fleet = await startAcquainted(size, { redisUrl: redis.url });
    const all = [new GreedyClients(fleet), new GreedyClients(fleet)] as const;
    // One has used up what it had, the other nothing.
    await all[0].ask();
    for (let round = 0; round < 3; round++) {
      const during = all[0].ask();
      await redis.kill();
      await during;
      await become(fleet, 'degraded');
      for (const clients of all) await clients.ask();
      // Nobody has seen it: the parts of all instances are the limit, whatever is left over goes to somebody.
      for (const limit of LIMITS) expect([limit, await admittedOf(fleet, limit)]).toEqual([limit, limit]);
      const meanwhile = all[1].ask();
      await redis.restart();
      await meanwhile;
      await become(fleet, 'healthy');
      for (const clients of all) await clients.ask();
    }
    for (const clients of all) clients.expectTwiceAtMost();
  });

  it('admit a client at most twice while Redis is frozen again and again, and count as before when it is back', async () => {
    redis = await RedisServer.start();
    fleet = await startAcquainted(size, { redisUrl: redis.url });
    const clients = new GreedyClients(fleet);
    await clients.ask(0.5);
    for (let round = 0; round < 3; round++) {
      const during = clients.ask();
      redis.freeze();
      await during;
      await become(fleet, 'degraded');
      await clients.ask();
      for (const limit of LIMITS) expect([limit, await admittedOf(fleet, limit)]).toEqual([limit, limit]);
      redis.thaw();
      await become(fleet, 'healthy');
      await clients.ask();
    }
    clients.expectTwiceAtMost();
    // It is the same server and has lost nothing: one instance alone admits all of a limit again.
    await until(async () => (await admittedOf(fleet.slice(0, 1), 10)) === 10, 5_000);
  });

  it('admit a client at most twice over a failover to a replica that has missed what was counted', async () => {
    redis = await RedisServer.start();
    const replica = await startReplica(redis);
    const sentinel = await startSentinel(redis);
    try {
      fleet = await startAcquainted(size, {
        redis: { name: 'guard', sentinels: [{ host: '127.0.0.1', port: sentinel.port }] },
      });
      const clients = new GreedyClients(fleet);
      await clients.ask();
      await redis.kill();
      // Replication is asynchronous: here nothing that was counted has arrived, though the instances are known.
      const admin = replica.admin();
      await admin.config('SET', 'replica-read-only', 'no');
      const counted = await admin.keys('nestapi_guard:{198.*');
      expect(await admin.del(...counted)).toBeGreaterThan(0);
      expect(await admin.zcard('nestapi_guard:instances')).toBe(size);
      await clients.ask();
      await until(async () => /role:master/.test(await admin.info('replication')), 20_000);
      await clients.ask();
      await become(fleet, 'healthy');
      await clients.ask();
      clients.expectTwiceAtMost();
    } finally {
      await replica.stop();
      await sentinel.stop();
    }
  });
});
