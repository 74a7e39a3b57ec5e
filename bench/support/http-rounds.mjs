import { createRequire } from 'node:module';
import { RedisProcess } from './redis-process.mjs';
import { ServerProcess } from './server-process.mjs';

const autocannon = createRequire(import.meta.url)('autocannon');

const CONNECTIONS = 16;

/** Addresses of Great Britain, so that looking their country up finds one. One client would be the worst case of some limiters. */
export const CLIENTS = '81.2.';
const manyClients = Array.from({ length: 2000 }, (_, i) => `${CLIENTS}${64 + (i >> 8)}.${i & 255}`);

const headers = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  accept: 'application/json, text/plain, */*',
  'accept-encoding': 'gzip, deflate, br',
  'accept-language': 'en-GB,en;q=0.9',
  origin: 'https://app.example.com',
  'x-forwarded-proto': 'https',
};

/**
 * Lets variants take turns in short rounds, so that whatever disturbs the machine disturbs all of them.
 *
 * @param app file of bench/apps that serves a variant
 * @param variants `{ name, redis?, args }`: those with `redis` get one each, as `redisUrl` besides their `args`
 * @param requests `{ name, method?, path, body?, client?, prime?, of?, expect? }`: `client` is the only address that sends it,
 *   `prime` requests are sent beforehand whatever comes back, `of` tells which variants it is measured of, `expect` the
 *   statuses for a variant
 * @param warmUp requests of each kind that do not count: code that V8 has not optimised yet costs several times as much
 * @returns by name of variant and request, what each round took per request: `cpu` in µs and, with a Redis, the commands
 *   `sent` to it, those run `inside` of its scripts, and its CPU time as `redisCpu` in µs
 */
export async function measure({ app, variants, requests, rounds, amount, warmUp }) {
  const [servers, redises] = [[], []];
  const start = async ({ redis, args }, v) => {
    if (redis) redises[v] = await RedisProcess.start();
    servers[v] = await ServerProcess.start(app, { ...args, clients: CLIENTS, redisUrl: redises[v]?.url });
  };
  try {
    await Promise.all(variants.map(start));
    const turns = requests.flatMap((request) =>
      variants.flatMap((variant, v) =>
        (request.of?.(variant) ?? true) ? [{ request, variant, server: servers[v], redis: redises[v] }] : [],
      ),
    );
    const figures = Object.fromEntries(variants.map(({ name }) => [name, {}]));
    for (const { request, server } of turns) {
      if (request.prime > 0) await load(server, request, request.prime);
    }
    for (const turn of turns) await spend(turn, Math.ceil(warmUp / 5));
    await Promise.all(servers.map((server) => server.rest()));
    // Twice, as what one kind of request optimises, another one may spoil.
    for (let pass = 0; pass < 2; pass++) for (const turn of turns) await spend(turn, Math.ceil(warmUp / 2));
    for (let round = 0; round < rounds; round++) {
      // There and back, so that nobody always follows the same neighbour.
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) {
        const kept = (figures[turn.variant.name][turn.request.name] ??= {});
        for (const [figure, value] of Object.entries(await spend(turn, amount))) (kept[figure] ??= []).push(value);
      }
    }
    return figures;
  } finally {
    await Promise.all([...servers, ...redises].map((process) => process?.stop()));
  }
}

/** What `amount` requests cost, per request. */
async function spend({ request, variant, server, redis }, amount) {
  const before = { cpu: await server.cpu(), ...(await redis?.usage()) };
  const { errors, statusCodeStats } = await load(server, request, amount);
  const after = { cpu: await server.cpu(), ...(await redis?.usage()) };
  const [statuses, expected] = [Object.keys(statusCodeStats).map(Number), request.expect?.(variant) ?? [200, 201]];
  if (errors > 0 || !statuses.every((status) => expected.includes(status))) {
    throw new Error(`${variant.name}, ${request.name}: ${errors} errors, statuses ${statuses.join(', ')}`);
  }
  const figures = redis ? ['cpu', 'sent', 'inside', 'redisCpu'] : ['cpu'];
  return Object.fromEntries(figures.map((figure) => [figure, round((after[figure] - before[figure]) / amount)]));
}

const round = (value) => Math.round(value * 1000) / 1000;

function load(server, { method = 'GET', path, body, client }, amount) {
  const clients = client === undefined ? manyClients : [client];
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const all = clients.map((address) => ({
    method,
    path,
    headers: { ...headers, ...type, 'x-forwarded-for': address },
    body,
  }));
  // Every connection begins with its first request, so each gets clients of its own.
  let connection = 0;
  const share = () => all.filter((_, i) => i % CONNECTIONS === connection % Math.min(CONNECTIONS, all.length));
  return autocannon({
    url: `http://127.0.0.1:${server.port}`,
    requests: all.slice(0, 1),
    setupClient: (sender) => {
      sender.setRequests(share());
      connection++;
    },
    amount,
    connections: CONNECTIONS,
    // How often it looks whether it is done.
    sampleInt: 10,
  });
}
