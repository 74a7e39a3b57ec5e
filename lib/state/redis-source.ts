import { Cluster, type ClusterNode, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';

/** A Redis Cluster: some of its nodes, and ioredis' options of a cluster. */
export interface RedisClusterSource extends ClusterOptions {
  readonly nodes: readonly ClusterNode[];
}

/** A client of any ioredis version: its settings are used for connections of our own. */
export interface RedisClientSource {
  duplicate(...args: never[]): unknown;
  readonly isCluster?: boolean;
}

/**
 * Where Redis is: a URL, options of ioredis (Sentinel included), a cluster, or a client.
 *
 * A client is never used itself. The guard opens connections of its own with the same settings, because it drops a
 * connection that does not answer in time, which must not happen to the application's.
 */
export type RedisSource = string | RedisOptions | RedisClusterSource | RedisClientSource;

/** What we ask of a connection; `Redis` and `Cluster` both do it. */
export type RedisClient = Redis | Cluster;

/** Opens the connections of one store. */
export interface RedisDialler {
  /** The number of the logical database; 0 on a cluster. */
  readonly database: number;
  /** A connection for commands, not yet connected. */
  commands(): RedisClient;
  /** A connection for subscriptions, not yet connected; undefined while a cluster has no known node. */
  subscriber(commands: RedisClient | undefined): Redis | undefined;
}

/** Bound of one attempt to connect; a half-open path is tried again after it. */
export const CONNECT_TIMEOUT_MS = 800;
const noRetry = (): null => null;

// ioredis would queue, retry and resend: this store answers from memory instead and dials anew by itself.
const node = {
  protocol: 2,
  connectTimeout: CONNECT_TIMEOUT_MS,
  disconnectTimeout: 100,
  commandTimeout: undefined,
  socketTimeout: undefined,
  // A link writes before it counts as up, so a server that is loading says so, where the check would silently wait.
  enableReadyCheck: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  keyPrefix: '',
  readOnly: false,
  stringNumbers: false,
  monitor: false,
  reconnectOnError: null,
} as const;
const single = {
  ...node,
  lazyConnect: true,
  enableOfflineQueue: false,
  retryStrategy: noRetry,
  sentinelRetryStrategy: noRetry,
  sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
} satisfies RedisOptions;
const clustered = {
  lazyConnect: true,
  enableOfflineQueue: false,
  clusterRetryStrategy: noRetry,
  slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
  maxRedirections: 5,
  retryDelayOnFailover: 20,
  retryDelayOnClusterDown: 20,
  retryDelayOnTryAgain: 20,
  scaleReads: 'master',
  keyPrefix: '',
} satisfies ClusterOptions;

/** Reads a source once, so that a mistake in it is told at start-up. */
export function diallerOf(source: RedisSource): RedisDialler {
  if (typeof source === 'string') return singleDialler(() => new Redis(source, single));
  if (isClient(source)) {
    return source.isCluster === true
      ? clusterDialler(() => copy(source, [[], { ...clustered, redisOptions: node }]) as Cluster)
      : singleDialler(() => copy(source, [single]) as Redis);
  }
  if (isCluster(source)) {
    const { nodes, ...options } = source;
    const merged = { ...options, ...clustered, redisOptions: { ...options.redisOptions, ...node } };
    return clusterDialler(() => new Cluster([...nodes], merged));
  }
  return singleDialler(() => new Redis({ ...source, ...single }));
}

/** The prefix that the source's own clients put before every key. */
export function keyPrefixOf(source: RedisSource): string {
  if (typeof source === 'string') return '';
  const options = isClient(source) ? (source as { options?: { keyPrefix?: string } }).options : source;
  return options?.keyPrefix ?? '';
}

export const isClient = (source: object): source is RedisClientSource =>
  'duplicate' in source && typeof source.duplicate === 'function';
export const isCluster = (source: object): source is RedisClusterSource =>
  'nodes' in source && Array.isArray(source.nodes);

function copy(source: RedisClientSource, args: unknown[]): unknown {
  return (source.duplicate as (...args: unknown[]) => unknown).apply(source, args);
}

// A client that never connects holds nothing.
const singleDialler = (dial: () => Redis): RedisDialler => ({
  database: dial().options.db ?? 0,
  commands: dial,
  subscriber: dial,
});

const clusterDialler = (dial: () => Cluster): RedisDialler => ({
  database: 0,
  commands: dial,
  // Messages reach every node of a cluster, so any node will do; another one after each failure.
  subscriber: (commands) => {
    const nodes = commands === undefined ? [] : (commands as Cluster).nodes('all');
    return nodes[Math.floor(Math.random() * nodes.length)]?.duplicate(single);
  },
});
