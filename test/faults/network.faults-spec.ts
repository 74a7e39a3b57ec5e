import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, FaultProxy } from '../support/fault-proxy';
import { RedisServer } from '../support/redis-server';
import { until } from '../support/until';
import { cases, rounds } from './profile';
import { endFleet, type Instance, shares, startFleet } from './fleet';
import { AWAY, expectAdded, expectUnharmed, type MostAdded, Traffic } from './traffic';

const RECOVERY_MS = 3_000;

/** What a request may wait: once there and back, and never longer than a command may take. */
function waiting(fault: Fault): MostAdded {
  const most = fault.kind === 'latency' ? Math.min(2 * fault.ms, 100) : 100;
  return { median: most + 5, p99: most + 10 };
}

describe('two applications whose network to Redis breaks', () => {
  let redis: RedisServer;
  let proxy: FaultProxy;
  let fleet: Instance[];
  beforeAll(async () => {
    redis = await RedisServer.start();
    proxy = await FaultProxy.start(redis.port);
    fleet = await startFleet(2, { redisUrl: `redis://127.0.0.1:${proxy.port}` });
  });
  afterAll(async () => {
    expect(await Promise.all(fleet.map((instance) => instance.ask('accidents')))).toEqual([0, 0]);
    await endFleet(fleet);
    await proxy.stop();
    await redis.stop();
  });

  const FAULTS: readonly (readonly [string, Fault, 'shared' | 'away' | 'either'])[] = [
    ['F4: 5 ms slower', { kind: 'latency', ms: 5 }, 'shared'],
    ['F4: 20 ms slower', { kind: 'latency', ms: 20 }, 'shared'],
    ['F4: 50 ms slower each way, which is the command timeout', { kind: 'latency', ms: 50 }, 'either'],
    ['F4: 200 ms slower', { kind: 'latency', ms: 200 }, 'away'],
    ['F4: 1000 ms slower', { kind: 'latency', ms: 1_000 }, 'away'],
    ['F5: half-open', { kind: 'blackhole' }, 'away'],
    ['F5: reset', { kind: 'reset' }, 'away'],
    ['F5: replies cut after 1 byte', { kind: 'cut', bytes: 1 }, 'away'],
    ['F5: replies cut after 64 bytes', { kind: 'cut', bytes: 64 }, 'away'],
    ['F5: 200 bytes a second', { kind: 'throttle', bytesPerSecond: 200 }, 'away'],
    ['F5: there every other second', { kind: 'flap', ms: 1_000 }, 'either'],
  ];

  it.each(cases(FAULTS, /20 ms|200 ms|half-open|64 bytes|200 bytes/))('%s', async (_name, fault, state) => {
    await until(() => shares(fleet), RECOVERY_MS);
    const traffic = new Traffic(fleet);
    await delay(1_000);
    proxy.set(fault);
    // A breaker that opens does so within a second.
    await delay(1_000);
    await expectAdded(fleet, state === 'away' ? AWAY : waiting(fault), rounds(8_000, 2_000));
    const states = await Promise.all(fleet.map((instance) => instance.ask('state')));
    if (state !== 'either') expect(states).toEqual(fleet.map(() => (state === 'shared' ? 'healthy' : 'degraded')));
    proxy.set({ kind: 'none' });
    await until(() => shares(fleet), RECOVERY_MS);
    expectUnharmed(await traffic.stop());
    // A connection for commands and one for messages of each.
    await until(() => proxy.open <= 2 * fleet.length);
  });
});
