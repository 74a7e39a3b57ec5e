#!/usr/bin/env node
// Usage: node bench/run.mjs [suite …] [--quick | --smoke]
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const here = import.meta.dirname;
const available = ['http', 'limits', 'lookups', 'detection'];
const scales = ['quick', 'smoke'];

const args = process.argv.slice(2);
const scale = scales.find((name) => args.includes(`--${name}`)) ?? 'full';
const wanted = args.filter((arg) => !scales.some((name) => arg === `--${name}`));
const unknown = wanted.filter((suite) => !available.includes(suite));
if (unknown.length > 0) {
  console.error(`No such suite: ${unknown.join(', ')}. There are: ${available.join(', ')}.`);
  process.exit(2);
}

const { dependencies } = JSON.parse(readFileSync(path.join(here, 'package.json'), 'utf8'));
if (!Object.keys(dependencies).every((name) => existsSync(path.join(here, 'node_modules', name)))) {
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: here, stdio: 'inherit' });
}
const { environment } = await import('./report/environment.mjs');
const where = environment();
// What is measured is what the compiler makes of the library, as in the package.
execFileSync('npx', ['tsc', '-p', path.join(here, 'tsconfig.json')], { stdio: 'inherit' });

const { Results } = await import('./report/results.mjs');
// Runs that are too short to quote leave the document alone.
const results = new Results(scale === 'full' ? undefined : path.join(here, '..', '.tmp', `bench-${scale}`));
for (const name of wanted.length > 0 ? wanted : available) {
  const suite = await import(`./suites/${name}.mjs`);
  const started = Date.now();
  const figures = await suite.run(scale);
  console.log(`\n## ${suite.title}\n\n${suite.describe(figures)}\n`);
  console.log(`(${Math.round((Date.now() - started) / 1000)} s)`);
  await results.keep(name, { ...where, figures });
}
console.log(`\nWritten to ${await results.publish()}`);
