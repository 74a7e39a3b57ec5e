import { setTimeout as delay } from 'node:timers/promises';
import { freshClient, type Instance } from './fleet';
import { rounds, thrice } from './profile';

/** What came back of one kind of request. */
export interface Tally {
  /** How often each status came back; 0 stands for no answer. */
  readonly statuses: Record<number, number>;
  /** Milliseconds. */
  slowest: number;
}

/** What came back while the traffic ran. */
export interface TrafficReport {
  /** Requests that count against limits with room, from many clients. */
  readonly counted: Tally;
  /** Requests of a blacklisted client. */
  readonly blacklisted: Tally;
  /** Requests of one client that wants more than its limit of 100. */
  readonly greedy: Tally;
  /** Requests that need nothing of Redis: what the machine itself does to latency at the same time. */
  readonly free: Tally;
}

/** A steady stream of requests to a fleet, whatever comes back and however long it takes. */
export class Traffic {
  private readonly timer: NodeJS.Timeout;
  private readonly report: TrafficReport = {
    counted: blank(),
    blacklisted: blank(),
    greedy: blank(),
    free: blank(),
  };
  private readonly open = new Set<Promise<void>>();
  private readonly greedyClient = freshClient();
  private sent = 0;

  /** @param rate requests per second over all kinds */
  constructor(
    private readonly fleet: readonly Instance[],
    rate = 200,
  ) {
    const began = performance.now();
    // A late timer sends what is due, so that a stalled machine does not thin the traffic out.
    this.timer = setInterval(() => {
      const due = ((performance.now() - began) * rate) / 1000;
      while (this.sent < due) this.send(this.sent++);
    }, 20);
  }

  /** Stops and waits for what is under way. */
  async stop(): Promise<TrafficReport> {
    clearInterval(this.timer);
    await Promise.all(this.open);
    return this.report;
  }

  private send(number: number): void {
    const instance = this.fleet[(number >> 2) % this.fleet.length]!;
    const [kind, path, from] = [
      ['counted', '/wide', `198.19.0.${(number >> 2) % 200}`],
      ['blacklisted', '/wide', '203.0.113.66'],
      ['greedy', '/limit/100', this.greedyClient],
      ['free', '/static/free', '198.19.1.1'],
    ][number % 4] as [keyof TrafficReport, string, string];
    const began = performance.now();
    const request = instance.status(path, from).then((status) => {
      const tally = this.report[kind];
      tally.statuses[status] = (tally.statuses[status] ?? 0) + 1;
      tally.slowest = Math.max(tally.slowest, performance.now() - began);
      this.open.delete(request);
    });
    this.open.add(request);
  }
}

/** The most that a request may take because of Redis: the contract's 300 ms, on top of what the machine takes anyhow. */
const SLOWEST_MS = 300;

/** Nothing failed, nothing leaked, nothing waited; and the greedy client got its limit of 100 not more often than it may. */
export function expectUnharmed({ counted, blacklisted, greedy, free }: TrafficReport, times = 2): void {
  expect(only(counted, [200])).toEqual({});
  expect(only(free, [200])).toEqual({});
  expect(only(blacklisted, [403])).toEqual({});
  expect(only(greedy, [200, 429])).toEqual({});
  expect(greedy.statuses[200] ?? 0).toBeLessThanOrEqual(100 * times);
  expect(counted.statuses[200]).toBeGreaterThan(0);
  expect(Math.max(counted.slowest, greedy.slowest)).toBeLessThan(free.slowest + SLOWEST_MS);
}

/** The statuses that are not expected. */
function only({ statuses }: Tally, expected: readonly number[]): Record<string, number> {
  return Object.fromEntries(Object.entries(statuses).filter(([status]) => !expected.includes(Number(status))));
}

const blank = (): Tally => ({ statuses: {}, slowest: 0 });

/** Milliseconds that may come on top, by what Redis is like. */
export interface MostAdded {
  readonly median: number;
  readonly p99: number;
}

/** While Redis is known to be away: nobody waits for it. */
export const AWAY: MostAdded = { median: 1, p99: 10 };

/**
 * From head to answer inside of the applications, what counts against limits takes hardly longer than what does not. Both
 * meet the same machine; by how much it delays one request in a hundred is measured meanwhile, and not counted.
 */
export async function expectAdded(fleet: readonly Instance[], most: MostAdded, forMs: number): Promise<void> {
  await thrice(async () => {
    await Promise.all(fleet.map((instance) => instance.ask('watch')));
    await delay(forMs);
    const seen = await Promise.all(fleet.map((instance) => instance.ask('seen')));
    return () => {
      for (const { answers, late } of seen) {
        const { wide, static: free } = answers;
        expect(wide!.median - free!.median).toBeLessThan(most.median);
        // One in a hundred of a short run is a handful of requests, and tells of the machine.
        expect(wide!.p99 - free!.p99).toBeLessThan(rounds(most.p99 + late.p99, Infinity));
      }
    };
  });
}
