/** A question that waits for its answer. */
export interface Waiting {
  settled: boolean;
  /** By `performance.now`. */
  deadline: number;
  /** The key it is about. */
  readonly key: string;
  reject(error: Error): void;
}

/**
 * One time limit for any number of questions, with one timer that is made at start-up and runs only while something waits.
 *
 * A timer for each question would cost more than the question and hold on to the async context of its request.
 */
export class Deadlines {
  private queue: Waiting[] = [];
  private ticking = false;
  private readonly tickMs: number;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly timeoutMs: number,
    private readonly expired: (waiting: Waiting) => void,
    private readonly errorOf: () => Error,
  ) {
    this.tickMs = Math.max(1, Math.floor(timeoutMs / 10));
    this.timer = setTimeout(() => this.tick(), this.tickMs).unref();
  }

  /** Watches a question. It fails a tick early rather than late. */
  add(waiting: Waiting): void {
    waiting.deadline = performance.now() + this.timeoutMs - this.tickMs;
    this.queue.push(waiting);
    if (this.ticking) return;
    this.ticking = true;
    this.timer.refresh();
  }

  /** Fails everything that waits. */
  failAll(error: Error): void {
    const { queue } = this;
    this.queue = [];
    for (const waiting of queue) fail(waiting, error);
  }

  close(error: Error): void {
    this.failAll(error);
    clearTimeout(this.timer);
  }

  private tick(): void {
    // After a stall of the event loop timers run before the answers that came meanwhile: let those be read first.
    if (this.queue.length > 0) setImmediate(() => this.expire());
    else this.ticking = false;
  }

  private expire(): void {
    const now = performance.now();
    const late: Waiting[] = [];
    let head = 0;
    for (; head < this.queue.length; head++) {
      const waiting = this.queue[head]!;
      if (waiting.settled) continue;
      if (waiting.deadline > now) break;
      late.push(waiting);
    }
    if (head > 0) this.queue = this.queue.slice(head);
    this.ticking = this.queue.length > 0;
    if (this.ticking) this.timer.refresh();
    for (const waiting of late) {
      fail(waiting, this.errorOf());
      this.expired(waiting);
    }
  }
}

function fail(waiting: Waiting, error: Error): void {
  if (waiting.settled) return;
  waiting.settled = true;
  waiting.reject(error);
}
