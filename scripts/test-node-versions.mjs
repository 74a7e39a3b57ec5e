#!/usr/bin/env node
// Runs the end-to-end suite on every supported major version of Node but the current one.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureServers } from './ensure-servers.mjs';
import { CURRENT_NODE, HAS_OTHER_VERSIONS, NODE_VERSIONS, nodeBinary } from './node-binaries.mjs';

const root = path.resolve(import.meta.dirname, '..');

if (!HAS_OTHER_VERSIONS) {
  console.log('Other versions of Node are run on Linux x64 only.');
  process.exit(0);
}

ensureServers();
for (const major of NODE_VERSIONS.filter((each) => each !== CURRENT_NODE)) {
  const { binary, version, environment } = nodeBinary(major);
  console.log(`\n== Node ${version}`);
  const args = ['node_modules/jest/bin/jest.js', '--silent', ...suites(), '--reporters=summary'];
  const { status } = spawnSync(binary, args, { cwd: root, env: environment, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exit(1);
}

function suites() {
  const given = process.argv.slice(2);
  return given.length > 0 ? given : ['test/e2e'];
}
