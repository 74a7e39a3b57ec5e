import type { Redis } from 'ioredis';
import { AsyncResource } from 'node:async_hooks';

/** What a subscription needs and tells. */
export interface RedisSubscriptionOptions {
  dial(): Redis | undefined;
  /** Channels to listen to, by their names on the server. */
  channels(): string[];
  message(channel: string, text: string): void;
  /** All channels are subscribed, for the first time or again. */
  standing(): void;
}

const BEAT_MS = 1_000;

/**
 * The connection that listens. It sends nothing by itself, so it would never notice that its path died: a ping a second
 * finds out, and a connection that does not answer is replaced.
 */
export class RedisSubscription {
  private client: Redis | undefined;
  private ready = false;
  private silent = false;
  private readonly beat: NodeJS.Timeout;
  private readonly outside = new AsyncResource('GuardSubscription');
  private closed = false;

  constructor(private readonly options: RedisSubscriptionOptions) {
    this.beat = setInterval(() => this.check(), BEAT_MS).unref();
  }

  /** Throws the connection away, if there is one, and dials anew. */
  renew(): void {
    this.drop();
    if (!this.closed) this.outside.runInAsyncScope(() => void this.connect());
  }

  add(channel: string): void {
    if (this.ready) this.client?.subscribe(channel).catch(() => this.renew());
  }

  remove(channel: string): void {
    if (this.ready) this.client?.unsubscribe(channel).catch(() => undefined);
  }

  close(): void {
    this.closed = true;
    clearInterval(this.beat);
    this.drop();
  }

  private check(): void {
    const { client } = this;
    if (client === undefined || this.silent) {
      this.renew();
      return;
    }
    this.silent = true;
    if (!this.ready) return;
    client.ping().then(
      () => (this.silent = false),
      () => undefined,
    );
  }

  private async connect(): Promise<void> {
    const client = this.options.dial();
    if (client === undefined) return;
    this.client = client;
    client.on('error', () => undefined);
    client.on('message', (channel: string, text: string) => this.options.message(channel, text));
    client.once('close', () => {
      if (this.client === client) this.drop();
    });
    try {
      await client.connect();
      // At least one channel, so that the connection is in subscriber mode before anybody counts on it.
      const asked = this.options.channels();
      await client.subscribe(...asked);
      if (this.client !== client) return;
      this.ready = true;
      this.silent = false;
      const late = this.options.channels().filter((channel) => !asked.includes(channel));
      if (late.length > 0) await client.subscribe(...late);
      this.options.standing();
    } catch {
      if (this.client === client) this.drop();
    }
  }

  private drop(): void {
    const { client } = this;
    this.client = undefined;
    this.ready = false;
    this.silent = false;
    client?.disconnect();
  }
}
