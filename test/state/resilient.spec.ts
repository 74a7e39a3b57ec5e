import { AsyncLocalStorage } from 'node:async_hooks';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type LimitVerdict, ResilientStateStore, type ResilientStateStoreOptions } from '../../lib/state';
import { type Fault, FaultProxy } from '../support/fault-proxy';
import { until } from '../support/until';
import { becomes, load, pause, RECOVERY_MS, SLOWEST_MS, survives, tier } from '../support/store-under-load';
import { freePort, RedisServer, startCluster, startReplica, startSentinel } from '../support/redis-server';

describe('a store over Redis', () => {
  const closing: { stop?(): unknown; close?(): unknown }[] = [];
  afterEach(async () => {
    for (const item of closing.splice(0).reverse()) await (item.close?.() ?? item.stop?.());
  });
  const redis = async (options = {}): Promise<RedisServer> => {
    const server = await RedisServer.start(options);
    closing.push(server);
    return server;
  };
  const open = async (options: ResilientStateStoreOptions): Promise<ResilientStateStore> => {
    const store = new ResilientStateStore(options);
    closing.push(store);
    await store.start();
    return store;
  };

  it('survives kill -9 and an empty restart', async () => {
    const server = await redis();
    const store = await open({ redis: server.url });
    await survives(
      store,
      () => server.kill(),
      () => server.restart(),
    );
  });

  it('survives a frozen server, and sends it no burst when it wakes', async () => {
    const server = await redis();
    const store = await open({ redis: server.url });
    const calls = async (): Promise<number> =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await server.admin().info('commandstats'))?.[1] ?? 0);
    await store.consume([tier()]);
    const before = await calls();
    server.freeze();
    // 20 in flight when it stops, hundreds while it is stopped.
    await Promise.all(Array.from({ length: 20 }, async () => store.consume([tier({ key: 'frozen' })])));
    await becomes(store, 'degraded');
    for (let request = 0; request < 500; request++) await store.consume([tier({ key: 'frozen' })]);
    server.thaw();
    expect((await calls()) - before).toBeLessThanOrEqual(22);
    await becomes(store, 'healthy');
  });

  it('has nobody wait for a server of which another answer is overdue, and asks it again once that came', async () => {
    const server = await redis();
    const store = await open({ redis: server.url, commandTimeoutMs: 1_000 });
    const counter = { client: 'a', key: 'b', threshold: 2, windowMs: 60_000 };
    server.freeze();
    expect((await store.consume([tier()])).source).toBe('local');
    // What is answered at once has waited for nothing.
    for (const answer of [store.consume([tier()]), store.peek([tier()]), store.strike(counter), store.tally(counter)])
      expect(answer).toMatchObject({ source: 'local' });
    expect(store.set('bans', 'a', '1', 60_000)).toBe(true);
    expect(store.get('bans', 'a')).toMatchObject({ value: '1' });
    server.thaw();
    await until(async () => (await store.consume([tier({ limit: 1_000 })])).source === 'shared');
    const other = await open({ redis: server.url });
    await until(async () => (await other.get('bans', 'a'))?.value === '1');
  });

  it.each<[string, (server: RedisServer) => Promise<unknown>, (server: RedisServer) => Promise<unknown>]>([
    [
      'READONLY',
      async (server) => {
        await server.admin().replicaof('127.0.0.1', String(await freePort()));
      },
      (server) => server.admin().replicaof('NO', 'ONE'),
    ],
    [
      'OOM',
      (server) => server.admin().config('SET', 'maxmemory', '1'),
      (server) => server.admin().config('SET', 'maxmemory', '0'),
    ],
    [
      'NOAUTH',
      async (server) => {
        const admin = server.admin();
        await admin.config('SET', 'requirepass', 'secret');
        await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      },
      (server) => server.admin('secret').config('SET', 'requirepass', ''),
    ],
    [
      'NOPERM',
      (server) => server.admin().acl('SETUSER', 'default', '-evalsha', '-eval', '-set'),
      (server) => server.admin().acl('SETUSER', 'default', '+@all'),
    ],
    [
      'MISCONF',
      async (server) => {
        const admin = server.admin();
        await admin.config('SET', 'min-replicas-to-write', '1');
      },
      (server) => server.admin().config('SET', 'min-replicas-to-write', '0'),
    ],
  ])('takes %s for a failure and never throws', async (_name, break_, mend) => {
    const server = await redis();
    const store = await open({ redis: server.url });
    await survives(
      store,
      () => break_(server),
      () => mend(server),
    );
  });

  it.each<[string, Fault]>([
    ['half-open', { kind: 'blackhole' }],
    ['reset', { kind: 'reset' }],
    ['cut after 1 byte', { kind: 'cut', bytes: 1 }],
    ['cut after 7 bytes', { kind: 'cut', bytes: 7 }],
    ['a trickle', { kind: 'throttle', bytesPerSecond: 20 }],
    ['200 ms of latency each way', { kind: 'latency', ms: 200 }],
  ])('survives a network that is %s', async (_name, fault) => {
    const server = await redis();
    const proxy = await FaultProxy.start(server.port);
    closing.push(proxy);
    const store = await open({ redis: { host: '127.0.0.1', port: proxy.port } });
    await survives(
      store,
      () => proxy.set(fault),
      () => proxy.set({ kind: 'none' }),
    );
  });

  it('survives a network that comes and goes, and leaks no connection', async () => {
    const server = await redis();
    const proxy = await FaultProxy.start(server.port);
    closing.push(proxy);
    const store = await open({ redis: { host: '127.0.0.1', port: proxy.port } });
    const traffic = load(store);
    proxy.set({ kind: 'flap', ms: 150 });
    await pause(2_000);
    proxy.set({ kind: 'none' });
    await becomes(store, 'healthy');
    expect((await traffic.stop()).slowest).toBeLessThan(SLOWEST_MS);
    await pause(300);
    expect(proxy.open).toBeLessThanOrEqual(2);
  });

  it('gives a client at most twice its limit over repeated failovers', async () => {
    const server = await redis();
    const store = await open({ redis: server.url });
    const asked = tier({ key: 'twice', limit: 10 });
    let admitted = 0;
    const knock = async (): Promise<void> => {
      const verdicts = await Promise.all(Array.from({ length: 50 }, async () => store.consume([asked])));
      admitted += verdicts.filter((verdict) => verdict.allowed).length;
    };
    const fewer = async (): Promise<void> => {
      for (let request = 0; request < 9; request++) if ((await store.consume([asked])).allowed) admitted++;
    };
    await fewer();
    await server.kill();
    await becomes(store, 'degraded');
    await fewer();
    await server.restart();
    await becomes(store, 'healthy');
    await knock();
    await server.kill();
    await becomes(store, 'degraded');
    await knock();
    await server.restart();
    await becomes(store, 'healthy');
    await knock();
    expect(admitted).toBeGreaterThanOrEqual(10);
    expect(admitted).toBeLessThanOrEqual(20);
  });

  it.each([
    [1, 2, 0],
    [3, 8, 2],
  ])('sends nothing for a client it knows to be refused: cost %i of %i', async (cost, limit, remaining) => {
    const server = await redis();
    const [store, other] = [await open({ redis: server.url }), await open({ redis: server.url })];
    const admin = server.admin();
    const calls = async (): Promise<number> =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1] ?? 0);
    const wide = tier({ key: 'wide', limit: 100 });
    const asked = tier({ key: 'known', limit, cost, windowMs: 5_000 });
    for (let request = 0; request < 3; request++) await store.consume([wide, asked]);
    const before = await calls();
    const verdicts = Array.from({ length: 100 }, () => store.consume([wide, asked]) as LimitVerdict);
    expect(await calls()).toBe(before);
    expect(verdicts[0]).toMatchObject({ allowed: false, tiers: [undefined, { allowed: false, remaining }] });
    expect(verdicts[0]!.tiers[1]!.retryAfterMs).toBeGreaterThan(0);
    expect((await store.consume([wide])).allowed).toBe(true);
    expect((await store.consume([{ ...asked, cost: 1 }])).allowed).toBe(remaining > 0);
    await other.reset([asked]);
    await pause(200);
    expect((await store.consume([wide, asked])).allowed).toBe(true);
  });

  it.each([
    ['allow', true],
    ['deny', false],
  ] as const)('does as it is told when Redis fails: %s', async (onStoreError, allowed) => {
    const store = await open({ redis: { host: '127.0.0.1', port: await freePort() }, onStoreError });
    const verdicts = await Promise.all(Array.from({ length: 20 }, async () => store.consume([tier({ limit: 1 })])));
    expect(verdicts.every((verdict) => verdict.allowed === allowed && verdict.source === 'none')).toBe(true);
  });

  it('starts without Redis, counts exactly, says so once and connects when it comes', async () => {
    const server = await redis({ config: { requirepass: 'hunter2' } });
    await server.kill();
    const lines: string[] = [];
    const store = await open({
      redis: `redis://:hunter2@127.0.0.1:${server.port}`,
      log: (_level, message) => lines.push(message),
    });
    const verdicts = Array.from({ length: 500 }, () => store.consume([tier({ key: 'boot' })]) as LimitVerdict);
    expect(verdicts.filter((verdict) => verdict.allowed)).toHaveLength(10);
    await pause(1_000);
    expect(lines).toEqual([expect.stringMatching(/^Redis cannot be used: connection refused .*ECONNREFUSED/)]);
    await server.restart();
    await becomes(store, 'healthy');
    expect(lines).toHaveLength(2);
    expect((await store.consume([tier({ key: 'boot' })])).allowed).toBe(false);
    expect(JSON.stringify([lines, store.status()])).not.toContain('hunter2');
  });

  it.each([
    ['nothing listens', async () => ({ host: '127.0.0.1', port: await freePort() }), /ECONNREFUSED/],
    [
      'the password is wrong',
      async () => `redis://:hunter3@127.0.0.1:${(await redis({ config: { requirepass: 'x' } })).port}`,
      /WRONGPASS/,
    ],
    ['the password is missing', async () => (await redis({ config: { requirepass: 'x' } })).url, /NOAUTH/],
    [
      'no sentinel answers',
      async () => ({ name: 'guard', sentinels: [{ host: '127.0.0.1', port: await freePort() }] }),
      /Redis is required/,
    ],
    [
      'no node of the cluster answers',
      async () => ({ nodes: [{ host: '127.0.0.1', port: await freePort() }] }),
      /Redis is required/,
    ],
  ])('refuses to start when Redis is required and %s', async (_name, source, message) => {
    const start = open({ redis: await source(), required: true });
    await expect(start).rejects.toThrow(message);
    await expect(start).rejects.not.toThrow(/hunter3/);
  });

  it('leaves a client it was given alone', async () => {
    const server = await redis();
    const client = new Redis(server.port, { keyPrefix: 'app:' });
    const store = await open({ redis: client, prefix: 'guard:' });
    await store.consume([tier({ client: 'a' })]);
    expect(await server.admin().exists('app:guard:{a}:w0:route')).toBe(1);
    store.close();
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
  });

  it('dials and times out outside the async context of requests', async () => {
    const server = await redis();
    const context = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const store = await open({ redis: server.url, log: (level) => level === 'log' && seen.push(context.getStore()) });
    // An error reply opens the circuit in the very context of a request.
    await server.admin().config('SET', 'maxmemory', '1');
    await context.run('request', () => becomes(store, 'degraded'));
    await server.admin().config('SET', 'maxmemory', '0');
    await becomes(store, 'healthy');
    expect(seen).toEqual([undefined]);
  });

  describe('keeps values', () => {
    const keysOf = async (store: ResilientStateStore): Promise<string[]> =>
      (await store.list('bans')).map(({ key }) => key).sort();

    it('written and deleted during an outage, and tells the others to look again', async () => {
      const server = await redis();
      const proxy = await FaultProxy.start(server.port);
      closing.push(proxy);
      const store = await open({ redis: { host: '127.0.0.1', port: proxy.port } });
      const other = await open({ redis: server.url });
      await store.set('bans', 'before', '1', 60_000);
      await store.set('bans', 'lifted', '1', 60_000);
      let looks = 0;
      other.subscribe('bans', { message: () => undefined, resubscribed: () => looks++ });
      proxy.set({ kind: 'blackhole' });
      await becomes(store, 'degraded');
      await store.set('bans', 'meanwhile', '2', 60_000);
      await store.delete('bans', 'lifted');
      expect(await keysOf(store)).toEqual(['before', 'meanwhile']);
      expect(await keysOf(other)).toEqual(['before', 'lifted']);
      proxy.set({ kind: 'none' });
      await becomes(store, 'healthy');
      expect(await keysOf(store)).toEqual(['before', 'meanwhile']);
      await until(() => looks > 0, RECOVERY_MS);
      expect(await keysOf(other)).toEqual(['before', 'meanwhile']);
    });

    it('that a flushed server lost, but for what another instance deleted', async () => {
      const server = await redis();
      const [store, other] = [await open({ redis: server.url }), await open({ redis: server.url })];
      for (const key of ['a', 'b']) await store.set('bans', key, '1', 60_000);
      await other.set('bans', 'c', '1', 60_000);
      await other.delete('bans', 'a');
      await pause(200);
      await server.admin().flushall();
      await until(async () => (await keysOf(store)).length === 2, RECOVERY_MS);
      await pause(1_100);
      expect(await keysOf(store)).toEqual(['b', 'c']);
    });

    it.each([
      ['reads', async (store: ResilientStateStore) => store.get('bans', 'a')],
      ['lists', async (store: ResilientStateStore) => store.list('bans')],
    ])('but not what another instance has overwritten, once it %s that', async (_, look) => {
      const server = await redis();
      const [store, other] = [await open({ redis: server.url }), await open({ redis: server.url })];
      await store.set('bans', 'a', 'old', 60_000);
      await store.set('bans', 'b', 'mine', 60_000);
      await other.set('bans', 'a', 'new', 60_000);
      await look(store);
      other.close();
      await server.admin().flushall();
      await until(async () => (await keysOf(store)).includes('b'), RECOVERY_MS);
      expect(await keysOf(store)).toEqual(['b']);
    });

    it('with the time to live of the server, 3,000 of them', async () => {
      const server = await redis();
      // 3,000 writes at once may take a busy machine longer than a command may take.
      const patient = { redis: server.url, commandTimeoutMs: 5_000 };
      const [store, other] = [await open({ ...patient, maxValues: 3_000 }), await open(patient)];
      await store.set('bans', 'short', '1', 2_000);
      expect(await store.get('bans', 'short')).toMatchObject({ value: '1' });
      await Promise.all(
        Array.from({ length: 2_999 }, async (_, index) => store.set('bans', `ban ${index}`, 'x', 60_000)),
      );
      expect(await other.list('bans')).toHaveLength(3_000);
      expect(await store.set('bans', 'one too many', 'x', 60_000)).toBe(false);
      await until(async () => (await other.get('bans', 'short')) === undefined);
      expect(await store.set('bans', 'one too many', 'x', 60_000)).toBe(true);
      expect(await other.list('bans')).toHaveLength(3_000);
    });
  });

  it('carries messages to every instance, its own at once, and says when it may have missed some', async () => {
    const server = await redis();
    const [store, other] = [await open({ redis: server.url }), await open({ redis: server.url })];
    const heard: unknown[] = [];
    let looks = 0;
    store.subscribe('news', { message: (message, own) => heard.push(['own', message, own]) });
    other.subscribe('news', {
      message: (message, own) => heard.push(['other', message, own]),
      resubscribed: () => looks++,
    });
    await pause(100);
    const sent = store.publish('news', { ban: '192.0.2.1' });
    expect(heard).toEqual([['own', { ban: '192.0.2.1' }, true]]);
    await sent;
    await pause(200);
    expect(heard.slice(1)).toEqual([['other', { ban: '192.0.2.1' }, false]]);
    const before = looks;
    await server.admin().call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until(() => looks > before, RECOVERY_MS);
    await store.publish('news', 'again');
    await pause(200);
    expect(heard).toContainEqual(['other', 'again', false]);
    await server.admin().publish('nestapi_guard:channel:news', 'junk {');
  });

  it.each(['frozen', 'dead', 'well'] as const)('closes and lets the process end while Redis is %s', async (state) => {
    const server = await redis();
    const worker = fork(join(__dirname, 'close.worker.ts'), [server.url], {
      execArgv: ['-r', join(__dirname, '../support/typescript.cjs')],
    });
    await once(worker, 'message');
    if (state === 'frozen') server.freeze();
    if (state === 'dead') await server.kill();
    const ended = once(worker, 'exit');
    const began = performance.now();
    worker.send('close');
    expect(await ended).toEqual([0, null]);
    // The contract allows two seconds.
    expect(performance.now() - began).toBeLessThan(2_000);
    server.thaw();
  });

  it('leases to one at a time', async () => {
    const server = await redis();
    const [store, other] = [await open({ redis: server.url }), await open({ redis: server.url })];
    const lease = await store.acquire('feed', 60_000);
    expect(await other.acquire('feed', 60_000)).toBeUndefined();
    await lease!.release();
    expect(await other.acquire('feed', 60_000)).toBeDefined();
    expect(lease).toBeDefined();
  });

  it('follows a failover of sentinels', async () => {
    const master = await redis();
    const replica = await startReplica(master);
    closing.push(replica);
    const sentinel = await startSentinel(master);
    closing.push(sentinel);
    const store = await open({ redis: { name: 'guard', sentinels: [{ host: '127.0.0.1', port: sentinel.port }] } });
    expect((await store.consume([tier()])).source).toBe('shared');
    const traffic = load(store);
    await master.kill();
    await becomes(store, 'degraded');
    // Sentinel takes half a second to notice and up to a few to elect; ours starts when it is done.
    await becomes(store, 'healthy', 15_000);
    expect((await traffic.stop()).slowest).toBeLessThan(SLOWEST_MS);
    expect(await replica.admin().info('replication')).toContain('role:master');
  });

  it('survives a frozen node of a cluster', async () => {
    const nodes = await startCluster();
    closing.push(...nodes);
    const store = await open({ redis: { nodes: nodes.map(({ host, port }) => ({ host, port })) } });
    const traffic = load(store);
    nodes[1]!.freeze();
    const all = async (): Promise<unknown> =>
      Promise.all(Array.from({ length: 30 }, async (_, index) => store.consume([tier({ client: `10.0.0.${index}` })])));
    await all();
    await all();
    expect(store.status().state).toBe('degraded');
    nodes[1]!.thaw();
    await becomes(store, 'healthy', 5_000);
    expect((await traffic.stop()).slowest).toBeLessThan(SLOWEST_MS);
  });
});
