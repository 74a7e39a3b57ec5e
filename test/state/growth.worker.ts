import { type LimitTier, MemoryStateStore } from '../../lib/state';

// Measures what addresses cost: node --expose-gc -r typescript.cjs growth.worker.ts
const gc = (globalThis as unknown as { gc(): void }).gc;
const used = (): number => {
  // Typed arrays go with the second collection after their last use.
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
const address = (number: number): string => {
  const spread = Math.imul(number, 2_654_435_761) >>> 0;
  return `${spread >>> 24}.${(spread >>> 16) & 255}.${(spread >>> 8) & 255}.${spread & 255}`;
};

let time = 0;
const store = new MemoryStateStore({ clock: () => time });
const tier = (client: string): LimitTier => {
  return { client, key: 'GET /item/:id', limit: 100, windowMs: 60_000, algorithm: 'sliding-window' };
};
const before = used();
let perClient = 0;
for (let number = 0; number < 2_000_000; number++) {
  store.consume([tier(address(number))]);
  // Worst where the shards have just doubled, so look at many sizes.
  if (number % 100_000 === 99_999 && number < 1_000_000)
    perClient = Math.max(perClient, (used() - before) / store.size);
}
const total = used() - before;
// Everything expires, and the sweep gives its room back.
time = 60_000;
const { limits } = store as unknown as { limits: { sweep(shards: number): void } };
limits.sweep(10_000);
const afterwards = used() - before;
store.close();
process.send!({ perClient, total, afterwards });
