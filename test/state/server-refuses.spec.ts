import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ResilientStateStore, type ResilientStateStoreOptions } from '../../lib/state';
import { selfSigned } from '../support/certificate';
import { freePort, moveSlot, RedisServer, type RedisServerOptions, startCluster } from '../support/redis-server';
import { becomes, load, pause, SLOWEST_MS, survives, tier } from '../support/store-under-load';
import { until } from '../support/until';

describe('a server that cannot do what it is asked', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  const redis = async (options: RedisServerOptions = {}): Promise<RedisServer> => {
    const server = await RedisServer.start(options);
    closing.push(() => server.stop());
    return server;
  };
  const open = async (options: ResilientStateStoreOptions): Promise<ResilientStateStore> => {
    const store = new ResilientStateStore(options);
    closing.push(() => store.close());
    await store.start();
    return store;
  };

  it('BUSY: runs a script of somebody else for ever', async () => {
    const server = await redis({ config: { 'busy-reply-threshold': '50' } });
    const store = await open({ redis: server.url });
    const [busy, rescue] = [server.admin(), server.admin()];
    await rescue.ping();
    await survives(
      store,
      () => void busy.eval('while true do end', 0).catch(() => undefined),
      () => rescue.script('KILL'),
    );
  });

  it('LOADING: comes back with a large file to read first', async () => {
    // 400 µs a key: two seconds in which the server answers LOADING to everything.
    const config = { 'key-load-delay': '400', 'loading-process-events-interval-bytes': '1024' };
    const server = await redis({ config });
    const store = await open({ redis: server.url });
    const admin = server.admin();
    await admin.eval("for i = 1, 5000 do redis.call('SET', 'key:' .. i, i) end", 0);
    await admin.call('SAVE');
    const traffic = load(store);
    await server.reload();
    await becomes(store, 'degraded');
    await until(() => /LOADING/.test(store.status().reason ?? ''));
    expect((await store.consume([tier()])).source).toBe('local');
    await becomes(store, 'healthy', 10_000);
    expect((await store.consume([tier({ key: 'after' })])).source).toBe('shared');
    expect(await admin.exists('key:5000')).toBe(1);
    expect((await traffic.stop()).slowest).toBeLessThan(SLOWEST_MS);
  });

  it('NOPERM: allows no more than the user of docs/redis.md needs, and that is enough', async () => {
    const server = await redis();
    const page = readFileSync(join(__dirname, '../../docs/redis.md'), 'utf8');
    const rules = /^ACL SETUSER ([^`]+)/m.exec(page)![1]!.split(/\s+/).filter(Boolean);
    await server.admin().call('ACL', 'SETUSER', ...rules);
    const store = await open({ redis: `redis://guard:password@127.0.0.1:${server.port}` });
    const bucket = { algorithm: 'token-bucket', key: 'bucket' } as const;
    const long = tier({ key: 'long', limit: 1_000, cost: 100 });
    const asked = [tier({ limit: 2 }), tier(bucket), tier({ key: 'coarse', limit: 5_000 }), long];
    const counter = { client: 'a', key: 'b', threshold: 2, windowMs: 60_000, restartAfterMs: 1_000 };
    let news: unknown;
    const unsubscribe = store.subscribe('news', { message: (message) => (news = message) });
    await store.consume(asked);
    await store.refund(asked);
    for (const allowed of [true, true, false]) expect(await store.consume(asked)).toMatchObject({ allowed });
    expect([(await store.strike(counter)).crossed, (await store.strike(counter)).crossed]).toEqual([false, true]);
    expect((await store.tally(counter)).source).toBe('shared');
    await store.reset([asked[0]!, counter]);
    expect(await store.set('bans', 'a', 'x', 60_000)).toBe(true);
    expect([await store.get('bans', 'a'), await store.list('bans')]).toMatchObject([{ value: 'x' }, [{ key: 'a' }]]);
    expect(await store.delete('bans', 'a')).toBe(true);
    await store.publish('news', 'heard');
    await (await store.acquire('lease', 1_000))!.release();
    await until(async () => (await server.admin().pubsub('CHANNELS')).length > 0);
    unsubscribe();
    expect([news, store.status().state]).toEqual(['heard', 'healthy']);
    const log = (await server.admin().call('ACL', 'LOG')) as unknown[];
    expect(log).toEqual([]);
  });

  it.each([
    ['knows no scripts, as an old one', { 'rename-command': 'EVALSHA ""' }, /older than Redis 6.2.*\(ERR\)/],
    ['lets the user run no scripts', { user: 'default on nopass ~* &* +@all -evalsha' }, /\(NOPERM\)/],
  ])('%s: is never taken for one that can be used', async (_name, config, reason) => {
    const server = await redis({ config });
    const store = await open({ redis: server.url });
    const seen: string[] = [];
    store.onStatus(({ state }) => seen.push(state));
    const traffic = load(store);
    await pause(1_500);
    await traffic.stop();
    expect(seen).not.toContain('healthy');
    expect(store.status()).toMatchObject({ state: 'degraded', reason: expect.stringMatching(reason) });
    await expect(open({ redis: server.url, required: true })).rejects.toThrow(reason);
  });

  it('answers OK to everything: is never taken for one that can be used', async () => {
    const commands = (bytes: Buffer): number => String(bytes).match(/^\*\d/gm)?.length ?? 0;
    const server = createServer((socket) =>
      socket.on('data', (bytes) => socket.write('+OK\r\n'.repeat(commands(bytes)))),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    closing.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    await expect(open({ redis: { host: '127.0.0.1', port }, required: true })).rejects.toThrow(/\(REPLY\)/);
  });

  it.each([
    ['does not have', {}, 99, /no such database.*\(ERR\)/],
    ['does not let the user select', { user: 'default on nopass ~* &* +@all -select' }, 1, /\(NOPERM\)/],
  ])('a database that it %s: is not replaced by the first one', async (_name, config, database, reason) => {
    const server = await redis({ config });
    const store = await open({ redis: `${server.url}/${database}` });
    expect(await store.consume([tier()])).toMatchObject({ allowed: true, source: 'local' });
    expect(store.status()).toMatchObject({ state: 'degraded', reason: expect.stringMatching(reason) });
    await expect(open({ redis: `${server.url}/${database}`, required: true })).rejects.toThrow(reason);
    expect(await server.admin().dbsize()).toBe(0);
  });

  describe('of a cluster', () => {
    let nodes: RedisServer[];
    const sources = () => nodes.map(({ host, port }) => ({ host, port }));
    beforeAll(async () => {
      nodes = await startCluster();
    });
    afterAll(() => Promise.all(nodes.map((node) => node.stop())));

    it('MOVED: is asked as if it were alone', async () => {
      // The probe lies in one slot, so one node of the three takes it, and refuses most clients all the same.
      const stores = await Promise.all(sources().map((node) => open({ redis: node })));
      const clients = Array.from({ length: 250 }, (_, index) => tier({ client: `10.0.0.${index}`, limit: 1 }));
      for (const store of stores) {
        const verdicts = [];
        for (const asked of clients) verdicts.push(await store.consume([asked]));
        expect(verdicts.every(({ allowed }) => allowed)).toBe(true);
        await until(() => /MOVED/.test(store.status().reason ?? ''));
      }
    });

    it('CLUSTERDOWN: lacks a slot', async () => {
      const store = await open({ redis: { nodes: sources() } });
      const admin = nodes[0]!.admin();
      const slot = String(await admin.call('CLUSTER', 'KEYSLOT', '192.0.2.1'));
      const owner = (await ownerOf(nodes, slot))!.admin();
      await survives(
        store,
        () => owner.call('CLUSTER', 'DELSLOTS', slot),
        () => owner.call('CLUSTER', 'ADDSLOTS', slot),
        6_000,
      );
    });

    it.each([
      ['one limit', 1],
      ['two limits, which a migration tears apart for a moment', 2],
    ])(
      'stays exact while the slot of a client moves to another node: %s',
      async (name, tiers) => {
        const store = await open({ redis: { nodes: sources() }, commandTimeoutMs: 1_000 });
        const client = `moving ${tiers}`;
        const asked = Array.from({ length: tiers }, (_, index) =>
          tier({ client, key: `${name} ${index}`, limit: 100 }),
        );
        const slot = String(await nodes[0]!.admin().call('CLUSTER', 'KEYSLOT', client));
        const from = (await ownerOf(nodes, slot))!;
        const to = nodes.find((node) => node !== from)!;
        let [admitted, refused, alone] = [0, 0, 0];
        const knock = async (times: number): Promise<void> => {
          for (let time = 0; time < times; time++) {
            const { allowed, source } = await store.consume(asked);
            if (allowed) admitted++;
            else refused++;
            if (allowed && source !== 'shared') alone++;
          }
        };
        await knock(30);
        const moving = moveSlot(slot, from, to, () => pause(100));
        await Promise.all([moving, ...Array.from({ length: 10 }, () => knock(6))]);
        await knock(20);
        expect([admitted, refused, alone]).toEqual([100, 10, 0]);
        expect(await to.admin().call('CLUSTER', 'COUNTKEYSINSLOT', slot)).toBe(tiers);
      },
      20_000,
    );
  });
});

describe('a server that speaks TLS only', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guard-tls-'));
  const { key, cert } = selfSigned();
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  let server: RedisServer;
  let port: number;

  beforeAll(async () => {
    writeFileSync(keyFile, key, { mode: 0o600 });
    writeFileSync(certFile, cert);
    port = await freePort();
    server = await RedisServer.start({
      config: {
        'tls-port': String(port),
        'tls-cert-file': certFile,
        'tls-key-file': keyFile,
        'tls-ca-cert-file': certFile,
        'tls-auth-clients': 'no',
      },
    });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it('is shared by whoever trusts its certificate', async () => {
    const store = new ResilientStateStore({ redis: { host: 'localhost', family: 4, port, tls: { ca: cert } } });
    await store.start();
    expect(store.status().state).toBe('healthy');
    expect((await store.consume([tier({ client: 'tls' })])).source).toBe('shared');
    await until(async () => (await server.admin().pubsub('CHANNELS')).length > 0);
    store.close();
    expect(await server.admin().exists('nestapi_guard:{tls}:w0:route')).toBe(1);
  });

  it('is named by a rediss:// URL', async () => {
    const worker = fork(join(__dirname, 'consume.worker.ts'), [`rediss://127.0.0.1:${port}`, '0'], {
      execArgv: ['-r', join(__dirname, '../support/typescript.cjs')],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: certFile },
    });
    try {
      await once(worker, 'message');
      const answer = once(worker, 'message');
      worker.send({ tier: tier({ client: 'url' }), requests: 30, concurrency: 5 });
      expect(await answer).toEqual([10, undefined]);
      expect(await server.admin().exists('nestapi_guard:{url}:w0:route')).toBe(1);
    } finally {
      worker.kill();
    }
  });

  it('is not used by whoever does not, who says why', async () => {
    const store = new ResilientStateStore({ redis: `rediss://127.0.0.1:${port}` });
    await store.start();
    expect(store.status()).toMatchObject({ state: 'degraded', reason: expect.stringMatching(/SELF_SIGNED/) });
    expect((await store.consume([tier()])).source).toBe('local');
    store.close();
  });
});

/** The master that serves a slot. */
async function ownerOf(nodes: readonly RedisServer[], slot: string): Promise<RedisServer | undefined> {
  for (const node of nodes) {
    const [, own] = /myself\S* \S+ \d+ \d+ \d+ connected ?(.*)/.exec(
      String(await node.admin().call('CLUSTER', 'NODES')),
    )!;
    const ranges = own!.split(' ').map((range) => range.split('-').map(Number));
    if (ranges.some(([first, last = first]) => first! <= Number(slot) && Number(slot) <= last!)) return node;
  }
  return undefined;
}
