import { Instances } from '../../lib/state/instances';
import { type LimitTier, MemoryStateStore } from '../../lib/state';
import { random } from '../support/random';
import { tier } from '../support/store-under-load';
import { TestClock } from '../support/test-clock';

/** So many instances that have all seen each other. */
function fleetOf(size: number): Instances[] {
  const ids = Array.from({ length: size }, (_, index) => `instance ${index}`);
  const fleet = ids.map((id) => new Instances(id));
  // Redis answers in an order of its own, and everybody's own name may be missing.
  for (const [index, instance] of fleet.entries()) instance.meet([...ids.slice(index), ...ids.slice(0, index)], 0);
  return fleet;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

describe('the parts of a limit', () => {
  it.each([1, 2, 3, 7, 8, 50])('of %i instances are together the limit, for every client', (size) => {
    const fleet = fleetOf(size);
    for (const limit of [1, 2, 5, 7, 8, 9, 100, 1_000, 12_345]) {
      for (let client = 0; client < 20; client++) {
        const asked = tier({ client: `192.0.2.${client}`, limit });
        const parts = fleet.map((instance) => instance.allotment(limit, asked));
        expect(sum(parts)).toBe(limit);
        expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('of a limit smaller than their number go to others for each client', () => {
    const fleet = fleetOf(8);
    const served = fleet.map(() => 0);
    for (let client = 0; client < 4_000; client++) {
      const asked = tier({ client: `10.0.${client >> 8}.${client & 255}`, limit: 1 });
      served[fleet.findIndex((instance) => instance.allotment(1, asked) === 1)]!++;
    }
    for (const clients of served) expect(clients).toBeGreaterThan(400);
  });

  it('is all of it for whoever has met nobody', () => {
    expect(new Instances('alone').allotment(10, tier())).toBe(10);
  });

  it('stay as they are through an outage, and grow half a minute after others have gone', () => {
    const [instance] = fleetOf(2);
    const part = (): number => instance!.allotment(10, tier());
    expect(part()).toBe(5);
    instance!.pause();
    // An hour later Redis is back, empty: the other one shows up later.
    instance!.meet(['instance 0'], 3_600_000);
    expect([part(), instance!.count]).toEqual([5, 2]);
    for (let second = 1; second < 30; second++) instance!.meet(['instance 0'], 3_600_000 + second * 1_000);
    expect(part()).toBe(5);
    instance!.meet(['instance 0'], 3_630_000);
    expect([part(), instance!.count]).toEqual([10, 1]);
  });

  it('do not grow because the process slept', () => {
    const [instance] = fleetOf(2);
    instance!.meet([], 1_000);
    instance!.meet([], 900_000);
    expect(instance!.count).toBe(2);
  });
});

describe('a memory that may admit a part of each limit', () => {
  const plans: [string, Partial<LimitTier>, most: number][] = [
    ['a window', { limit: 10 }, 10],
    ['a window of less than there are instances', { limit: 3 }, 3],
    ['a window of costly requests', { limit: 100, cost: 3 }, 100],
    ['a coarse window', { limit: 5_000 }, 5_000],
    ['a bucket', { limit: 10, algorithm: 'token-bucket' }, 20],
    ['a bucket with a burst', { limit: 10, burst: 3, algorithm: 'token-bucket' }, 13],
    ['a bucket that most instances have no part of', { limit: 60, burst: 2, algorithm: 'token-bucket' }, 62],
    ['a window that keeps out', { limit: 10, blockMs: 60_000 }, 10],
  ];
  const open = (size: number) => {
    const clock = new TestClock(1_000_000);
    const stores = fleetOf(size).map(({ allotment }) => ({
      allotment,
      store: new MemoryStateStore({ clock: clock.read }),
    }));
    return { clock, stores };
  };

  it.each(plans)('admits with seven others no more than one would: %s', (_name, over, most) => {
    const next = random(7);
    for (const size of [1, 2, 5, 8]) {
      const { clock, stores } = open(size);
      const asked = tier(over);
      let admitted = 0;
      // One window of requests at times and to instances by chance.
      for (let step = 0; step < 8_000; step++) {
        const { store, allotment } = stores[next(size)]!;
        if (store.consume([asked], allotment).allowed) admitted += asked.cost ?? 1;
        if (step % 2 === 0) clock.advance(15);
        if (clock.time >= 1_000_000 + asked.windowMs - 15) break;
      }
      expect([size, admitted <= most]).toEqual([size, true]);
      // What does not divide by the cost is lost, and what is still on its way into a bucket; nothing else.
      expect([size, admitted >= most * 0.9 - size * (asked.cost ?? 1)]).toEqual([size, true]);
      for (const { store } of stores) store.close();
    }
  });

  it('tells what it has left itself, and when to ask again', () => {
    const { clock, stores } = open(2);
    const [{ store, allotment }] = stores as [(typeof stores)[0]];
    const asked = tier({ limit: 4 });
    expect(store.consume([asked], allotment).tiers[0]).toMatchObject({ allowed: true, remaining: 1 });
    clock.advance(100);
    store.consume([asked], allotment);
    expect(store.consume([asked], allotment).tiers[0]).toMatchObject({
      allowed: false,
      remaining: 0,
      retryAfterMs: 59_900,
    });
    for (const { store: each } of stores) each.close();
  });

  it('has whoever has no part of a limit asked again in a second', () => {
    const { stores } = open(8);
    const asked = tier({ limit: 1 });
    const verdicts = stores.map(({ store, allotment }) => store.consume([asked], allotment).tiers[0]!);
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(1);
    expect(new Set(verdicts.map(({ retryAfterMs }) => retryAfterMs))).toEqual(new Set([0, 1_000]));
    for (const { store } of stores) store.close();
  });

  it('keeps nobody out who only went over a part', () => {
    const { clock, stores } = open(2);
    const [{ store, allotment }] = stores as [(typeof stores)[0]];
    const asked = tier({ limit: 4, windowMs: 1_000, blockMs: 60_000 });
    for (let request = 0; request < 5; request++) store.consume([asked], allotment);
    clock.advance(1_000);
    expect(store.consume([asked], allotment).allowed).toBe(true);
    for (const { store: each } of stores) each.close();
  });
});
