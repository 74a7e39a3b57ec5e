import { AsyncResource } from 'node:async_hooks';
import { Deadlines, type Waiting } from './deadlines';
import type { RedisScript } from './redis-script';
import { PROBE, PROBE_ANSWER } from './redis-scripts';
import { CONNECT_TIMEOUT_MS, type RedisClient, type RedisDialler } from './redis-source';
import { failure, failureOf, messageOf, type StoreFailure } from './store-failure';

/** What a link tells. */
export interface RedisLinkOptions {
  readonly dialler: RedisDialler;
  /** No command waits longer. */
  readonly timeoutMs: number;
  /** Key written to find out whether the server takes writes, until a command on another key failed. */
  readonly probeKey: string;
  up(): void;
  down(reason: StoreFailure): void;
  /** An attempt to connect failed while the link was down. */
  failed(reason: StoreFailure): void;
}

/** The circuit opens when failures weigh so much in a row. */
const OPEN_AT = 5;
const TIMEOUT_WEIGHT = 3;
/** Time-outs this close are one run, whatever succeeded in between: one node of a cluster may be dead. */
const TIMEOUT_RUN_MS = 1_000;
/** Waits before the attempts to connect; with the time an attempt takes, recovery stays within three seconds. */
const DELAYS_MS = [50, 500, 1_000, 1_500];
/** A connection that lived shorter does not start the waits from the beginning. */
const STEADY_MS = 5_000;

/**
 * A connection to Redis and its circuit breaker in one: closed is a connection that takes writes in time, open is none.
 *
 * A connection that failed is thrown away and a new one dialled, since ioredis keeps a dead socket until TCP gives up.
 * A new one must take a write and run a script before it is used, so a replica, a full, a loading or an old server does
 * not pass.
 */
export class RedisLink {
  private client: RedisClient | undefined;
  private dialling: RedisClient | undefined;
  private reason = failure('CONNECTING');
  private readonly deadlines: Deadlines;
  // Timers and sockets made here belong to no request's async context.
  private readonly outside = new AsyncResource('GuardStateStore');
  private retryTimer: NodeJS.Timeout | undefined;
  private attempt = 0;
  private upSince = 0;
  private weight = 0;
  /** A command got no answer in time, and nothing was answered since. */
  private silent = false;
  private lastTimeout = -Infinity;
  private suspect: string;
  private closed = false;

  constructor(private readonly options: RedisLinkOptions) {
    this.suspect = options.probeKey;
    this.deadlines = new Deadlines(
      options.timeoutMs,
      (waiting) => this.expired(waiting),
      () => failure('TIMEOUT'),
    );
  }

  /** True while commands are sent. */
  get isUp(): boolean {
    return this.client !== undefined;
  }

  /** False also while an answer is overdue: a request that waited for it has waited long enough for any other. */
  get isAnswering(): boolean {
    return this.client !== undefined && !this.silent;
  }

  /** The connection in use. */
  get current(): RedisClient | undefined {
    return this.client;
  }

  /** Dials for the first time; done when that attempt succeeded or failed. */
  start(): Promise<void> {
    return this.outside.runInAsyncScope(() => this.dial());
  }

  /** Runs a script with one round trip, or two when the server has forgotten it; rejects with a `StoreFailure`. */
  script<T>(script: RedisScript, keys: string[], args: (string | number)[], parse: (reply: unknown) => T): Promise<T> {
    return this.run(keys[0]!, async (client) => parse(await evaluate(client, script, keys, args)));
  }

  /** Asks the server something about a key within the time limit; rejects with a `StoreFailure`. */
  run<T>(key: string, ask: (client: RedisClient) => Promise<T>): Promise<T> {
    const { client } = this;
    if (client === undefined) return Promise.reject(this.reason);
    return new Promise<T>((resolve, reject) => {
      const waiting: Waiting = { settled: false, deadline: 0, key, reject };
      this.deadlines.add(waiting);
      ask(client).then(
        (value) => {
          if (client === this.client) this.silent = false;
          if (waiting.settled) return;
          waiting.settled = true;
          this.weight = 0;
          resolve(value);
        },
        (error: unknown) => {
          if (client === this.client) this.silent = false;
          if (waiting.settled) return;
          waiting.settled = true;
          const reason = failureOf(error);
          reject(reason);
          if (client === this.client) this.count(reason, key, 1);
        },
      );
    });
  }

  /** Lets go of everything at once; whatever waits is rejected. */
  close(): void {
    this.closed = true;
    clearTimeout(this.retryTimer);
    const { client, dialling } = this;
    this.client = undefined;
    this.reason = failure('CLOSED');
    this.deadlines.close(this.reason);
    for (const open of [client, dialling]) open?.disconnect();
  }

  private expired(waiting: Waiting): void {
    if (this.client === undefined) return;
    this.silent = true;
    const now = performance.now();
    const run = now - this.lastTimeout < TIMEOUT_RUN_MS;
    this.lastTimeout = now;
    this.count(failure('TIMEOUT'), waiting.key, run ? OPEN_AT : TIMEOUT_WEIGHT);
  }

  private count(reason: StoreFailure, key: string, weight: number): void {
    this.suspect = `${key}:probe`;
    this.weight += weight;
    if (this.weight >= OPEN_AT) this.trip(reason);
  }

  private trip(reason: StoreFailure): void {
    const { client } = this;
    if (client === undefined || this.closed) return;
    this.client = undefined;
    this.reason = reason;
    this.deadlines.failAll(reason);
    client.disconnect();
    this.options.down(reason);
    if (performance.now() - this.upSince > STEADY_MS) this.attempt = 0;
    this.outside.runInAsyncScope(() => this.dialLater());
  }

  private dialLater(): void {
    if (this.closed) return;
    const delay = DELAYS_MS[Math.min(this.attempt++, DELAYS_MS.length - 1)]!;
    // Instances that lost the same server do not all come back in the same instant.
    this.retryTimer = setTimeout(() => void this.dial(), delay * (0.8 + Math.random() * 0.2)).unref();
  }

  private async dial(): Promise<void> {
    let said: unknown;
    try {
      const client = this.options.dialler.commands();
      this.dialling = client;
      client.on('error', (error: unknown) => (said = error));
      await this.verify(client);
      if (this.closed) throw failure('CLOSED');
      this.accept(client);
    } catch (error) {
      this.dialling?.disconnect();
      this.dialling = undefined;
      if (this.closed) return;
      this.reason = failureOf(said ?? error);
      this.options.failed(this.reason);
      this.dialLater();
    }
  }

  private async verify(client: RedisClient): Promise<void> {
    const { timeoutMs, dialler } = this.options;
    await within(CONNECT_TIMEOUT_MS + timeoutMs, client.connect());
    // When ioredis may not select a database it goes on in the first one, which is somebody else's.
    if (dialler.database !== 0) await within(timeoutMs, client.call('select', [dialler.database]));
    const write = client.call('set', [this.suspect, '1', 'PX', 10_000]);
    // A server that is too old, or a user who may not, writes and fails in every script all the same.
    const [, answer] = await within(timeoutMs, Promise.all([write, evaluate(client, PROBE, [this.suspect], [])]));
    if (answer !== PROBE_ANSWER) throw failure('REPLY');
  }

  private accept(client: RedisClient): void {
    this.dialling = undefined;
    this.client = client;
    this.upSince = performance.now();
    this.weight = 0;
    this.silent = false;
    this.suspect = this.options.probeKey;
    client.once('close', () => {
      if (this.client === client) this.trip(failure('CLOSED'));
    });
    this.options.up();
  }
}

/** One round trip, or two when the server has forgotten the script. */
async function evaluate(
  client: RedisClient,
  { sha, source }: RedisScript,
  keys: string[],
  args: (string | number)[],
): Promise<unknown> {
  try {
    return await client.call('evalsha', [sha, keys.length, ...keys, ...args]);
  } catch (error) {
    if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
    return client.call('eval', [source, keys.length, ...keys, ...args]);
  }
}

/** The promise, or a failure when it takes longer. */
function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(failure('TIMEOUT')), timeoutMs).unref();
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
