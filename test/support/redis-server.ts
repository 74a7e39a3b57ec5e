import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Redis from 'ioredis';

/** What a server of the tests can be asked for. */
export interface RedisServerOptions {
  /** Further lines of redis.conf, such as `{ requirepass: 'secret', maxmemory: '2mb' }`. */
  readonly config?: Readonly<Record<string, string>>;
  readonly mode?: 'server' | 'sentinel';
}

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A real redis-server on a free loopback port, in a folder of its own, that keeps nothing on disk. */
export class RedisServer {
  private child: ChildProcess | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'guard-redis-'));
  private readonly admins: Redis[] = [];

  private constructor(
    readonly port: number,
    private readonly options: RedisServerOptions,
  ) {}

  /** Starts a server and waits until it answers. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.boot();
    return server;
  }

  readonly host = '127.0.0.1';

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  /** A client for the test itself. Closed by `stop`. */
  admin(password = this.options.config?.requirepass): Redis {
    const admin = new Redis(this.port, this.host, {
      password,
      maxRetriesPerRequest: null,
      retryStrategy: () => 50,
    });
    admin.on('error', () => undefined);
    this.admins.push(admin);
    return admin;
  }

  /** kill -9 */
  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  /** Starts again on the same port; empty, unless something was saved. */
  async restart(): Promise<void> {
    await this.kill();
    await this.boot();
  }

  /** Starts again and does not wait until the server has loaded what was saved. */
  async reload(): Promise<void> {
    await this.kill();
    this.spawn();
  }

  async stop(): Promise<void> {
    for (const admin of this.admins) admin.disconnect();
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async boot(): Promise<void> {
    this.spawn();
    await this.answering();
  }

  private spawn(): void {
    const config = {
      port: String(this.port),
      bind: '127.0.0.1',
      dir: this.folder,
      daemonize: 'no',
      ...this.options.config,
    };
    const plain = this.options.mode === 'sentinel' ? [] : ["save ''", 'appendonly no'];
    const lines = Object.entries(config).map(([name, value]) => `${name} ${value}`);
    const file = join(this.folder, 'redis.conf');
    writeFileSync(file, [...plain, ...lines, ''].join('\n'));
    const child = spawn('redis-server', [file, ...(this.options.mode === 'sentinel' ? ['--sentinel'] : [])], {
      stdio: 'ignore',
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    child.once('error', () => undefined);
    this.child = child;
  }

  private async answering(): Promise<void> {
    const probe = new Redis(this.port, this.host, {
      password: this.options.config?.requirepass,
      maxRetriesPerRequest: null,
      retryStrategy: () => 20,
    });
    probe.on('error', () => undefined);
    const patience = new Promise<never>((_resolve, reject) => {
      setTimeout(
        () => reject(new Error('redis-server does not start: install it (Debian: apt-get install redis-server)')),
        10_000,
      ).unref();
    });
    try {
      await Promise.race([probe.ping(), patience]);
    } finally {
      probe.disconnect();
    }
  }
}

/** A server and a replica of it. */
export async function startReplica(master: RedisServer, config: Record<string, string> = {}): Promise<RedisServer> {
  const replica = await RedisServer.start({ config: { replicaof: `127.0.0.1 ${master.port}`, ...config } });
  await settled(replica.admin(), 'info', ['replication'], /master_link_status:up/);
  return replica;
}

/** A sentinel that watches `master` under the name `guard` and fails it over after half a second. */
export async function startSentinel(master: RedisServer): Promise<RedisServer> {
  const sentinel = await RedisServer.start({ mode: 'sentinel' });
  const admin = sentinel.admin();
  await admin.call('SENTINEL', 'MONITOR', 'guard', '127.0.0.1', String(master.port), '1');
  await admin.call('SENTINEL', 'SET', 'guard', 'down-after-milliseconds', '500');
  await admin.call('SENTINEL', 'SET', 'guard', 'failover-timeout', '2000');
  await settled(admin, 'info', ['sentinel'], /slaves=1/);
  return sentinel;
}

/** Three masters that share the slots, and a replica of each when asked for: masters first. */
export async function startCluster({ replicas = false } = {}): Promise<RedisServer[]> {
  const nodes = await Promise.all(Array.from({ length: replicas ? 6 : 3 }, startNode));
  const admins = nodes.map((node) => node.admin());
  const edges = [0, 5461, 10923, 16384];
  const masters = admins.slice(0, 3);
  await Promise.all(
    masters.map((admin, index) =>
      admin.call('CLUSTER', 'ADDSLOTSRANGE', String(edges[index]!), String(edges[index + 1]! - 1)),
    ),
  );
  const bus = String(await busPort(admins[0]!));
  for (const admin of admins.slice(1)) await admin.call('CLUSTER', 'MEET', '127.0.0.1', String(nodes[0]!.port), bus);
  const whole = new RegExp(`cluster_state:ok[^]*cluster_known_nodes:${nodes.length}`);
  await Promise.all(admins.map((admin) => settled(admin, 'cluster', ['info'], whole)));
  for (const [index, replica] of admins.slice(3).entries()) {
    await replica.call('CLUSTER', 'REPLICATE', await nodeId(masters[index]!));
    await settled(replica, 'info', ['replication'], /master_link_status:up/);
  }
  return nodes;
}

const nodeId = async (admin: Redis): Promise<string> => String(await admin.call('CLUSTER', 'MYID'));

const startNode = async (): Promise<RedisServer> =>
  RedisServer.start({
    config: {
      'cluster-enabled': 'yes',
      'cluster-port': String(await freePort()),
      'cluster-node-timeout': '1500',
      'cluster-config-file': 'nodes.conf',
    },
  });

/** Moves a slot key by key, with a pause after each step, as `redis-cli --cluster reshard` does. */
export async function moveSlot(
  slot: string,
  from: RedisServer,
  to: RedisServer,
  step: () => Promise<void> = async () => undefined,
): Promise<void> {
  const [source, target] = [from.admin(), to.admin()];

  const [fromId, toId] = [await nodeId(source), await nodeId(target)];
  await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
  await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
  await step();
  for (const key of (await source.call('CLUSTER', 'GETKEYSINSLOT', slot, '100')) as string[]) {
    await source.migrate('127.0.0.1', to.port, key, 0, 5_000);
    await step();
  }
  await target.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
  await step();
  await source.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
}

/** A port nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function busPort(admin: Redis): Promise<number> {
  const nodes = String(await admin.call('CLUSTER', 'NODES'));
  return Number(/@(\d+)/.exec(nodes)![1]);
}

async function settled(admin: Redis, command: string, args: string[], expected: RegExp): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (expected.test(String(await admin.call(command, args)))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`redis ${command} ${args.join(' ')} never showed ${String(expected)}`);
}
