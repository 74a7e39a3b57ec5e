import { createHash } from 'node:crypto';

/** A Lua script and the name Redis knows it by. */
export interface RedisScript {
  readonly source: string;
  readonly sha: string;
}

const script = (...parts: string[]): RedisScript => {
  const source = parts.join('\n');
  return { source, sha: createHash('sha1').update(source).digest('hex') };
};

// The clock is the server's: the callers' clocks may be hours apart. Microseconds fit a double until the year 2255.
const CLOCK = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function whole(number) return string.format('%.0f', number) end
local function ms(number) return math.ceil(number / 1000) end
`;

// A log is a list of stamps, the oldest first: 9 bytes a hit, where a sorted set takes 100. With a granule above 1 each
// stamp stands for that many hits, and a last element tells how many the newest one has (see granule.ts).
// A key of another type is somebody's mistake and starts anew; so does a log from a future that a clock set back left.
const LOG = `
local function stamp_at(log, index) return tonumber(redis.call('LINDEX', log.key, index)) end
local function open(key, window, granule)
  local log = { key = key, window = window, granule = granule, tail = granule > 1 and -2 or -1, stamps = 0, rest = 0 }
  local size = redis.pcall('LLEN', key)
  if type(size) == 'table' then redis.call('DEL', key) return log end
  if size == 0 then return log end
  log.stamps = size + 1 + log.tail
  log.newest = stamp_at(log, log.tail)
  log.rest = granule > 1 and tonumber(redis.call('LINDEX', key, -1)) or 1
  if not log.newest or not log.rest or log.newest <= now - window or log.newest > now + window then
    redis.call('DEL', key)
    log.stamps, log.rest = 0, 0
    return log
  end
  if stamp_at(log, 0) <= now - window then
    local expired, live = 0, log.stamps - 1
    while live - expired > 1 do
      local middle = math.floor((expired + live) / 2)
      if stamp_at(log, middle) <= now - window then expired = middle else live = middle end
    end
    redis.call('LTRIM', key, live, -1)
    log.stamps = log.stamps - live
  end
  return log
end
local function held(log)
  if log.stamps == 0 then return 0 end
  return (log.stamps - 1) * log.granule + log.rest
end
local function wait_for(log, nth)
  return stamp_at(log, math.ceil(nth / log.granule) - 1) + log.window - now
end
local function add(log, cost)
  local stamp = whole(log.stamps > 0 and math.max(now, log.newest) or now)
  if log.granule == 1 then
    local hits = {}
    for hit = 1, cost do hits[hit] = stamp end
    redis.call('RPUSH', log.key, unpack(hits))
    log.stamps, log.rest = log.stamps + cost, 1
  else
    if log.stamps > 0 then redis.call('RPOP', log.key) end
    local left = cost
    if log.stamps > 0 and log.rest < log.granule then
      local fill = math.min(left, log.granule - log.rest)
      redis.call('LSET', log.key, -1, stamp)
      log.rest, left = log.rest + fill, left - fill
    end
    while left > 0 do
      redis.call('RPUSH', log.key, stamp)
      log.stamps, log.rest = log.stamps + 1, math.min(left, log.granule)
      left = left - log.rest
    end
    redis.call('RPUSH', log.key, whole(log.rest))
  end
  log.newest = tonumber(stamp)
  redis.call('PEXPIRE', log.key, ms(log.window) + 1)
end
local function take_back(log, cost)
  if held(log) <= cost then redis.call('DEL', log.key) return end
  if log.granule == 1 then redis.call('LTRIM', log.key, 0, -cost - 1) return end
  redis.call('RPOP', log.key)
  local left = cost
  while left >= log.rest do
    redis.call('RPOP', log.key)
    left, log.rest = left - log.rest, log.granule
  end
  redis.call('RPUSH', log.key, whole(log.rest - left))
end
`;

/**
 * KEYS: one per tier. ARGV: `consume | peek | refund`, then per tier: `window | bucket`, limit, window in ms, cost,
 * granule or burst. Answers per tier: remaining, reset, retry (milliseconds). Writes hits for all tiers or for none.
 */
export const LIMITS = script(
  CLOCK,
  LOG,
  `
local function open_bucket(key, step, capacity)
  local bucket = { key = key, debt = 0, step = step, capacity = capacity }
  local text = redis.pcall('GET', key)
  if type(text) == 'table' then redis.call('DEL', key) return bucket end
  local at, debt = string.match(text or '', '^(%d+) (%S+)$')
  at, debt = tonumber(at), tonumber(debt)
  if at and debt then bucket.debt = math.max(0, math.min(debt, capacity) - math.max(0, now - at)) end
  return bucket
end
local function fill(bucket, debt)
  bucket.debt = math.max(0, debt)
  redis.call('SET', bucket.key, whole(now) .. ' ' .. string.format('%.17g', bucket.debt), 'PX', ms(bucket.debt) + 1)
end
local tiers, answer, admitted = {}, {}, true
for index, key in ipairs(KEYS) do
  local base = index * 5 - 3
  local limit, window = tonumber(ARGV[base + 1]), tonumber(ARGV[base + 2]) * 1000
  local cost, extra = tonumber(ARGV[base + 3]), tonumber(ARGV[base + 4])
  local tier = { limit = limit, cost = cost, window = window }
  local remaining, reset, retry = 0, 0, 0
  if ARGV[base] == 'bucket' then
    local bucket = open_bucket(key, window / limit, extra * window / limit)
    local room = bucket.capacity - bucket.debt + 0.001
    tier.bucket = bucket
    remaining, reset = math.max(0, math.floor(room / bucket.step)), ms(bucket.debt)
    if cost > extra then retry = ms(window)
    elseif cost * bucket.step > room then retry = math.max(1, ms(cost * bucket.step - room)) end
  else
    local log = open(key, window, extra)
    local hits = held(log)
    tier.log = log
    remaining, reset = math.max(0, limit - hits), hits > 0 and ms(log.newest + window - now) or 0
    if cost > limit then retry = ms(window)
    elseif hits + cost > limit then retry = math.max(1, ms(wait_for(log, hits + cost - limit))) end
  end
  if retry > 0 then admitted = false end
  tiers[index] = tier
  answer[index * 3 - 2], answer[index * 3 - 1], answer[index * 3] = remaining, reset, retry
end
if ARGV[1] == 'refund' then
  for _, tier in ipairs(tiers) do
    if tier.bucket then fill(tier.bucket, tier.bucket.debt - tier.cost * tier.bucket.step) else take_back(tier.log, tier.cost) end
  end
elseif ARGV[1] == 'consume' and admitted then
  for index, tier in ipairs(tiers) do
    if tier.bucket then
      fill(tier.bucket, tier.bucket.debt + tier.cost * tier.bucket.step)
      answer[index * 3 - 1] = ms(tier.bucket.debt)
    else
      add(tier.log, tier.cost)
      answer[index * 3 - 1] = ms(tier.window)
    end
    answer[index * 3 - 2] = math.max(0, answer[index * 3 - 2] - tier.cost)
  end
end
return answer
`,
);

/**
 * KEYS: the log, the rest after a crossing. ARGV: `strike | tally`, threshold, window in ms, granule, rest in ms or -1.
 * Answers count, crossed, room (milliseconds).
 */
export const STRIKES = script(
  CLOCK,
  LOG,
  `
local threshold, window = tonumber(ARGV[2]), tonumber(ARGV[3]) * 1000
local rest = tonumber(ARGV[5])
local resting = redis.call('PTTL', KEYS[2])
if resting > 0 then return { threshold, 0, resting } end
local log = open(KEYS[1], window, tonumber(ARGV[4]))
local crossed = 0
if ARGV[1] == 'strike' then
  local before = held(log)
  add(log, 1)
  local surplus = math.floor((held(log) - threshold) / log.granule)
  if surplus > 0 then
    redis.call('LTRIM', log.key, surplus, -1)
    log.stamps = log.stamps - surplus
  end
  if before < threshold and held(log) >= threshold then crossed = 1 end
  if crossed == 1 and rest >= 0 then
    redis.call('DEL', KEYS[1])
    if rest > 0 then redis.call('SET', KEYS[2], '1', 'PX', rest) end
    return { threshold, 1, rest }
  end
end
local count, room = held(log), 0
if count >= threshold then room = math.max(1, ms(wait_for(log, count - threshold + 1))) end
return { math.min(count, threshold), crossed, room }
`,
);

// A collection is a hash of values, a sorted set of their expiry by the server's clock, and the name of this filling of
// it: when that changed, the collection was lost and whoever owns values writes them again.
const VALUES = `
${CLOCK}
local today = math.floor(now / 1000)
local function prune(most)
  local expired = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', today, 'LIMIT', 0, most)
  if #expired > 0 then
    redis.call('ZREM', KEYS[1], unpack(expired))
    redis.call('HDEL', KEYS[2], unpack(expired))
  end
  return #expired
end
`;

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
