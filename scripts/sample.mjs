// npm run sample 05: starts the sample whose folder begins with that; without a number, tells which there are.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const samples = path.resolve(import.meta.dirname, '../sample');
const [wanted, ...rest] = process.argv.slice(2);
const folders = readdirSync(samples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const found = folders.find((name) => wanted !== undefined && name.startsWith(wanted.padStart(2, '0')));

if (found === undefined) {
  console.error(`Which sample? npm run sample <number>\n  ${folders.join('\n  ')}`);
  process.exit(1);
}

// As if it had been named on the command line: processes that a sample forks start the same file.
const main = path.join(samples, found, 'main.ts');
process.argv = [process.argv[0], main, ...rest];
createRequire(import.meta.url)(main);
