// Writes what can be derived of the documentation: docs/configuration.md and llms.txt. With --check, only says what is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { configurationPage } from './configuration-page.mjs';
import { llmsText } from './pages.mjs';

const root = new URL('../', import.meta.url);
const generated = { 'docs/configuration.md': await configurationPage(), 'llms.txt': llmsText('docs/') };

for (const [file, text] of Object.entries(generated)) {
  const target = new URL(file, root);
  if (!process.argv.includes('--check')) writeFileSync(target, text);
  else if (readFileSync(target, 'utf8') !== text) {
    console.error(`${file} is stale: run "npm run docs:generate"`);
    process.exitCode = 1;
  }
}
