import { Cluster, Redis } from 'ioredis';
import { addressOf } from '../../lib/state/redis-address';
import type { RedisSource } from '../../lib/state/redis-source';

const SECRET = 'hunter2';

const single = new Redis({ host: '10.0.0.5', port: 6380, db: 2, password: SECRET, lazyConnect: true });
const cluster = new Cluster([{ host: '10.0.0.5', port: 7000 }], {
  lazyConnect: true,
  redisOptions: { password: SECRET },
});

describe('addressOf()', () => {
  it.each<[RedisSource, string]>([
    [`redis://guard:${SECRET}@10.0.0.5:6380/2`, 'redis://10.0.0.5:6380/2'],
    [`rediss://:${SECRET}@redis.internal?password=${SECRET}`, 'rediss://redis.internal'],
    [`redis://:${SECRET}@[2001:db8::1]:6379`, 'redis://[2001:db8::1]:6379'],
    [`redis://:${SECRET}@10.0.0.5:port`, 'an address that is no URL'],
    [`/run/redis.sock?password=${SECRET}`, '/run/redis.sock'],
    ['6380', 'localhost:6380'],
    [{ host: '10.0.0.5', username: 'guard', password: SECRET }, '10.0.0.5:6379'],
    [{ host: '2001:db8::1', port: 6380, db: 2 }, '[2001:db8::1]:6380/2'],
    [{ path: '/run/redis.sock', password: SECRET }, '/run/redis.sock'],
    [{}, 'localhost:6379'],
    [
      { name: 'mymaster', sentinels: [{ host: '10.0.0.1' }, { port: 26379 }], sentinelPassword: SECRET },
      'mymaster by the sentinels 10.0.0.1:26379, localhost:26379',
    ],
    [
      { nodes: [{ host: '10.0.0.1', port: 7000 }, `redis://:${SECRET}@10.0.0.2:7000`, 7001, '10.0.0.3:7000'] },
      '10.0.0.1:7000, redis://10.0.0.2:7000, localhost:7001, redis://10.0.0.3:7000',
    ],
    [single, '10.0.0.5:6380/2'],
    [cluster, '10.0.0.5:7000'],
    [{ duplicate: () => undefined }, 'a client of the application'],
  ])('of %# says where, and nothing else', (source, expected) => {
    expect(addressOf(source)).toBe(expected);
  });
});
