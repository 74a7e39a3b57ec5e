import { RedisServer } from '../support/redis-server';
import { rounds } from './profile';
import { endFleet, flood, type Instance, startFleet } from './fleet';

const ROUNDS = rounds(20, 2);
const SIZES = rounds([1, 2, 4, 8], [4]);

describe('F9: eight applications that share one limit', () => {
  let redis: RedisServer;
  let fleet: Instance[];
  beforeAll(async () => {
    redis = await RedisServer.start();
    // A machine that is slow for a moment is not what is tested here.
    fleet = await startFleet(Math.max(...SIZES), { redisUrl: redis.url, redisCommandTimeout: 5 });
  });
  afterAll(async () => {
    expect(await Promise.all(fleet.map((instance) => instance.ask('accidents')))).toEqual(fleet.map(() => 0));
    await endFleet(fleet);
    await redis.stop();
  });

  describe.each(SIZES)('%i of them', (processes) => {
    it.each([
      [1, 1],
      [1, 16],
      [1, 128],
      [10, 1],
      [10, 16],
      [10, 128],
      [100, 16],
      [100, 128],
    ])(`admit exactly %i, asked by %i at a time, in each of ${ROUNDS} rounds`, async (limit, concurrency) => {
      // Twice the limit and every asker at least once: enough to be refused, without a minute per case.
      const requests = Math.max(2 * limit, concurrency);
      for (let round = 0; round < ROUNDS; round++) {
        const found = await flood(fleet.slice(0, processes), `/limit/${limit}`, { requests, concurrency });
        expect([round, found]).toEqual([round, found[429] ? { 200: limit, 429: requests - limit } : { 200: limit }]);
      }
    });

    it('admit exactly 1000 of 3000, asked by 128 at a time', async () => {
      expect(await flood(fleet.slice(0, processes), '/limit/1000', { requests: 3_000, concurrency: 128 })).toEqual({
        200: 1_000,
        429: 2_000,
      });
    });
  });
});
