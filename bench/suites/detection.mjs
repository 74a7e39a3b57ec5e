import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ratio, spread } from '../report/statistics.mjs';
import { duration, table, withSpread } from '../report/table.mjs';
import { ask } from '../support/child-process.mjs';

export const title = 'Attack detection';

const SCALES = { full: { rounds: 12 }, quick: { rounds: 3 }, smoke: { rounds: 1 } };

/**
 * What inspecting a request costs, and, where labelled requests are given, what it finds: `CORPUS=<folder>` names a folder
 * with `attacks.jsonl` and `benign.jsonl`, one request a line: `{ id, category, tier, method, path, headers, body }`.
 */
export async function run(scale) {
  const corpus = process.env.CORPUS;
  if (corpus === undefined) console.log('No accuracy table: set CORPUS to a folder of labelled requests.');
  else await accuracy(path.resolve(corpus));
  return ask('detection', SCALES[scale]);
}

export function describe(figures) {
  const engines = Object.keys(Object.values(figures)[0]);
  return `CPU time of inspecting one harmless request, headers included, none like the one before: median and quartiles.

${table(
  ['', ...engines, 'ratio'],
  Object.entries(figures).map(([request, times]) => [
    request,
    ...engines.map((engine) => withSpread(spread(times[engine]), duration)),
    withSpread(ratio(times[engines[1]], times[engines[0]])),
  ]),
)}`;
}

async function accuracy(corpus) {
  for (const file of ['attacks', 'benign']) {
    const lines = path.join(corpus, `${file}.jsonl`);
    if (!existsSync(lines)) throw new Error(`${lines} is not there`);
    const rows = readFileSync(lines, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const refused = await ask('detection-verdicts', { lines });
    print(file, rows, new Set(refused));
  }
}

function print(file, rows, refused) {
  const counts = new Map();
  for (const { id, category, tier } of rows) {
    const key = tier === 'core' ? category : `${category} (${tier})`;
    const [hits, all] = counts.get(key) ?? [0, 0];
    counts.set(key, [hits + (refused.has(id) ? 1 : 0), all + 1]);
  }
  const core = rows.filter(({ tier }) => tier === 'core');
  const hits = core.filter(({ id }) => refused.has(id)).length;
  console.log(`\n${file}: ${hits} of ${core.length} refused (${((100 * hits) / core.length).toFixed(2)} %)\n`);
  console.log('| kind | refused | of | % |\n|---|--:|--:|--:|');
  for (const [kind, [found, all]] of [...counts].sort((a, b) => b[1][1] - a[1][1])) {
    console.log(`| ${kind} | ${found} | ${all} | ${((100 * found) / all).toFixed(1)} |`);
  }
}
