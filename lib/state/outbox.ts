import type { MonotonicClock } from './monotonic-clock';
import type { StateStore } from './state-store';

/** A change of a collection that the other instances have to be told. */
interface Change {
  readonly key: string;
  readonly text: string;
  readonly expiresAt: number;
  readonly done: () => void;
}

const BATCH = 64;

/** Writes changes to the store and tells the other instances, in batches: thousands at once must not make it time out. */
export class Outbox {
  private readonly changes: Change[] = [];
  private sending = false;

  constructor(
    private readonly store: StateStore,
    private readonly collection: string,
    private readonly clock: MonotonicClock,
  ) {}

  /** Done once the store and the other instances have it, or cannot be reached: what holds here holds anyway. */
  send(key: string, text: string, ttlMs: number): Promise<void> {
    return new Promise((done) => {
      this.changes.push({ key, text, expiresAt: this.clock() + ttlMs, done });
      if (!this.sending) void this.sendAll();
    });
  }

  private async sendAll(): Promise<void> {
    this.sending = true;
    while (this.changes.length > 0) {
      const batch = this.changes.splice(0, BATCH);
      await this.sendBatch(batch).catch(() => undefined);
      for (const { done } of batch) done();
    }
    this.sending = false;
  }

  private async sendBatch(batch: readonly Change[]): Promise<void> {
    const { store, collection, clock } = this;
    await Promise.all(
      batch.map(async ({ key, text, expiresAt }) => store.set(collection, key, text, expiresAt - clock())),
    );
    await store.publish(
      collection,
      batch.map(({ key, text, expiresAt }) => [key, text, expiresAt - clock()]),
    );
  }
}
