import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const apps = path.join(import.meta.dirname, '..', 'apps');
const register = { execArgv: ['-r', '@swc-node/register'] };

/**
 * What inspecting a request costs, and, where labelled requests are given, what it finds: `CORPUS=<folder>` names a folder
 * with `attacks.jsonl` and `benign.jsonl`, one request a line: `{ id, category, tier, method, path, headers, body }`.
 */
export async function run({ quick }) {
  await cost(quick ? 1 : 4);
  const corpus = process.env.CORPUS;
  if (corpus === undefined) console.log('\nNo accuracy table: set CORPUS to a folder of labelled requests.');
  else await accuracy(path.resolve(corpus));
}

async function cost(rounds) {
  const rows = [];
  for (const [name, engine] of [
    ['nestapi-guard', 'guard'],
    ['a union of twelve regular expressions', 'union'],
  ]) {
    rows.push([name, await ask('detection.ts', { engine, rounds })]);
  }
  const columns = Object.keys(rows[0][1]);
  console.log('\nDetection, CPU µs per harmless request\n');
  console.log(`| | ${columns.join(' | ')} |`);
  console.log(`|---|${columns.map(() => '--:').join('|')}|`);
  for (const [name, figures] of rows) {
    console.log(`| ${name} | ${columns.map((column) => figures[column].toFixed(1)).join(' | ')} |`);
  }
}

async function accuracy(corpus) {
  for (const file of ['attacks', 'benign']) {
    const lines = path.join(corpus, `${file}.jsonl`);
    if (!existsSync(lines)) throw new Error(`${lines} is not there`);
    const rows = readFileSync(lines, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const refused = await ask('detection-verdicts.ts', { lines });
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

async function ask(app, args) {
  const child = fork(path.join(apps, app), [JSON.stringify(args)], register);
  const [answer] = await Promise.race([once(child, 'message'), failed(child, app)]);
  return answer;
}

async function failed(child, app) {
  const [code] = await once(child, 'exit');
  // The answer of a process that ended well arrives with its end.
  if (code === 0) return new Promise(() => undefined);
  throw new Error(`${app} ended with ${code}`);
}
