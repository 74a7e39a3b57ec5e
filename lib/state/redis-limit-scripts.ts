import { CLOCK, script } from './redis-script';

// What a client has used of a limit is one string: 16 bytes of Redis' own and four per hit, where a list takes 150 and 9.
//
// Times are milliseconds modulo 2^32, compared by difference: right for the 2^31 that a window may have. A hit is stamped
// with the millisecond it ends in, so that none leaves its window too early. A single byte stands for a client that is kept
// out until the key expires. What cannot be read is somebody's mistake and starts anew; so does what a clock that was set
// back by more than a window left behind.
const ENTRY = `
local TURN, HALF = 4294967296, 2147483648
local now = today % TURN
local function later(time, other) return (time - other + HALF) % TURN - HALF end
local function read(key)
  local text = redis.pcall('GET', key)
  if type(text) == 'table' then redis.call('DEL', key) return '' end
  return text or ''
end
local function rest_of(key, text) return #text == 1 and math.max(0, redis.call('PTTL', key)) or 0 end
local function keep_out(key, rest) redis.call('SET', key, '-', 'PX', rest) end
`;

// The stamps of the hits, the oldest first. With a granule above 1 each stamp stands for that many hits, and a last number
// tells how many the newest one has (see granule.ts). A long log is written at its end only, which is all that replicas and
// the append-only file get to see; what has expired at its beginning goes a little later then.
const LOG = `
local LONG, SLACK = 256, 16
local function number_at(text, index) return (struct.unpack('>I4', text, index * 4 + 1)) end
local function open(key, text, window, granule)
  local log = { key = key, text = '', window = window, granule = granule, stamps = 0, expired = 0, rest = 0, held = 0 }
  local stamps = #text / 4 - (granule > 1 and 1 or 0)
  if stamps < 1 or stamps % 1 > 0 then return log end
  local newest = number_at(text, stamps - 1)
  local age = later(now, newest)
  if age >= window or age <= -window then return log end
  local function age_at(index) return age + (newest - number_at(text, index)) % TURN end
  if age_at(0) >= window then
    local expired, live = 0, stamps - 1
    while live - expired > 1 do
      local middle = math.floor((expired + live) / 2)
      if age_at(middle) >= window then expired = middle else live = middle end
    end
    log.expired = live
  end
  log.text, log.stamps, log.newest, log.age, log.age_at = text, stamps, newest, age, age_at
  log.rest = granule > 1 and number_at(text, stamps) or 1
  log.held = (stamps - log.expired - 1) * granule + log.rest
  return log
end
local function room_in(log, nth)
  return math.max(1, math.min(log.window, log.window - log.age_at(log.expired + math.ceil(nth / log.granule) - 1)))
end
local function add(log, cost)
  local stamp = time[2] % 1000 > 0 and (now + 1) % TURN or now
  if log.stamps > 0 and later(log.newest, stamp) > 0 then stamp = log.newest end
  local bytes, from, added = struct.pack('>I4', stamp), #log.text, nil
  if log.granule == 1 then
    added = string.rep(bytes, cost)
  else
    local left, rest = cost, log.rest
    added = ''
    if log.stamps > 0 then from = from - 4 end
    if log.stamps > 0 and rest < log.granule then
      local fill = math.min(left, log.granule - rest)
      from, added, rest, left = from - 4, bytes, rest + fill, left - fill
    end
    while left > 0 do
      rest = math.min(left, log.granule)
      added, left = added .. bytes, left - rest
    end
    added = added .. struct.pack('>I4', rest)
  end
  if from >= LONG and log.expired < SLACK and log.window <= HALF / 2 then
    redis.call('SETRANGE', log.key, from, added)
    redis.call('PEXPIRE', log.key, log.window + 1)
  else
    redis.call('SET', log.key, string.sub(log.text, log.expired * 4 + 1, from) .. added, 'PX', log.window + 1)
  end
end
local function take_back(log, cost)
  if log.held <= cost then redis.call('DEL', log.key) return end
  local stamps, left, rest = log.stamps, cost, log.rest
  while left >= rest do stamps, left, rest = stamps - 1, left - rest, log.granule end
  local kept = string.sub(log.text, log.expired * 4 + 1, stamps * 4)
  if log.granule > 1 then kept = kept .. struct.pack('>I4', rest - left) end
  redis.call('SET', log.key, kept, 'KEEPTTL')
end
`;

/**
 * KEYS: one per tier. ARGV: `consume | peek | refund`, then per tier: `window | bucket`, limit, window in ms, cost,
 * granule or burst, how long to keep out who goes over the limit, in ms or 0. Answers per tier: remaining, reset, retry
 * (milliseconds). Writes hits for all tiers or for none.
 */
export const LIMITS = script(
  CLOCK,
  ENTRY,
  LOG,
  `
local function open_bucket(key, text, window, step, capacity)
  local bucket = { key = key, debt = 0, step = step, capacity = math.min(capacity, HALF - 1) }
  if #text == 8 then
    local until_ms, fraction = struct.unpack('>I4I4', text)
    local debt = later(until_ms, now) + fraction / TURN
    if debt <= bucket.capacity + window then bucket.debt = math.max(0, math.min(bucket.capacity, debt)) end
  end
  return bucket
end
local function fill(bucket, debt)
  bucket.debt = math.max(0, debt)
  local ms = math.floor(bucket.debt)
  local bytes = struct.pack('>I4I4', (now + ms) % TURN, math.floor((bucket.debt - ms) * TURN))
  redis.call('SET', bucket.key, bytes, 'PX', ms + 2)
end
local mode, tiers, answer, admitted = ARGV[1], {}, {}, true
for index, key in ipairs(KEYS) do
  local base = index * 6 - 4
  local limit, window, cost = tonumber(ARGV[base + 1]), tonumber(ARGV[base + 2]), tonumber(ARGV[base + 3])
  local extra, block = tonumber(ARGV[base + 4]), tonumber(ARGV[base + 5])
  local text = read(key)
  local tier, remaining, reset, retry = { cost = cost, window = window }, 0, 0, rest_of(key, text)
  if retry > 0 then
    reset = retry
  elseif ARGV[base] == 'bucket' then
    local bucket = open_bucket(key, text, window, window / limit, extra * window / limit)
    local room = bucket.capacity - bucket.debt + 0.000001
    tier.bucket = bucket
    remaining, reset = math.max(0, math.floor(room / bucket.step)), math.ceil(bucket.debt)
    if cost > extra then retry = window
    elseif cost * bucket.step > room then retry = math.max(1, math.ceil(cost * bucket.step - room)) end
  else
    local log = open(key, text, window, extra)
    tier.log = log
    remaining, reset = math.max(0, limit - log.held), log.held > 0 and math.min(window, window - log.age) or 0
    if cost > limit then retry = window
    elseif log.held + cost > limit then retry = room_in(log, log.held + cost - limit) end
  end
  if retry > 0 then
    admitted = false
    if block > 0 and mode == 'consume' and (tier.log or tier.bucket) then
      keep_out(key, block)
      remaining, reset, retry = 0, block, block
    end
  end
  tiers[index] = tier
  answer[index * 3 - 2], answer[index * 3 - 1], answer[index * 3] = remaining, reset, retry
end
if mode == 'refund' then
  for _, tier in ipairs(tiers) do
    if tier.bucket then fill(tier.bucket, tier.bucket.debt - tier.cost * tier.bucket.step)
    elseif tier.log then take_back(tier.log, tier.cost) end
  end
elseif mode == 'consume' and admitted then
  for index, tier in ipairs(tiers) do
    if tier.bucket then
      fill(tier.bucket, tier.bucket.debt + tier.cost * tier.bucket.step)
      answer[index * 3 - 1] = math.ceil(tier.bucket.debt)
    else
      add(tier.log, tier.cost)
      answer[index * 3 - 1] = tier.window
    end
    answer[index * 3 - 2] = math.max(0, answer[index * 3 - 2] - tier.cost)
  end
end
return answer
`,
);

/**
 * KEYS: the log. ARGV: `strike | tally`, threshold, window in ms, granule, rest after a crossing in ms or -1. Answers
 * count, crossed, room (milliseconds).
 */
export const STRIKES = script(
  CLOCK,
  ENTRY,
  LOG,
  `
local threshold, rest, striking = tonumber(ARGV[2]), tonumber(ARGV[5]), ARGV[1] == 'strike'
local text = read(KEYS[1])
local resting = rest_of(KEYS[1], text)
if resting > 0 then return { threshold, 0, resting } end
local log = open(KEYS[1], text, tonumber(ARGV[3]), tonumber(ARGV[4]))
local count = log.held + (striking and 1 or 0)
local crossed = striking and (count == threshold or count > threshold and rest >= 0)
if crossed and rest >= 0 then
  if rest > 0 then keep_out(KEYS[1], rest) else redis.call('DEL', KEYS[1]) end
  return { threshold, 1, rest }
end
if striking then
  -- More than the threshold need not be remembered: the newest ones tell when the count falls below it.
  log.expired = log.expired + math.max(0, math.floor((count - threshold) / log.granule))
  add(log, 1)
end
if count < threshold then return { count, 0, 0 } end
if striking then log = open(KEYS[1], read(KEYS[1]), log.window, log.granule) end
return { threshold, crossed and 1 or 0, room_in(log, log.held - threshold + 1) }
`,
);
