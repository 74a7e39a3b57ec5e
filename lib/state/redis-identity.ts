import type { Cluster, Redis } from 'ioredis';
import type { RedisClient } from './redis-source';

/**
 * The process and the history of its data of every server that answers: a restart changes the one, a replica that takes
 * over both. Undefined when one of them does not say.
 */
export async function identityOf(client: RedisClient): Promise<string | undefined> {
  const nodes = client.isCluster ? (client as Cluster).nodes('master') : [client as Redis];
  // A user without the right to ask, or a node that is down.
  const names = await Promise.all(nodes.map(nameOf)).catch(() => [undefined]);
  return names.includes(undefined) ? undefined : names.sort().join(' ');
}

async function nameOf(node: Redis): Promise<string | undefined> {
  const [server, replication] = await Promise.all([node.info('server'), node.info('replication')]);
  const process = /^run_id:(\w+)/m.exec(server)?.[1];
  const history = /^master_replid:(\w+)/m.exec(replication)?.[1];
  return process === undefined || history === undefined ? undefined : `${process}/${history}`;
}
