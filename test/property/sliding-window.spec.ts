import fc from 'fast-check';
import { type LimitTier, MemoryStateStore } from '../../lib/state';
import { TestClock } from '../support/test-clock';
import { patience, runs, same } from '../support/property';

const clock = new TestClock();
const store = new MemoryStateStore({ clock: clock.read });
afterAll(() => store.close());

let sequences = 0;
/** Every sequence counts in buckets of its own. */
const newKey = (): string => `sequence ${++sequences}`;

interface Hit {
  readonly at: number;
  readonly cost: number;
}

const shape = fc.record({ limit: fc.integer({ min: 1, max: 30 }), windowMs: fc.integer({ min: 1, max: 500 }) });
const pause = fc.oneof(fc.constant(0), fc.nat({ max: 3 }), fc.nat({ max: 600 }));
const cost = fc.oneof(
  { weight: 4, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }) },
);
const step = fc.record({
  pause,
  cost,
  act: fc.oneof({ weight: 8, arbitrary: fc.constant('hit') }, fc.constantFrom('peek', 'refund', 'reset')),
});

it(
  'a sliding window admits, refuses, gives back and says when as a plain list of hits does',
  () => {
    fc.assert(
      fc.property(shape, fc.array(step, { maxLength: 60 }), ({ limit, windowMs }, steps) => {
        const key = newKey();
        let hits: number[] = [];
        for (const { pause: ms, cost: price, act } of steps) {
          clock.advance(ms);
          hits = hits.filter((at) => clock.time - at < windowMs);
          const tier: LimitTier = { client: 'a', key, limit, windowMs, algorithm: 'sliding-window', cost: price };
          if (act === 'reset') {
            store.reset([tier]);
            hits = [];
            continue;
          }
          if (act === 'refund') {
            // Only the last hit can be asked back: nothing else says which one it was.
            if (hits.length >= price) {
              store.refund([tier]);
              hits.splice(-price);
            }
            continue;
          }
          const fits = hits.length + price <= limit;
          const wait = price > limit ? windowMs : (hits[hits.length + price - limit - 1] ?? 0) + windowMs - clock.time;
          const found = (act === 'peek' ? store.peek([tier]) : store.consume([tier])).tiers[0]!;
          if (act === 'hit' && fits) for (let hit = 0; hit < price; hit++) hits.push(clock.time);
          same(found.allowed, fits);
          same(found.remaining, limit - hits.length);
          same(found.retryAfterMs, fits ? 0 : wait);
          same(found.resetMs, hits.length === 0 ? 0 : hits.at(-1)! + windowMs - clock.time);
        }
      }),
      runs(2_500),
    );
  },
  patience(),
);

it(
  'no rolling window ever admits more than the limit, however large, and Retry-After is never too late',
  () => {
    const large = fc.record({
      limit: fc.oneof(fc.integer({ min: 900, max: 1_100 }), fc.integer({ min: 1_001, max: 200_000 })),
      windowMs: fc.integer({ min: 50, max: 2_000 }),
    });
    const hit = fc.record({ pause: fc.nat({ max: 200 }), share: fc.double({ min: 0, max: 0.4, noNaN: true }) });
    fc.assert(
      fc.property(large, fc.array(hit, { maxLength: 80 }), ({ limit, windowMs }, steps) => {
        const key = newKey();
        const admitted: Hit[] = [];
        for (const { pause: ms, share } of steps) {
          clock.advance(ms);
          const price = 1 + Math.floor(share * limit);
          const tier: LimitTier = { client: 'a', key, limit, windowMs, algorithm: 'sliding-window', cost: price };
          const verdict = store.consume([tier]).tiers[0]!;
          const held = admitted.filter(({ at }) => clock.time - at < windowMs);
          const total = held.reduce((sum, { cost: taken }) => sum + taken, 0);
          if (verdict.allowed) {
            admitted.push({ at: clock.time, cost: price });
            same(total + price <= limit, true);
          } else {
            // What is remembered coarsely may refuse early, by less than two per thousand.
            same(total + price > limit - Math.max(0, limit > 1_000 ? limit * 0.002 : 0), true);
            same(verdict.retryAfterMs > 0 && verdict.retryAfterMs <= windowMs, true);
            // Everything held now is gone when it says so, at the latest when the last of it is.
            const last = held.at(-1);
            if (last !== undefined) same(verdict.retryAfterMs <= last.at + windowMs - clock.time, true);
          }
        }
      }),
      runs(400),
    );
  },
  patience(),
);

it(
  'tiers of one request are counted all or none, and clients apart',
  () => {
    const tiers = fc.array(
      fc.record({ limit: fc.integer({ min: 1, max: 6 }), windowMs: fc.integer({ min: 1, max: 300 }) }),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    const request = fc.record({ pause, client: fc.constantFrom('a', 'b', 'ab', '') });
    fc.assert(
      fc.property(tiers, fc.array(request, { maxLength: 60 }), (limits, requests) => {
        const key = newKey();
        const hits = new Map<string, number[]>();
        for (const { pause: ms, client } of requests) {
          clock.advance(ms);
          const own = hits.get(client) ?? [];
          const asked = limits.map((limit, index): LimitTier => ({
            ...limit,
            client,
            key: `${key} ${index}`,
            algorithm: 'sliding-window',
          }));
          const room = limits.map(
            ({ limit, windowMs }) => own.filter((at) => clock.time - at < windowMs).length < limit,
          );
          const verdict = store.consume(asked);
          same(verdict.allowed, room.every(Boolean));
          verdict.tiers.forEach((tier, index) => same(tier!.allowed, room[index]));
          if (verdict.allowed) hits.set(client, [...own, clock.time]);
        }
      }),
      runs(1_500),
    );
  },
  patience(),
);

it(
  'a token bucket agrees with one kept in whole numbers',
  () => {
    const bucket = fc.record({
      limit: fc.integer({ min: 1, max: 20 }),
      windowMs: fc.integer({ min: 1, max: 500 }),
      burst: fc.integer({ min: 1, max: 30 }),
    });
    const hit = fc.record({ pause, cost: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(bucket, fc.array(hit, { maxLength: 60 }), ({ limit, windowMs, burst }, steps) => {
        const key = newKey();
        // Tokens times windowMs.
        let tokens = burst * windowMs;
        for (const { pause: ms, cost: price } of steps) {
          clock.advance(ms);
          tokens = Math.min(burst * windowMs, tokens + ms * limit);
          const fits = tokens >= price * windowMs;
          const tier: LimitTier = { client: 'a', key, limit, windowMs, burst, algorithm: 'token-bucket', cost: price };
          const found = store.consume([tier]).tiers[0]!;
          same(found.allowed, fits);
          if (fits) tokens -= price * windowMs;
          else if (price > burst) same(found.retryAfterMs, windowMs);
          else same(found.retryAfterMs, Math.ceil((price * windowMs - tokens) / limit));
        }
      }),
      runs(1_500),
    );
  },
  patience(),
);
