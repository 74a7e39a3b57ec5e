import { createHash } from 'node:crypto';

/** A Lua script and the name Redis knows it by. */
export interface RedisScript {
  readonly source: string;
  readonly sha: string;
}

export const script = (...parts: string[]): RedisScript => {
  const source = parts.join('\n');
  return { source, sha: createHash('sha1').update(source).digest('hex') };
};

// The clock is the server's: the callers' clocks may be hours apart.
export const CLOCK = `
local time = redis.call('TIME')
local today = time[1] * 1000 + math.floor(time[2] / 1000)
local function whole(number) return string.format('%.0f', number) end
`;
