import { CLOCK, script } from './redis-script';

// A collection is a hash of values, a sorted set of their expiry by the server's clock, and the name of this filling of
// it: when that changed, the collection was lost and whoever owns values writes them again.
const VALUES = `
${CLOCK}
local function prune(most)
  local expired = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', today, 'LIMIT', 0, most)
  if #expired > 0 then
    redis.call('ZREM', KEYS[1], unpack(expired))
    redis.call('HDEL', KEYS[2], unpack(expired))
  end
  return #expired
end
`;

/** Longer than the answers of other scripts, for a connection that only trickles to show. */
export const PROBE_ANSWER = '.'.repeat(256);

/**
 * KEYS: one to write. Does what the other scripts do and old servers cannot: write after TIME (5.0), and KEEPTTL (6.0).
 * Answers `PROBE_ANSWER`.
 */
export const PROBE = script(
  CLOCK,
  `
redis.call('SET', KEYS[1], '1', 'PX', 10000)
redis.call('SET', KEYS[1], '1', 'KEEPTTL')
return string.rep('.', ${PROBE_ANSWER.length})
`,
);

/** KEYS: expiries, values, filling. ARGV: key, value, ttl in ms, capacity, name for a new filling. Answers stored, filling. */
export const SET_VALUE = script(
  VALUES,
  `
redis.call('SET', KEYS[3], ARGV[5], 'NX')
local filling = redis.call('GET', KEYS[3])
prune(100)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  while redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) do
    if prune(1000) == 0 then return { 0, filling } end
  end
end
local ttl = tonumber(ARGV[3])
redis.call('ZADD', KEYS[1], whole(today + ttl), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
for index = 1, 2 do
  if redis.call('PTTL', KEYS[index]) < ttl then redis.call('PEXPIRE', KEYS[index], ttl + 1000) end
end
return { 1, filling }
`,
);

/** KEYS as above. ARGV: key. Answers value and ttl in ms, or nothing. */
export const GET_VALUE = script(
  VALUES,
  `
local expiry = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0)
if expiry <= today then return {} end
return { redis.call('HGET', KEYS[2], ARGV[1]), expiry - today }
`,
);

/** KEYS as above. ARGV: key. Answers 1 when it was alive. */
export const DELETE_VALUE = script(
  VALUES,
  `
local expiry = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0)
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return expiry > today and 1 or 0
`,
);

/** KEYS as above. ARGV: cursor. Answers the next cursor and key, value, ttl in ms of some members. */
export const LIST_VALUES = script(
  VALUES,
  `
local page = redis.call('ZSCAN', KEYS[1], ARGV[1], 'COUNT', 500)
local keys, left, answer = {}, {}, { page[1] }
for index = 1, #page[2], 2 do
  local ttl = tonumber(page[2][index + 1]) - today
  if ttl > 0 then
    keys[#keys + 1] = page[2][index]
    left[#left + 1] = ttl
  end
end
if #keys == 0 then return answer end
local values = redis.call('HMGET', KEYS[2], unpack(keys))
for index, key in ipairs(keys) do
  if values[index] then
    answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = key, values[index], left[index]
  end
end
return answer
`,
);

/** KEYS as above. ARGV: name for a new filling. Answers the filling. */
export const FILLING = script(`redis.call('SET', KEYS[3], ARGV[1], 'NX') return redis.call('GET', KEYS[3])`);

/** KEYS: the lease. ARGV: its token. */
export const RELEASE = script(
  `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`,
);
