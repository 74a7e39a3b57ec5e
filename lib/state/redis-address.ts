import type { ClusterNode } from 'ioredis';
import { isClient, isCluster, type RedisSource } from './redis-source';

/** The part of ioredis' options that says where Redis is. */
interface RedisPlace {
  readonly host?: string;
  readonly port?: number | string;
  readonly path?: string;
  readonly db?: number;
  readonly name?: string;
  readonly sentinels?: readonly ClusterNode[] | null;
}

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;

/** Where a source says that Redis is, for messages: whatever else it says may be a secret. */
export function addressOf(source: RedisSource): string {
  if (typeof source === 'string') return addressOfUrl(source);
  if (isClient(source)) {
    // Clients of any version: what ioredis does not promise is told if it is there.
    const { options, startupNodes } = source as { options?: RedisPlace; startupNodes?: readonly ClusterNode[] };
    if (startupNodes !== undefined) return addressOfNodes(startupNodes);
    return options === undefined ? 'a client of the application' : addressOfPlace(options);
  }
  return isCluster(source) ? addressOfNodes(source.nodes) : addressOfPlace(source);
}

function addressOfPlace({ path, host = 'localhost', port = REDIS_PORT, db, name, sentinels }: RedisPlace): string {
  if (sentinels?.length) return `${name} by the sentinels ${addressOfNodes(sentinels, SENTINEL_PORT)}`;
  return `${path ?? hostAndPort(host, port)}${db ? `/${db}` : ''}`;
}

function addressOfNodes(nodes: readonly ClusterNode[], port = REDIS_PORT): string {
  return nodes
    .map((node) => {
      if (typeof node === 'string') return addressOfUrl(node);
      return addressOfPlace(typeof node === 'number' ? { port: node } : { port, ...node });
    })
    .join(', ');
}

/** User and password stand before the host, and may stand behind the question mark as well. */
function addressOfUrl(text: string): string {
  if (text.startsWith('/')) return text.split('?', 1)[0]!;
  if (/^\d+$/.test(text)) return addressOfPlace({ port: text });
  try {
    const { protocol, host, pathname } = new URL(text.includes('://') ? text : `redis://${text}`);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return 'an address that is no URL';
  }
}

function hostAndPort(host: string, port: number | string): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
