import { createRequire } from 'node:module';
import { ServerProcess } from './server-process.mjs';

const autocannon = createRequire(import.meta.url)('autocannon');

/**
 * Measures variants side by side.
 *
 * @param variants `{ name, app, args }`; the first is the one that the others are compared with
 * @param requests `{ name, method?, path, headers?, body? }`
 * @returns per request, per variant: the CPU time per request of every round, in microseconds
 */
export async function measure({ variants, requests, rounds, requestsPerRound, connections = 16 }) {
  const servers = [];
  try {
    for (const { app, args } of variants) servers.push(await ServerProcess.start(app, args));
    const figures = requests.map(() => variants.map(() => []));
    for (const request of requests)
      for (const server of servers) await load(server, request, requestsPerRound, connections);
    for (let round = 0; round < rounds; round++) {
      for (const [r, request] of requests.entries()) {
        for (const [v, server] of servers.entries()) {
          figures[r][v].push(await load(server, request, requestsPerRound, connections));
        }
      }
    }
    return figures;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

// One client would fill any realistic limit, and is the worst case of limiters that keep a list of hits per client.
const clients = Array.from({ length: 2000 }, (_, i) => `198.18.${i >> 8}.${i & 255}`);

async function load(server, { method = 'GET', path, headers, body, expect = [200, 201] }, amount, connections) {
  const before = await server.cpu();
  const result = await autocannon({
    url: `http://127.0.0.1:${server.port}`,
    requests: clients.map((address) => ({ method, path, headers: { ...headers, 'x-forwarded-for': address }, body })),
    amount,
    connections,
  });
  const statuses = Object.keys(result.statusCodeStats).map(Number);
  if (result.errors > 0 || statuses.some((status) => !expect.includes(status))) {
    throw new Error(`${path}: ${result.errors} errors, statuses ${statuses.join(', ')}`);
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
