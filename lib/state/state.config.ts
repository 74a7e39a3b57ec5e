import type { ConfigProblem } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import { Accepts, Flag, Numeric, OneOf } from '../config/setting';
import type { RedisSource } from './redis-source';

declare module '../config/guard-config' {
  interface GuardConfig extends StateConfig {}
}

/** Where limits, bans and counters are kept: in this process, or in a Redis that several instances share. */
export class StateConfig {
  /**
   * The Redis to share: a client of ioredis, its options (Sentinel included), or `{ nodes, … }` for a cluster. A client is
   * never used itself, the guard opens connections of its own with the same settings. Default: none.
   */
  @Accepts(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'a client or the options of ioredis',
  )
  redis?: Exclude<RedisSource, string>;

  /** The same as a URL: `redis://`, `rediss://`, or the path of a unix socket. Default: none. */
  @Accepts(isRedisUrl, 'a URL such as "redis://127.0.0.1:6379", or the path of a unix socket')
  redisUrl?: string;

  /** False keeps everything in this process although a Redis is given. Default: whether one is given. */
  @Flag()
  enableRedis?: boolean;

  /** What the names of all keys and channels begin with; without braces, which Redis Cluster reads as hash tags. */
  @Accepts((value) => typeof value === 'string' && /^[^\s{}]*$/.test(value), 'a string without braces and white space')
  redisPrefix = 'nestapi_guard:';

  /** Seconds that a request waits for Redis at most, before `onStoreError` decides. 0.005 to 5, default 0.1. */
  @Numeric({ min: 0.005, max: 5 })
  redisCommandTimeout = 0.1;

  /**
   * Refuse to start, with a `RedisRequiredError`, while Redis cannot be used. By default the application starts and goes on
   * trying.
   */
  @Flag()
  redisRequired = false;

  /**
   * What limits do while Redis cannot be reached: admit the part of each limit that falls to this instance, so that all
   * instances together admit the limit (`'local'`, the default), admit everyone (`'allow'`), or refuse with 503 (`'deny'`).
   */
  @OneOf('local', 'allow', 'deny')
  onStoreError: 'local' | 'allow' | 'deny' = 'local';

  static problems(config: GuardConfig): ConfigProblem[] {
    const problems: ConfigProblem[] = [];
    if (config.redis !== undefined && config.redisUrl !== undefined) {
      problems.push({ path: 'redisUrl', message: 'is given beside redis; give one of them' });
    }
    if (usesRedis(config) && config.redis === undefined && config.redisUrl === undefined) {
      problems.push({ path: 'enableRedis', message: 'is true and no Redis is given; set redis or redisUrl' });
    }
    if (config.redisRequired && !usesRedis(config)) {
      problems.push({ path: 'redisRequired', message: 'is true and Redis is not used; set redis or redisUrl' });
    }
    return problems;
  }
}

export function usesRedis({ enableRedis, redis, redisUrl }: GuardConfig): boolean {
  return enableRedis ?? (redis !== undefined || redisUrl !== undefined);
}

function isRedisUrl(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (value.startsWith('/')) return true;
  try {
    // Not URL.canParse: on Node 20.20 its optimised form says no to passwords with non-ASCII letters.
    return ['redis:', 'rediss:'].includes(new URL(value).protocol);
  } catch {
    return false;
  }
}
