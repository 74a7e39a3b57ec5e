import { type LimitTier, MemoryStateStore, type StrikeCounter } from '../../lib/state';
import { TestClock } from '../support/test-clock';
import { random } from '../support/random';

const tier = (over: Partial<LimitTier> = {}): LimitTier => ({
  client: '192.0.2.1',
  key: 'route',
  limit: 3,
  windowMs: 1_000,
  algorithm: 'sliding-window',
  ...over,
});

describe('limits in memory', () => {
  const clock = new TestClock();
  const stores: MemoryStateStore[] = [];
  const memory = (over = {}): MemoryStateStore => {
    const store = new MemoryStateStore({ clock: clock.read, ...over });
    stores.push(store);
    return store;
  };
  afterEach(() => stores.splice(0).forEach((store) => store.close()));

  it('admits exactly the limit of 500 at once and says when the next one may come', () => {
    const store = memory();
    const verdicts = Array.from({ length: 500 }, () => store.consume([tier({ limit: 10 })]));
    expect(verdicts.filter((verdict) => verdict.allowed)).toHaveLength(10);
    expect(verdicts.slice(0, 11).map((verdict) => verdict.tiers[0]!.remaining)).toEqual([
      9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0,
    ]);
    expect(verdicts[499]!.tiers[0]).toEqual({ allowed: false, remaining: 0, resetMs: 1_000, retryAfterMs: 1_000 });
    clock.advance(999);
    expect(store.consume([tier({ limit: 10 })]).tiers[0]!.retryAfterMs).toBe(1);
    clock.advance(1);
    expect(store.consume([tier({ limit: 10 })]).allowed).toBe(true);
  });

  it('counts nothing in any tier when one of them refuses', () => {
    const store = memory();
    const wide = tier({ key: 'wide', limit: 10 });
    const narrow = tier({ key: 'narrow', limit: 1 });
    expect(store.consume([wide, narrow]).tiers.map((verdict) => verdict!.remaining)).toEqual([9, 0]);
    const refused = store.consume([wide, narrow]);
    expect(refused.allowed).toBe(false);
    expect(refused.tiers.map((verdict) => verdict!.allowed)).toEqual([true, false]);
    expect(store.peek([wide]).tiers[0]!.remaining).toBe(9);
  });

  it.each([
    ['clients', { client: '192.0.2.2' }],
    ['keys', { key: 'other' }],
    ['algorithms', { algorithm: 'token-bucket' as const }],
    ['texts cut elsewhere', { client: '192.0.2.1r', key: 'oute' }],
  ])('keeps %s apart', (_name, other) => {
    const store = memory();
    store.consume([tier({ cost: 3 })]);
    expect(store.consume([tier()]).allowed).toBe(false);
    expect(store.consume([tier(other)]).allowed).toBe(true);
  });

  it('takes the cost, refuses what can never fit, and gives back on refund', () => {
    const store = memory();
    expect(store.consume([tier({ limit: 5, cost: 4 })]).tiers[0]!.remaining).toBe(1);
    expect(store.consume([tier({ limit: 5, cost: 2 })]).allowed).toBe(false);
    expect(store.consume([tier({ limit: 5, cost: 6 })]).tiers[0]!.retryAfterMs).toBe(1_000);
    store.refund([tier({ limit: 5, cost: 4 })]);
    expect(store.peek([tier({ limit: 5 })]).tiers[0]!.remaining).toBe(5);
  });

  it('resets', () => {
    const store = memory();
    const bucket = tier({ algorithm: 'token-bucket' });
    const counter = { client: 'a', key: 'strikes', threshold: 2, windowMs: 1_000 };
    store.consume([tier({ cost: 3 })]);
    store.consume([{ ...bucket, cost: 3 }]);
    store.strike(counter);
    store.reset([tier(), bucket, counter]);
    expect(store.consume([tier({ cost: 3 }), { ...bucket, cost: 3 }]).allowed).toBe(true);
    expect(store.tally(counter).count).toBe(0);
  });

  it('never admits more than the limit in a window and never refuses fewer: 10,000 sequences against a plain list', () => {
    const store = memory();
    const next = random(20261122);
    for (let sequence = 0; sequence < 10_000; sequence++) {
      const limit = 1 + next(30);
      const windowMs = 1 + next(200);
      const key = `sequence ${sequence}`;
      let hits: number[] = [];
      for (let step = 0; step < 40; step++) {
        clock.advance(next(4) === 0 ? next(windowMs + 2) : next(3));
        const cost = next(5) === 0 ? 1 + next(4) : 1;
        hits = hits.filter((hit) => clock.time - hit < windowMs);
        const expected = hits.length + cost <= limit;
        const asked = tier({ key, limit, windowMs, cost });
        const peeked = store.peek([asked]);
        const verdict = store.consume([asked]);
        let retryAfterMs = 0;
        if (expected) for (let hit = 0; hit < cost; hit++) hits.push(clock.time);
        else if (cost > limit) retryAfterMs = windowMs;
        else retryAfterMs = hits[hits.length + cost - limit - 1]! + windowMs - clock.time;
        const { remaining, retryAfterMs: retry } = verdict.tiers[0]!;
        // Plain comparisons: 400,000 calls of expect take a quarter of a minute.
        const right = verdict.allowed === expected && remaining === limit - hits.length && retry === retryAfterMs;
        if (!right || peeked.allowed !== expected)
          expect({ sequence, step, verdict, peeked }).toEqual({ expected, hits });
        if (expected && next(10) === 0) {
          store.refund([asked]);
          hits.splice(-cost);
        }
      }
    }
  });

  it.each([1_001, 1_999, 5_000, 100_000, 3_000_000, 131_072_000])(
    'never admits more than %i in a rolling window and wastes little',
    (limit) => {
      const store = memory();
      const next = random(limit);
      const windowMs = 10_000;
      const admitted: [time: number, cost: number][] = [];
      const largest = Math.ceil(limit / 200);
      let early = 0;
      for (let step = 0; step < 5_000; step++) {
        clock.advance(next(20));
        const cost = 1 + next(largest);
        const asked = tier({ key: `large ${limit}`, limit, windowMs, cost });
        while (admitted.length > 0 && clock.time - admitted[0]![0] >= windowMs) admitted.shift();
        const held = admitted.reduce((sum, [, hits]) => sum + hits, 0);
        if (store.consume([asked]).allowed) {
          admitted.push([clock.time, cost]);
          expect(held + cost).toBeLessThanOrEqual(limit);
        } else early = Math.max(early, limit - held - cost);
      }
      expect(early).toBeLessThan(limit * 0.002);
    },
  );

  it('counts a limit beyond what it can hold as the largest it can', () => {
    const store = memory();
    const asked = tier({ key: 'beyond', limit: 2 ** 40, cost: 65_536_000 });
    expect([1, 2, 3].map(() => store.consume([asked]).allowed)).toEqual([true, true, false]);
  });

  it('lives through the end of 2^32 milliseconds', () => {
    clock.time = 2 ** 32 - 500;
    const store = memory();
    const bucket = tier({ key: 'bucket', algorithm: 'token-bucket', limit: 2 });
    expect(store.consume([tier({ cost: 3 }), { ...bucket, cost: 2 }]).allowed).toBe(true);
    clock.advance(501);
    expect(store.consume([tier()]).tiers[0]!.retryAfterMs).toBe(499);
    expect(store.consume([bucket]).allowed).toBe(true);
    clock.advance(499);
    expect(store.consume([tier({ cost: 3 })]).allowed).toBe(true);
    clock.time = 0;
  });
});

describe('token buckets in memory', () => {
  const clock = new TestClock();
  const store = new MemoryStateStore({ clock: clock.read });
  afterAll(() => store.close());

  it.each([
    ['limit as burst', { limit: 4 }, 4, 250],
    ['a larger burst', { limit: 4, burst: 10 }, 10, 250],
    ['a smaller burst', { limit: 4, burst: 1 }, 1, 250],
    ['thirds of a millisecond', { limit: 3, windowMs: 1 }, 3, 1],
  ])('start full and refill steadily: %s', (key, over, burst, stepMs) => {
    const asked = tier({ key, algorithm: 'token-bucket', ...over });
    const verdicts = Array.from({ length: burst + 1 }, () => store.consume([asked]));
    expect(verdicts.filter((verdict) => verdict.allowed)).toHaveLength(burst);
    expect(verdicts[0]!.tiers[0]!.remaining).toBe(burst - 1);
    expect(verdicts[burst]!.tiers[0]!.retryAfterMs).toBe(stepMs);
    clock.advance(stepMs - 1);
    expect(store.consume([asked]).allowed).toBe(false);
    clock.advance(1);
    expect(store.consume([asked]).allowed).toBe(true);
  });

  it('agree with a bucket kept in rational numbers: 2,000 sequences', () => {
    const next = random(7);
    for (let sequence = 0; sequence < 2_000; sequence++) {
      const limit = 1 + next(20);
      const windowMs = 1 + next(500);
      const burst = 1 + next(30);
      // Tokens times windowMs, so that everything is a whole number.
      let tokens = burst * windowMs;
      let last = clock.time;
      for (let step = 0; step < 50; step++) {
        clock.advance(next(3) === 0 ? next(windowMs) : next(4));
        tokens = Math.min(burst * windowMs, tokens + (clock.time - last) * limit);
        last = clock.time;
        const cost = 1 + next(3);
        const expected = tokens >= cost * windowMs;
        const asked = tier({ key: `bucket ${sequence}`, algorithm: 'token-bucket', limit, windowMs, burst, cost });
        if (store.consume([asked]).allowed !== expected) throw new Error(`sequence ${sequence}, step ${step}`);
        if (expected) tokens -= cost * windowMs;
      }
    }
  });
});

describe('strikes in memory', () => {
  const clock = new TestClock();
  const store = new MemoryStateStore({ clock: clock.read });
  afterAll(() => store.close());
  const counter = (over: Partial<StrikeCounter> = {}): StrikeCounter => ({
    client: 'a',
    key: 'strikes',
    threshold: 3,
    windowMs: 1_000,
    ...over,
  });

  it('cross once however many come, and again only after falling below', () => {
    const edge = counter({ key: 'edge' });
    const tallies = Array.from({ length: 50 }, () => store.strike(edge));
    expect(tallies.map((tally) => tally.crossed).lastIndexOf(true)).toBe(2);
    expect(tallies.filter((tally) => tally.crossed)).toHaveLength(1);
    expect(tallies[49]).toMatchObject({ count: 3, roomMs: 1_000 });
    clock.advance(500);
    expect(store.strike(edge).crossed).toBe(false);
    clock.advance(500);
    expect(store.tally(edge)).toMatchObject({ count: 1, roomMs: 0 });
    expect(store.strike(edge).crossed).toBe(false);
    expect(store.strike(edge)).toMatchObject({ crossed: true, count: 3, roomMs: 500 });
  });

  it('rest after a crossing and start anew', () => {
    const resting = counter({ key: 'resting', restartAfterMs: 5_000 });
    const crossings = Array.from({ length: 50 }, () => store.strike(resting).crossed);
    expect(crossings.filter(Boolean)).toHaveLength(1);
    clock.advance(4_999);
    expect(store.strike(resting)).toMatchObject({ crossed: false, count: 3, roomMs: 1 });
    clock.advance(1);
    expect([1, 2, 3].map(() => store.strike(resting).crossed)).toEqual([false, false, true]);
  });

  it.each([1, 2, 7, 1_500])('agree with a plain list at threshold %i', (threshold) => {
    const next = random(threshold);
    const asked = counter({ key: `model ${threshold}`, threshold });
    let events: number[] = [];
    for (let step = 0; step < 5_000; step++) {
      clock.advance(next(threshold > 100 ? 2 : 400));
      events = events.filter((event) => clock.time - event < 1_000);
      const before = events.length;
      events.push(clock.time);
      const tally = store.strike(asked);
      if (threshold > 1_000) continue;
      expect(tally.crossed).toBe(before < threshold && events.length >= threshold);
      expect(tally.count).toBe(Math.min(threshold, events.length));
    }
  });
});
