import { randomUUID } from 'node:crypto';
import { granuleShift, MOST_HITS } from './granule';
import { LocalChannels } from './local-channels';
import { BEAT, type Beat, beatOf } from './redis-beat';
import { identityOf } from './redis-identity';
import { RedisKeys } from './redis-keys';
import { RedisLink } from './redis-link';
import { LIMITS, STRIKES } from './redis-limit-scripts';
import { DELETE_VALUE, FILLING, GET_VALUE, LIST_VALUES, RELEASE, SET_VALUE } from './redis-scripts';
import { diallerOf, keyPrefixOf, type RedisSource } from './redis-source';
import { arrayOf, envelopeOf, numbersOf, textOf, verdictsOf } from './redis-replies';
import { RedisSubscription } from './redis-subscription';
import { StatusBoard } from './status-board';
import type {
  ChannelListener,
  Lease,
  LimitTier,
  LimitVerdict,
  Message,
  StateStore,
  StoredEntry,
  StoredValue,
  StoreStatus,
  StrikeCounter,
  Tally,
  TierVerdict,
  Unsubscribe,
} from './state-store';

/** How a `RedisStateStore` reaches its server. */
export interface RedisStateStoreOptions {
  /** A URL, ioredis options (Sentinel included), a cluster, or a client whose settings are used. */
  readonly redis: RedisSource;
  /** Put before every key and channel. Default: `nestapi_guard:`. */
  readonly prefix?: string;
  /** No command waits longer, in milliseconds. Default: 100. */
  readonly commandTimeoutMs?: number;
  /** Live values a collection holds at most. Default: 250,000. */
  readonly maxValues?: number;
}

type LimitMode = 'consume' | 'peek' | 'refund';

/** A channel every instance listens to, so that there always is one. */
const EVERYBODY = 'instances';

/**
 * State that all instances share through one Redis, a Sentinel group or a Cluster.
 *
 * Every operation is one round trip and rejects with a `StoreFailure` when the server does not do it in time; time is
 * the server's. Wrap it into a `ResilientStateStore` to have every question answered.
 */
export class RedisStateStore implements StateStore {
  private readonly keys: RedisKeys;
  private readonly link: RedisLink;
  private readonly subscription: RedisSubscription;
  private readonly channels = new LocalChannels();
  private readonly board = new StatusBoard('degraded', 'not connected yet');
  readonly instance = randomUUID();
  private readonly maxValues: number;
  private told = false;

  constructor(options: RedisStateStoreOptions) {
    this.maxValues = options.maxValues ?? 250_000;
    const dialler = diallerOf(options.redis);
    this.keys = new RedisKeys(keyPrefixOf(options.redis) + (options.prefix ?? 'nestapi_guard:'), dialler.database);
    this.link = new RedisLink({
      dialler,
      timeoutMs: options.commandTimeoutMs ?? 100,
      probeKey: this.keys.probe,
      up: () => this.connected(),
      down: ({ message }) => this.board.write('degraded', message),
      failed: ({ message }) => this.missed(message),
    });
    this.subscription = new RedisSubscription({
      dial: () => dialler.subscriber(this.link.current),
      channels: () => [EVERYBODY, ...this.channels.names()].map((name) => this.keys.channel(name)),
      message: (channel, text) => this.receive(channel, text),
      standing: () => this.channels.resubscribed(),
    });
  }

  /** Connects; done when the first attempt succeeded or failed, within a second or so. `status()` tells which. */
  async start(): Promise<void> {
    await this.link.start();
  }

  /** True while commands are sent; otherwise they are rejected at once. */
  get isUp(): boolean {
    return this.link.isUp;
  }

  /** False also while an answer is overdue. */
  get isAnswering(): boolean {
    return this.link.isAnswering;
  }

  consume(tiers: readonly LimitTier[]): Promise<LimitVerdict> {
    return this.ask('consume', tiers);
  }

  peek(tiers: readonly LimitTier[]): Promise<LimitVerdict> {
    return this.ask('peek', tiers);
  }

  async refund(tiers: readonly LimitTier[]): Promise<void> {
    await this.ask('refund', tiers);
  }

  strike(counter: StrikeCounter): Promise<Tally> {
    return this.count('strike', counter);
  }

  tally(counter: StrikeCounter): Promise<Tally> {
    return this.count('tally', counter);
  }

  async reset(keys: readonly (LimitTier | StrikeCounter)[]): Promise<void> {
    const names = keys.map((key) => ('threshold' in key ? this.keys.strikes(key) : this.keys.tier(key)));
    await Promise.all(names.map((name) => this.link.run(name, (client) => client.del(name))));
  }

  async set(collection: string, key: string, value: string, ttlMs: number): Promise<boolean> {
    return (await this.put(collection, key, value, ttlMs)).stored;
  }

  /** `set`, and the name of the filling the value went into (see `filling`). */
  put(collection: string, key: string, value: string, ttlMs: number): Promise<{ stored: boolean; filling: string }> {
    const args = [key, value, Math.max(1, Math.ceil(ttlMs)), this.maxValues, this.instance + Date.now()];
    return this.link.script(SET_VALUE, this.keys.collection(collection), args, (reply) => {
      const [stored, filling] = arrayOf(reply);
      return { stored: stored === 1, filling: textOf(filling) };
    });
  }

  get(collection: string, key: string): Promise<StoredValue | undefined> {
    return this.link.script(GET_VALUE, this.keys.collection(collection), [key], (reply) => {
      const [value, ttlMs] = arrayOf(reply);
      return typeof value === 'string' && typeof ttlMs === 'number' ? { value, ttlMs } : undefined;
    });
  }

  delete(collection: string, key: string): Promise<boolean> {
    return this.link.script(DELETE_VALUE, this.keys.collection(collection), [key], (reply) => reply === 1);
  }

  async list(collection: string): Promise<StoredEntry[]> {
    const entries = new Map<string, StoredEntry>();
    let cursor = '0';
    do {
      const names = this.keys.collection(collection);
      const page = await this.link.script(LIST_VALUES, names, [cursor], arrayOf);
      cursor = textOf(page[0]);
      for (let at = 1; at + 2 < page.length; at += 3) {
        const key = textOf(page[at]);
        entries.set(key, { key, value: textOf(page[at + 1]), ttlMs: Number(page[at + 2]) });
      }
    } while (cursor !== '0');
    return [...entries.values()];
  }

  /** The name of what a collection holds now; another name means that everything before was lost. */
  filling(collection: string): Promise<string> {
    const args = [this.instance + Date.now()];
    return this.link.script(FILLING, this.keys.collection(collection), args, textOf);
  }

  async publish(channel: string, message: Message): Promise<void> {
    this.channels.deliver(channel, message, true);
    const name = this.keys.channel(channel);
    await this.link.run(name, (client) => client.publish(name, JSON.stringify([this.instance, message])));
  }

  subscribe(channel: string, listener: ChannelListener): Unsubscribe {
    const known = this.channels.names().includes(channel);
    const remove = this.channels.add(channel, listener);
    if (!known) this.subscription.add(this.keys.channel(channel));
    return () => {
      remove();
      if (!this.channels.names().includes(channel)) this.subscription.remove(this.keys.channel(channel));
    };
  }

  /** @internal Shows up among the instances; and notices a dead connection without a request that waits for it. */
  beat(): Promise<Beat> {
    return this.link.script(BEAT, [this.keys.instances], [this.instance], beatOf);
  }

  /**
   * Which process with which history answers, on a cluster all that do: another answer than before means that something
   * may have been lost. Undefined when that cannot be told.
   */
  identity(): Promise<string | undefined> {
    return this.link.run(this.keys.probe, identityOf);
  }

  /** Tells the listeners of this instance to look at the shared state again. */
  resubscribed(): void {
    this.channels.resubscribed();
  }

  async acquire(key: string, ttlMs: number): Promise<Lease | undefined> {
    const name = this.keys.lease(key);
    const token = randomUUID();
    const ttl = Math.max(1, Math.ceil(ttlMs));
    const taken = await this.link.run(name, (client) => client.set(name, token, 'PX', ttl, 'NX'));
    if (taken !== 'OK') return undefined;
    return {
      release: () => this.link.script(RELEASE, [name], [token], () => undefined).catch(() => undefined),
    };
  }

  status(): StoreStatus {
    return this.board.read();
  }

  onStatus(listener: (status: StoreStatus) => void): Unsubscribe {
    return this.board.listen(listener);
  }

  /** Drops the connections. Their sockets are destroyed within a tenth of a second, answered or not. */
  close(): void {
    this.link.close();
    this.subscription.close();
    this.channels.clear();
  }

  /** One script for all tiers, unless they belong to several clients and those to several slots of a cluster. */
  private ask(mode: LimitMode, tiers: readonly LimitTier[]): Promise<LimitVerdict> {
    const spread = this.link.current?.isCluster === true && tiers.some(({ client }) => client !== tiers[0]!.client);
    return spread ? this.askEach(mode, tiers) : this.askAll(mode, tiers);
  }

  /** No script spans slots: ask one client after the other, and give back what was taken when a later one refuses. */
  private async askEach(mode: LimitMode, tiers: readonly LimitTier[]): Promise<LimitVerdict> {
    const verdicts = new Array<TierVerdict | undefined>(tiers.length);
    const taken: LimitTier[][] = [];
    let allowed = true;
    for (const client of new Set(tiers.map((tier) => tier.client))) {
      const group = tiers.filter((tier) => tier.client === client);
      const verdict = await this.askAll(allowed || mode !== 'consume' ? mode : 'peek', group);
      group.forEach((tier, index) => (verdicts[tiers.indexOf(tier)] = verdict.tiers[index]));
      if (allowed && verdict.allowed) taken.push(group);
      allowed &&= verdict.allowed;
    }
    if (!allowed && mode === 'consume') await Promise.all(taken.map((group) => this.askAll('refund', group)));
    return { allowed, tiers: verdicts, source: 'shared' };
  }

  private async askAll(mode: LimitMode, tiers: readonly LimitTier[]): Promise<LimitVerdict> {
    const names = tiers.map((tier) => this.keys.tier(tier));
    const args: (string | number)[] = [mode];
    for (const { algorithm, limit, windowMs, cost = 1, burst = limit, blockMs = 0 } of tiers) {
      if (algorithm === 'token-bucket') args.push('bucket', limit, windowMs, cost, burst, blockMs);
      else args.push('window', Math.min(limit, MOST_HITS), windowMs, cost, 1 << granuleShift(limit), blockMs);
    }
    const verdicts = await this.link.script(LIMITS, names, args, (reply) => verdictsOf(reply, tiers.length));
    return { allowed: verdicts.every(({ allowed }) => allowed), tiers: verdicts, source: 'shared' };
  }

  private count(mode: 'strike' | 'tally', counter: StrikeCounter): Promise<Tally> {
    const { threshold, windowMs, restartAfterMs } = counter;
    const rest = restartAfterMs === undefined ? -1 : Math.ceil(restartAfterMs);
    const args = [mode, Math.min(threshold, MOST_HITS), windowMs, 1 << granuleShift(threshold), rest];
    return this.link.script(STRIKES, [this.keys.strikes(counter)], args, (reply) => {
      const [count, crossed, roomMs] = numbersOf(reply, 3) as [number, number, number];
      return { count, crossed: crossed === 1, roomMs, source: 'shared' };
    });
  }

  private receive(name: string, text: string): void {
    const envelope = envelopeOf(text);
    // What this instance published, its listeners heard at once.
    if (envelope === undefined || envelope.from === this.instance) return;
    this.channels.deliver(name.slice(this.keys.channel('').length), envelope.message, false);
  }

  private connected(): void {
    this.told = true;
    this.subscription.renew();
    this.board.write('healthy');
  }

  private missed(reason: string): void {
    // Degraded from the start is worth telling once, though it changes nothing.
    this.board.write('degraded', reason, !this.told);
    this.told = true;
  }
}
