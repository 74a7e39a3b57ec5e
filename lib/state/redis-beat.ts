import { arrayOf, textOf } from './redis-replies';
import { CLOCK, script } from './redis-script';

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

/**
 * KEYS: the sorted set of instances, by when they beat last. ARGV: an instance. Answers 1 when it is new, and those that
 * are there. Whoever is new tidies up, so that the others need not, every second.
 */
export const BEAT = script(
  CLOCK,
  `
local added = redis.call('ZADD', KEYS[1], whole(today), ARGV[1])
if added == 1 then redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(today - ${BEAT_KEPT_MS})) end
redis.call('PEXPIRE', KEYS[1], ${BEAT_KEPT_MS})
return { added, redis.call('ZRANGEBYSCORE', KEYS[1], whole(today - ${BEAT_COUNTS_MS}), '+inf') }
`,
);

/** What the script answered. */
export function beatOf(reply: unknown): Beat {
  const [added, instances] = arrayOf(reply);
  return { instances: arrayOf(instances).map(textOf), known: added === 0 };
}
