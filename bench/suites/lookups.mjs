import { fork } from 'node:child_process';
import path from 'node:path';

const app = path.join(import.meta.dirname, '..', 'apps', 'lookups.ts');

/** What it costs to find an address among many networks, next to what else there is. */
export async function run({ quick }) {
  const rows = [];
  const child = fork(app, [JSON.stringify({ sizes: [10, 1_000, 80_000], rounds: quick ? 2 : 8 })], {
    execArgv: ['-r', '@swc-node/register'],
  });
  child.on('message', ({ size, nanoseconds }) => rows.push({ prefixes: size, ...nanoseconds }));
  await new Promise((resolve, reject) => {
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`lookups ended with ${code}`))));
  });
  const names = Object.keys(rows[0]).filter((name) => name !== 'prefixes');
  console.log('\nAddress lookup, CPU time (ratio to nestapi-guard at the same size)\n');
  console.log(`| prefixes | ${names.join(' | ')} |`);
  console.log(`|--:|${names.map(() => '--:|').join('')}`);
  for (const row of rows) {
    const cells = names.map((name) => `${duration(row[name])} (${(row[name] / row[names[0]]).toFixed(1)})`);
    console.log(`| ${row.prefixes.toLocaleString('en')} | ${cells.join(' | ')} |`);
  }
}

function duration(nanoseconds) {
  if (nanoseconds < 1_000) return `${Math.round(nanoseconds)} ns`;
  return nanoseconds < 1e6 ? `${(nanoseconds / 1e3).toFixed(1)} µs` : `${(nanoseconds / 1e6).toFixed(1)} ms`;
}
