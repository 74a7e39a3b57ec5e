import 'reflect-metadata';
import { hitOnce, openStore, type StoreArgs } from './limit-stores';

/** Sends the bytes per client after the first request of each, and after the second. */
const args = JSON.parse(process.argv[2]!) as StoreArgs;

const WINDOW_MS = 600_000;
const BATCH = 500;

/** Bytes in use after a collection, on the heap and outside of it. */
function inUse(): number {
  globalThis.gc!();
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function main(): Promise<void> {
  const hit = await openStore(args, WINDOW_MS);
  await hit('192.0.2.1');
  const before = inUse();
  const bytes: number[] = [];
  for (let request = 1; request <= 2; request++) {
    await hitOnce(hit, args.clients, BATCH, () => undefined);
    bytes.push((inUse() - before) / args.clients);
  }
  process.send!({ bytes }, () => process.exit(0));
}

void main();
