import fc from 'fast-check';
import { type LimitTier, MemoryStateStore, RedisStateStore } from '../../lib/state';
import { random } from '../support/random';
import { RedisServer } from '../support/redis-server';
import { TestClock } from '../support/test-clock';
import { rounds } from './profile';

const tierOf = (key: string, limit: number, windowMs: number): LimitTier => ({
  client: '192.0.2.1',
  key,
  limit,
  windowMs,
  algorithm: 'sliding-window',
});

describe('F11: requests that arrive at random, while a rolling window', () => {
  it('of a process has a clock that is moved: never one too many, never one refused that had room', () => {
    const clock = new TestClock();
    const store = new MemoryStateStore({ clock: clock.read });
    const arrivals = fc.record({
      limit: fc.integer({ min: 1, max: 20 }),
      windowMs: fc.integer({ min: 1, max: 1_000 }),
      pauses: fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 20 }), fc.nat({ max: 1_200 })), { maxLength: 80 }),
    });
    let sequence = 0;
    const property = fc.property(arrivals, ({ limit, windowMs, pauses }) => {
      const tier = tierOf(`sequence ${++sequence}`, limit, windowMs);
      const admitted: number[] = [];
      return pauses.every((pause) => {
        clock.advance(pause);
        const room = admitted.filter((at) => clock.time - at < windowMs).length < limit;
        if (store.consume([tier]).allowed) admitted.push(clock.time);
        else return !room;
        return room;
      });
    });
    fc.assert(property, { numRuns: rounds(10_000, 2_000) });
    store.close();
  });

  it('on Redis takes the time from there: not one that is certainly too many, not one refused that certainly had room', async () => {
    const redis = await RedisServer.start();
    const store = new RedisStateStore({ redis: redis.url, commandTimeoutMs: 5_000 });
    await store.start();
    const next = random(11);
    // When Redis took a request is known only to lie between asking and being answered, give or take the rounding.
    const SLACK_MS = 2;
    const arrive = async (key: string): Promise<string[]> => {
      const [limit, windowMs] = [1 + next(20), 50 + next(250)];
      const tier = tierOf(key, limit, windowMs);
      const admitted: { asked: number; answered: number }[] = [];
      const wrong: string[] = [];
      for (let request = 0; request < 60; request++) {
        const pause = [0, 0, next(20), next(1 + windowMs)][next(4)]!;
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        const asked = performance.now();
        const { allowed } = await store.consume([tier]);
        const answered = performance.now();
        if (allowed) {
          const first = admitted.at(-limit);
          if (first !== undefined && answered - first.asked < windowMs - SLACK_MS) wrong.push(`${key}: too many`);
          admitted.push({ asked, answered });
        } else {
          const perhaps = admitted.filter((hit) => hit.answered > asked - windowMs - SLACK_MS);
          if (perhaps.length < limit) wrong.push(`${key}: refused with room`);
        }
      }
      return wrong;
    };
    const lanes = Array.from({ length: 50 }, async (_, lane) => {
      const wrong: string[] = [];
      for (let turn = 0; turn < rounds(20, 2); turn++) wrong.push(...(await arrive(`${lane} ${turn}`)));
      return wrong;
    });
    expect((await Promise.all(lanes)).flat()).toEqual([]);
    store.close();
    await redis.stop();
  });
});
