import 'reflect-metadata';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { hitOnce, openStore, type StoreArgs } from './limit-stores';

interface Args extends StoreArgs {
  readonly windowMs: number;
  /** How long housekeeping may take after the window has passed. */
  readonly afterMs: number;
}

/** Sends the longest time, in milliseconds, that nothing else could happen while clients came and were forgotten again. */
const args = JSON.parse(process.argv[2]!) as Args;

/** So few that they are no stall themselves. */
const BATCH = 50;

/** Of wall and CPU time the shorter: other processes prolong the one, V8's own threads the other. */
class Stopwatch {
  longest = 0;
  private wall = performance.now();
  private cpu = process.cpuUsage();

  look(): void {
    const { user, system } = process.cpuUsage(this.cpu);
    this.longest = Math.max(this.longest, Math.min(performance.now() - this.wall, (user + system) / 1000));
    this.wall = performance.now();
    this.cpu = process.cpuUsage();
  }
}

async function main(): Promise<void> {
  const hit = await openStore(args, args.windowMs);
  const stopwatch = new Stopwatch();
  const timer = setInterval(() => stopwatch.look(), 1);
  await hitOnce(hit, args.clients, BATCH, nextTurn);
  await delay(args.windowMs + args.afterMs);
  clearInterval(timer);
  process.send!({ milliseconds: stopwatch.longest }, () => process.exit(0));
}

void main();
