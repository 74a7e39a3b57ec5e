// The command line, as npx finds it.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './process.mjs';

export function checkCommand(folder, version) {
  const told = (...args) => run(path.join(folder, 'node_modules/.bin/nestapi-guard'), args, { cwd: folder });
  expect('--version', told('--version') === `${version}\n`);
  const policies = told('policies', 'dist/app.module.js', '--fail-on', 'unprotected');
  expect('policies', policies.includes('requireIp {"whitelist":["10.0.0.0/8"]} ← method'));
  expect('explain', told('explain', '<script>alert(1)</script>').startsWith('SUSPICIOUS'));
  writeFileSync(
    path.join(folder, 'access.log'),
    '192.0.2.1 - - [10/Nov/2026:08:00:00 +0000] "GET /books HTTP/1.1" 200 4 "-" "sqlmap"\n',
  );
  const replayed = told('replay', 'access.log', '--module', 'dist/app.module.js');
  expect('replay', replayed.includes('1 of them (100%) would have been refused'));
}

function expect(command, holds) {
  if (!holds) throw new Error(`nestapi-guard ${command} does not print what it should`);
}
