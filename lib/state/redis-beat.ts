import type { RedisClient } from './redis-source';

/** What a beat found out. */
export interface Beat {
  /** Whoever shared the Redis in the last seconds, by their ids. */
  readonly instances: readonly string[];
  /** False when Redis has never met this instance, or has lost everything since. */
  readonly known: boolean;
}

/** How long a beat counts, and how long it is remembered: whoever was not forgotten finds what it had counted. */
const BEAT_COUNTS_MS = 5_000;
const BEAT_KEPT_MS = 24 * 3_600_000;

/** Shows up in the sorted set of instances, by the time of the server. */
export async function beat(client: RedisClient, key: string, instance: string): Promise<Beat> {
  const [seconds] = await client.time();
  const now = Number(seconds) * 1000;
  const [added, instances] = await Promise.all([
    client.zadd(key, now, instance),
    client.zrangebyscore(key, now - BEAT_COUNTS_MS, '+inf'),
  ]);
  if (Number(added) === 0) return { instances, known: true };
  // Whoever is new tidies up, so that the others need not, every second.
  await client.zremrangebyscore(key, '-inf', now - BEAT_KEPT_MS);
  await client.pexpire(key, BEAT_KEPT_MS);
  return { instances, known: false };
}
