import { ratio, spread } from '../report/statistics.mjs';
import { count, table, withSpread } from '../report/table.mjs';
import { ask } from '../support/child-process.mjs';
import { measure } from '../support/http-rounds.mjs';
import { RedisProcess } from '../support/redis-process.mjs';
import { PLATFORMS } from './http.mjs';

export const title = 'Limits alone';

const SCALES = {
  full: {
    http: { rounds: 8, amount: 3000, warmUp: 10_000 },
    memory: { clients: 100_000, inRedis: 100_000 },
    stall: {},
  },
  quick: {
    http: { rounds: 2, amount: 1000, warmUp: 10_000 },
    memory: { clients: 100_000, inRedis: 10_000 },
    stall: {},
  },
  smoke: {
    http: { rounds: 1, amount: 32, warmUp: 100 },
    memory: { clients: 1000, inRedis: 1000 },
    stall: { clients: 1000, windowMs: 1000, afterMs: 500 },
  },
};
/** The limiters' own housekeeping runs once in half a minute at the latest. */
const STALL = { clients: 500_000, windowMs: 15_000, afterMs: 35_000 };

/** Hits per client and window: more than any client sends but the greedy one. */
const LIMIT = 1000;
const WINDOW = 3600;
const BARE = 'bare Nest';
const ADMITTED = 'admitted';
const REFUSED = 'refused';

const kinds = [
  { name: BARE, variant: 'bare' },
  { name: 'nestapi-guard, memory', variant: 'guard' },
  { name: '@nestjs/throttler, memory', variant: 'throttler' },
  { name: 'rate-limiter-flexible, memory', variant: 'flexible' },
  { name: 'express-rate-limit, memory', variant: 'express' },
  { name: 'nestapi-guard, Redis', variant: 'guard', redis: true },
  { name: '@nestjs/throttler with StateThrottlerStorage, Redis', variant: 'throttler-guard', redis: true },
  { name: '@nestjs/throttler with @nest-lab/throttler-storage-redis', variant: 'throttler', redis: true },
  { name: 'rate-limiter-flexible, Redis', variant: 'flexible', redis: true },
  { name: 'express-rate-limit with rate-limit-redis', variant: 'express', redis: true },
];
const requests = [
  { name: ADMITTED, path: '/' },
  {
    name: REFUSED,
    path: '/',
    client: '81.2.72.1',
    prime: LIMIT + 50,
    of: ({ name }) => name !== BARE,
    expect: () => [429],
  },
];

/** What counts clients, without Nest around it. */
export const GUARD = 'nestapi-guard';
const stores = [
  [GUARD, 'guard'],
  ['@nestjs/throttler', 'throttler'],
  ['rate-limiter-flexible', 'flexible'],
  ['express-rate-limit', 'express'],
];

/** What a limit costs: CPU of the application, commands and CPU of Redis, memory per client, pauses. */
export async function run(scale) {
  const { http, memory, stall } = SCALES[scale];
  const figures = { http: {}, memory: {}, stall: {} };
  for (const platform of Object.keys(PLATFORMS)) {
    const variants = kinds.map(({ name, variant, redis }) => ({
      name,
      redis,
      args: { platform, variant, limit: LIMIT, window: WINDOW },
    }));
    figures.http[platform] = await measure({ app: 'limits', variants, requests, ...http });
  }
  for (const [name, variant] of stores) figures.memory[name] = await remember(variant, memory);
  await Promise.all(
    stores.map(async ([name, variant]) => {
      figures.stall[name] = (await ask('limit-stall', { variant, ...STALL, ...stall })).milliseconds;
    }),
  );
  return figures;
}

async function remember(variant, { clients, inRedis }) {
  const [one, two] = (await ask('limit-memory', { variant, clients }, ['--expose-gc'])).bytes;
  const redis = await RedisProcess.start();
  try {
    const before = (await redis.usage()).memory;
    await ask('limit-memory', { variant, clients: inRedis, redisUrl: redis.url }, ['--expose-gc']);
    return { one, two, redis: ((await redis.usage()).memory - before) / inRedis };
  } finally {
    await redis.stop();
  }
}

export function describe({ http, memory, stall }) {
  return `The limiters next to each other, with nothing else: CPU time of the application per request, as a ratio to bare Nest in
the same round; of Redis, what a request asks of it. They count the same requests, not the same thing: nestapi-guard keeps
an exact rolling window and decides for all instances at once, the others count in fixed windows, which let twice the limit
pass around their edges.

${Object.entries(http).map(describePlatform).join('\n\n')}

Memory per tracked client, and the longest time that ${count(STALL.clients)} clients who come once and are forgotten again keep the
process from doing anything else (garbage collection included):

${table(
  ['', 'one request', 'two requests', 'in Redis', 'longest pause'],
  Object.entries(memory).map(([name, { one, two, redis }]) => [
    name,
    ...[one, two, redis].map((bytes) => `${bytes.toFixed(0)} bytes`),
    `${stall[name].toFixed(0)} ms`,
  ]),
)}`;
}

function describePlatform([platform, variants]) {
  const bare = variants[BARE][ADMITTED].cpu;
  const columns = [PLATFORMS[platform], `admitted (bare: ${spread(bare).median.toFixed(0)} µs)`];
  columns.push('refused', 'commands: admitted / refused', 'inside scripts', 'CPU of Redis');
  return table(
    columns,
    Object.entries(variants).map(([name, of]) => {
      const cells = [ADMITTED, REFUSED].map((request) => (of[request] ? withSpread(ratio(of[request].cpu, bare)) : ''));
      return [name, ...cells, ...redisCells(of)];
    }),
  );
}

function redisCells({ [ADMITTED]: admitted, [REFUSED]: refused }) {
  if (admitted.sent === undefined) return ['', '', ''];
  const each = (figure, digits) =>
    [admitted, refused].map((of) => spread(of[figure]).median.toFixed(digits)).join(' / ');
  return [each('sent', 2), each('inside', 1), `${each('redisCpu', 0)} µs`];
}
