import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  createHistogram,
  type IntervalHistogram,
  monitorEventLoopDelay,
  type RecordableHistogram,
} from 'node:perf_hooks';

/** Milliseconds. */
export interface Distribution {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** How a process felt while it was watched. */
export interface Watch {
  /** How late the event loop was, as far as the process worked meanwhile. */
  readonly held: Distribution;
  /** How late it was, whoever had the processor. */
  readonly late: Distribution;
  /** The largest size of the process, in bytes. */
  readonly rss: number;
  /** The share of one processor that was used. */
  readonly cpu: number;
  /** From a request's head to the end of its answer, by the first segment of its path. */
  readonly answers: Readonly<Record<string, Distribution>>;
}

/** What a process holds on to after its garbage was collected. */
export interface Holdings {
  /** Bytes. */
  readonly rss: number;
  /** Bytes in use on the heap and outside of it. */
  readonly used: number;
  /** Open handles and requests by kind. */
  readonly handles: Readonly<Record<string, number>>;
}

const TICK_MS = 1;
const NONE: Distribution = { count: 0, median: 0, p99: 0, max: 0 };

/**
 * Watches the process that it is in. The event loop of a process is late for its own work or because others had the
 * processor; only the first is its fault. So each delay is charged with no more than the processor time that the process
 * took in it, garbage collection and its helpers included.
 */
export class Vitals {
  private readonly answers = new Map<string, RecordableHistogram>();
  private held = createHistogram();
  private late: IntervalHistogram | undefined;
  private timer: NodeJS.Timeout | undefined;
  private rss = 0;
  private began = { at: 0, cpu: 0 };

  constructor(server: Server) {
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      if (this.timer === undefined) return;
      const began = performance.now();
      const kind = request.url!.split('/', 2)[1]!;
      response.once('finish', () => this.answered(kind, performance.now() - began));
    });
  }

  watch(): void {
    this.stop();
    this.answers.clear();
    this.held = createHistogram();
    this.late = monitorEventLoopDelay({ resolution: TICK_MS });
    this.late.enable();
    this.rss = 0;
    let last = moment();
    this.began = last;
    this.timer = setInterval(() => {
      const now = moment();
      record(this.held, Math.min(now.at - last.at - TICK_MS, now.cpu - last.cpu));
      // Asked twenty times a second: it is a file to read.
      if (Math.floor(now.at / 50) !== Math.floor(last.at / 50))
        this.rss = Math.max(this.rss, process.memoryUsage.rss());
      last = now;
    }, TICK_MS);
  }

  seen(): Watch {
    const { at, cpu } = moment();
    const answers = [...this.answers].map(([kind, histogram]) => [kind, distribution(histogram, 1_000)] as const);
    const seen: Watch = {
      held: distribution(this.held, 1_000),
      late: this.late === undefined ? NONE : distribution(this.late, 1_000_000),
      rss: this.rss,
      cpu: (cpu - this.began.cpu) / (at - this.began.at),
      answers: Object.fromEntries(answers),
    };
    this.stop();
    return seen;
  }

  holdings(): Holdings {
    const { gc } = globalThis as { gc?: () => void };
    // Typed arrays go with the second collection after their last use.
    for (let turn = 0; turn < 3; turn++) gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    const handles: Record<string, number> = {};
    // An immediate is gone after this turn of the event loop, so it is nothing that is held on to.
    const lasting = process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate');
    for (const kind of lasting) handles[kind] = (handles[kind] ?? 0) + 1;
    return { rss, used: heapUsed + external, handles };
  }

  private answered(kind: string, ms: number): void {
    let histogram = this.answers.get(kind);
    if (histogram === undefined) this.answers.set(kind, (histogram = createHistogram()));
    record(histogram, ms);
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.late?.disable();
    this.late = undefined;
  }
}

/** Milliseconds of the clock, and of the processor. */
function moment(): { at: number; cpu: number } {
  const { user, system } = process.cpuUsage();
  return { at: performance.now(), cpu: (user + system) / 1_000 };
}

/** Histograms hold whole numbers from 1 on: microseconds. */
function record(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.max(1, Math.round(ms * 1_000)));
}

function distribution(histogram: IntervalHistogram | RecordableHistogram, perMs: number): Distribution {
  const { count } = histogram;
  if (count === 0) return NONE;
  const [median, p99, max] = [histogram.percentile(50), histogram.percentile(99), histogram.max];
  return { count, median: median / perMs, p99: p99 / perMs, max: max / perMs };
}
