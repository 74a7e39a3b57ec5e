import type { LimitTier, ResilientStateStore } from '../../lib/state';

/** The contract: state is shared again three seconds after a fault clears. */
export const RECOVERY_MS = 3_000;
/** The contract: no request is slower than this, whatever happens to Redis. */
export const SLOWEST_MS = 300;

/** A limit of ten a minute, or what is said instead. */
export const tier = (over: Partial<LimitTier> = {}): LimitTier => ({
  client: '192.0.2.1',
  key: 'route',
  limit: 10,
  windowMs: 60_000,
  algorithm: 'sliding-window',
  ...over,
});

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until the store is in a state; fails after the time the contract allows. */
export async function becomes(
  store: ResilientStateStore,
  state: 'healthy' | 'degraded',
  within = RECOVERY_MS,
): Promise<void> {
  const deadline = performance.now() + within;
  while (store.status().state !== state) {
    if (performance.now() > deadline) throw new Error(`still ${store.status().state} (${store.status().reason})`);
    await store.consume([tier({ key: `becomes ${state}`, limit: 1_000_000 })]);
    await pause(10);
  }
}

/** Load on keys of their own until told to stop: what came out, and how long the slowest took. */
export function load(store: ResilientStateStore): { stop(): Promise<{ answered: number; slowest: number }> } {
  let running = true;
  let answered = 0;
  let slowest = 0;
  const lane = async (number: number): Promise<void> => {
    for (let turn = 0; running; turn++) {
      const began = performance.now();
      await store.consume([tier({ client: `load ${number}`, key: `turn ${turn % 7}`, limit: 1_000_000 })]);
      slowest = Math.max(slowest, performance.now() - began);
      answered++;
      await pause(5);
    }
  };
  const lanes = Promise.all([1, 2, 3, 4].map(lane));
  return {
    stop: async () => {
      running = false;
      await lanes;
      return { answered, slowest };
    },
  };
}

/** Breaks and mends the server under load: counted here meanwhile, shared again afterwards, never slow. */
export async function survives(
  store: ResilientStateStore,
  break_: () => unknown,
  mend: () => unknown,
  recoveryMs = RECOVERY_MS,
): Promise<void> {
  const traffic = load(store);
  await break_();
  await becomes(store, 'degraded');
  expect((await store.consume([tier()])).source).toBe('local');
  await pause(300);
  await mend();
  await becomes(store, 'healthy', recoveryMs);
  expect((await store.consume([tier({ key: 'after' })])).source).toBe('shared');
  const { answered, slowest } = await traffic.stop();
  expect(answered).toBeGreaterThan(0);
  expect(slowest).toBeLessThan(SLOWEST_MS);
}
