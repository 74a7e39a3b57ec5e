import type { IncomingMessage } from 'node:http';
import { type GuardedRequest } from '../platform/guarded-request';

/**
 * Sees a body as it arrives from the network, before whoever reads it, and even when nobody does: Node receives as much as
 * fits into the stream's buffer unasked. Takes nothing away and starts no flow.
 */
export class BodyAhead {
  /** Everything has arrived, or nothing more will. */
  over = false;
  /** The buffer is full: nothing more arrives until somebody reads. */
  private full = false;
  private readonly waiting: (() => void)[] = [];

  constructor(raw: IncomingMessage, take: (chunk: Buffer) => void) {
    const push: IncomingMessage['push'] = raw.push.bind(raw);
    const receive = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (chunk === null) this.over = true;
      else if (chunk !== undefined) take(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : (chunk as Buffer));
      // Whoever broke the body off just now has put an end of its own in this place.
      if (raw.push !== receive) return true;
      const more = push(chunk, encoding);
      this.full = !more;
      if (this.over || this.full) this.wake();
      return more;
    };
    raw.push = receive;
    raw.once('close', () => {
      this.over = true;
      this.wake();
    });
  }

  /** Whether what can arrive without a reader has arrived. */
  get settled(): boolean {
    return this.over || this.full;
  }

  /** Waits until it has. */
  arrival(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

/** Whether a body is about to arrive as it is, not compressed, and from its first byte. */
export function arrives({ raw, headers }: GuardedRequest): boolean {
  return raw !== undefined && headers['content-encoding'] === undefined && raw.readableLength === 0 && !raw.complete;
}
