import { fork } from 'node:child_process';
import path from 'node:path';
import { measure, printRatios } from '../support/http-rounds.mjs';
import { RedisProcess } from '../support/redis-process.mjs';

const root = path.resolve(import.meta.dirname, '../..');
/** Hits per client and window: more than any round sends of one client, so that only the client below is refused. */
const LIMIT = 1000;
const WINDOW = 600;
const GREEDY = '198.19.0.1';
const BARE = 'bare Nest';

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
  // Each connection begins with the first of them, so these suffice for a round.
  { name: 'admitted', path: '/', clients: Array.from({ length: 200 }, (_, i) => `198.18.0.${i}`) },
  {
    name: 'refused',
    path: '/',
    clients: [GREEDY],
    prime: LIMIT + 50,
    expect: ({ name }) => (name === BARE ? [200] : [429]),
  },
];

/** What a limit costs: CPU of the application, commands and CPU of Redis, memory per client. */
export async function run({ quick }) {
  for (const platform of ['fastify', 'express']) await throughNest(platform, quick);
  await perClient(quick);
}

async function throughNest(platform, quick) {
  // A Redis for each, so that what one asks for is not counted for another.
  const servers = new Map();
  try {
    for (const { name, redis } of kinds) if (redis) servers.set(name, await RedisProcess.start());
    const variants = kinds.map(({ name, variant }) => ({
      name,
      app: 'limits.ts',
      args: { platform, variant, redisUrl: servers.get(name)?.url, limit: LIMIT, window: WINDOW },
    }));
    const spent = new Map();
    const figures = await measure({
      variants,
      requests,
      rounds: quick ? 2 : 8,
      requestsPerRound: quick ? 400 : 2500,
      observe: async ({ name }, request, amount, load) => {
        const redis = servers.get(name);
        const before = await redis?.usage();
        const cpu = await load();
        if (redis !== undefined) note(spent, name, request.name, before, await redis.usage(), amount);
        return cpu;
      },
    });
    printRatios(`CPU per request, ${platform}`, variants, requests, figures);
    printSpent(`What Redis does per request, ${platform}`, spent);
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
}

function note(spent, variant, request, before, after, amount) {
  const key = `${variant}|${request}`;
  const sum = spent.get(key) ?? { requests: 0, asked: 0, inside: 0, cpu: 0 };
  sum.requests += amount;
  for (const figure of ['asked', 'inside', 'cpu']) sum[figure] += after[figure] - before[figure];
  spent.set(key, sum);
}

function printSpent(title, spent) {
  console.log(`\n## ${title}\n`);
  console.log('| | request | commands sent | commands inside scripts | CPU of Redis |');
  console.log('|---|---|--:|--:|--:|');
  for (const [key, { requests: count, asked, inside, cpu }] of spent) {
    const [variant, request] = key.split('|');
    const per = (sum, digits) => (sum / count).toFixed(digits);
    console.log(`| ${variant} | ${request} | ${per(asked, 2)} | ${per(inside, 1)} | ${per(cpu, 0)} µs |`);
  }
}

async function perClient(quick) {
  const clients = 100_000;
  const shared = quick ? 10_000 : clients;
  console.log(`\n## Memory per tracked client, two requests each\n`);
  console.log(
    `| | in the process (${clients.toLocaleString('en')} clients) | in Redis (${shared.toLocaleString('en')} clients) |`,
  );
  console.log('|---|--:|--:|');
  for (const [name, variant] of [
    ['nestapi-guard', 'guard'],
    ['@nestjs/throttler', 'throttler'],
    ['rate-limiter-flexible', 'flexible'],
    ['express-rate-limit', 'express'],
  ]) {
    const { bytes } = await remember({ variant, clients });
    const redis = await RedisProcess.start();
    try {
      const before = (await redis.usage()).memory;
      await remember({ variant, clients: shared, redisUrl: redis.url });
      const inRedis = ((await redis.usage()).memory - before) / shared;
      console.log(`| ${name} | ${bytes.toFixed(0)} bytes | ${inRedis.toFixed(0)} bytes |`);
    } finally {
      await redis.stop();
    }
  }
}

function remember(args) {
  return new Promise((resolve, reject) => {
    const child = fork(path.join(root, 'bench/apps/limit-memory.ts'), [JSON.stringify(args)], {
      cwd: root,
      execArgv: ['--expose-gc', '-r', '@swc-node/register'],
      env: { ...process.env, NODE_ENV: 'production', TS_NODE_PROJECT: path.join(root, 'tsconfig.json') },
    });
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`limit-memory ended with ${code}`)));
  });
}
