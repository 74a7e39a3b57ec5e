import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { RedisServer } from '../support/redis-server';
import { endFleet, type Instance, startFleet } from './fleet';

/** The contract: an application ends within two seconds of its last answer. */
const END_MS = 2_000;

describe('F22: two applications that are told to end while Redis is', () => {
  let redis: RedisServer;
  let fleet: Instance[];
  beforeEach(async () => {
    redis = await RedisServer.start();
    fleet = await startFleet(2, { redisUrl: redis.url });
  });
  afterEach(async () => {
    await endFleet(fleet);
    await redis.stop();
  });

  it.each<[string, () => unknown]>([
    ['well', () => undefined],
    ['frozen', () => redis.freeze()],
    ['dead', () => redis.kill()],
  ])('%s: they finish what they are at', async (_name, break_) => {
    const slow = fleet.flatMap((instance) =>
      Array.from({ length: 20 }, (_, index) => instance.status('/slow/1000', `198.19.2.${index}`)),
    );
    await delay(300);
    await break_();
    const more = fleet.flatMap((instance) =>
      Array.from({ length: 20 }, (_, index) => instance.status('/wide', `198.19.3.${index}`)),
    );
    await Promise.all(more);
    const ends = fleet.map((instance) => once(instance.process, 'exit') as Promise<[number | null, string | null]>);
    for (const { process } of fleet) process.kill('SIGTERM');
    expect(new Set(await Promise.all([...slow, ...more]))).toEqual(new Set([200]));
    const answered = performance.now();
    for (const instance of fleet) instance.hangUp();
    // Nest repeats the signal when everything is closed.
    expect(await Promise.all(ends)).toEqual(fleet.map(() => [null, 'SIGTERM']));
    expect(performance.now() - answered).toBeLessThan(END_MS);
  });
});
