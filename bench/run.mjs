#!/usr/bin/env node
// Usage: node bench/run.mjs [suite …] [--quick]
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const here = import.meta.dirname;
const available = readdirSync(path.join(here, 'suites'))
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -'.mjs'.length));

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const wanted = args.filter((arg) => !arg.startsWith('--'));
const unknown = wanted.filter((suite) => !available.includes(suite));
if (unknown.length > 0) {
  console.error(`No such suite: ${unknown.join(', ')}. There are: ${available.join(', ')}.`);
  process.exit(2);
}

const { dependencies } = JSON.parse(readFileSync(path.join(here, 'package.json'), 'utf8'));
if (!Object.keys(dependencies).every((name) => existsSync(path.join(here, 'node_modules', name)))) {
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: here, stdio: 'inherit' });
}

for (const suite of wanted.length > 0 ? wanted : available) {
  const { run } = await import(`./suites/${suite}.mjs`);
  await run({ quick });
}
