import { createRequire } from 'node:module';
import { ServerProcess } from './server-process.mjs';

const autocannon = createRequire(import.meta.url)('autocannon');

/**
 * Measures variants side by side.
 *
 * @param variants `{ name, app, args }`; the first is the one that the others are compared with
 * @param requests `{ name, method?, path, headers?, body?, clients?, prime?, expect? }`: `clients` are the addresses that
 *   send it, `prime` requests are sent whatever comes back before it is measured, `expect` lists statuses or is a function
 *   of the variant that does
 * @param observe called around each round with what makes the load; must return what that returns
 * @returns per request, per variant: the CPU time per request of every round, in microseconds
 */
export async function measure({
  variants,
  requests,
  rounds,
  requestsPerRound,
  connections = 16,
  observe = (_variant, _request, _amount, load) => load(),
}) {
  const servers = [];
  try {
    for (const { app, args } of variants) servers.push(await ServerProcess.start(app, args));
    const figures = requests.map(() => variants.map(() => []));
    const once = (v, request) => load(servers[v], expected(request, variants[v]), requestsPerRound, connections);
    for (const request of requests) {
      for (const v of servers.keys()) {
        if (request.prime > 0) await load(servers[v], { ...request, expect: ANY }, request.prime, connections);
        await once(v, request);
      }
    }
    for (let round = 0; round < rounds; round++) {
      for (const [r, request] of requests.entries()) {
        for (const [v, variant] of variants.entries()) {
          figures[r][v].push(await observe(variant, request, requestsPerRound, () => once(v, request)));
        }
      }
    }
    return figures;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

const ANY = [200, 201, 429];

function expected(request, variant) {
  const { expect } = request;
  return { ...request, variant: variant.name, expect: typeof expect === 'function' ? expect(variant) : expect };
}

// One client would fill any realistic limit, and is the worst case of limiters that keep a list of hits per client.
const manyClients = Array.from({ length: 2000 }, (_, i) => `198.18.${i >> 8}.${i & 255}`);

async function load(server, request, amount, connections) {
  const { method = 'GET', path, headers, body, clients = manyClients, expect = [200, 201] } = request;
  const before = await server.cpu();
  const result = await autocannon({
    url: `http://127.0.0.1:${server.port}`,
    requests: clients.map((address) => ({ method, path, headers: { ...headers, 'x-forwarded-for': address }, body })),
    amount,
    connections,
  });
  const statuses = Object.keys(result.statusCodeStats).map(Number);
  if (result.errors > 0 || statuses.some((status) => !expect.includes(status))) {
    throw new Error(`${request.variant}, ${method} ${path}: ${result.errors} errors, statuses ${statuses.join(', ')}`);
  }
  return ((await server.cpu()) - before) / amount;
}

/** Prints ratios to the first variant: median of the paired rounds, and the quartiles. */
export function printRatios(title, variants, requests, figures) {
  console.log(`\n## ${title}\n`);
  console.log(`| | ${requests.map(({ name }) => name).join(' | ')} |`);
  console.log(`|---|${requests.map(() => '--:').join('|')}|`);
  for (const [v, { name }] of variants.entries()) {
    const cells = requests.map((_, r) => {
      if (v === 0) return `1.00 (${quantile(figures[r][0], 0.5).toFixed(0)} µs)`;
      const ratios = figures[r][v].map((cpu, round) => cpu / figures[r][0][round]);
      const [low, median, high] = [0.25, 0.5, 0.75].map((q) => quantile(ratios, q).toFixed(2));
      return `${median} (${low}–${high})`;
    });
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  return sorted[below] + (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]) * (position - below);
}
