#!/usr/bin/env node
// Packs the library, looks at what is in the tarball, installs it in consumers on Nest 11 and 12, and runs them.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const work = mkdtempSync(path.join(tmpdir(), 'nestapi-guard-package-'));

try {
  const tarball = pack();
  for (const nest of ['11', '12']) checkConsumer(nest, tarball);
  console.log('The package installs and runs on Nest 11 and 12, from CommonJS, ES modules and TypeScript.');
} finally {
  if (process.env.KEEP !== '1') rmSync(work, { recursive: true, force: true });
}

function pack() {
  const [report] = JSON.parse(npm(['pack', '--json', '--pack-destination', work], root));
  const files = report.files.map(({ path: file }) => file);
  const allowed = /^(dist\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$|snapshots\/)/;
  const strangers = files.filter((file) => !allowed.test(file) || /\.(spec|test)\.|\.tsbuildinfo$|\.mmdb$/.test(file));
  if (strangers.length > 0) throw new Error(`The tarball has what it should not: ${strangers.join(', ')}`);
  for (const wanted of [
    'dist/index.js',
    'dist/index.d.ts',
    'dist/cli/main.js',
    'dist/testing/index.d.ts',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
  ]) {
    if (!files.includes(wanted)) throw new Error(`The tarball lacks ${wanted}`);
  }
  const { scripts = {} } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const installing = ['preinstall', 'install', 'postinstall', 'prepare'].filter((name) => name in scripts);
  if (installing.length > 0) throw new Error(`A user's install would run ${installing.join(', ')}`);
  console.log(`${report.filename}: ${files.length} files, ${Math.round(report.size / 1024)} KB packed`);
  return path.join(work, report.filename);
}

function checkConsumer(nest, tarball) {
  const consumer = path.join(work, `nest${nest}`);
  cpSync(path.join(root, 'test/consumer'), consumer, { recursive: true });
  mkdirSync(consumer, { recursive: true });
  const dependencies = {
    '@nestjs/common': `^${nest}.0.0`,
    '@nestjs/core': `^${nest}.0.0`,
    '@nestjs/platform-express': `^${nest}.0.0`,
    '@nestjs/platform-fastify': `^${nest}.0.0`,
    'nestapi-guard': `file:${tarball}`,
    'reflect-metadata': '^0.2.0',
    rxjs: '^7.8.0',
    typescript: '~6.0.0',
    '@types/express': '^5.0.0',
    '@types/node': '^20.0.0',
  };
  writeFileSync(path.join(consumer, 'package.json'), JSON.stringify({ private: true, dependencies }));
  npm(['install', '--no-audit', '--no-fund', '--ignore-scripts'], consumer);
  run('node_modules/.bin/tsc', ['-p', 'tsconfig.json'], consumer);
  for (const entry of ['dist/main.js', 'import.mjs']) run('node', [entry], consumer);
  checkCommand(consumer);
}

/** The command line, as npx finds it. */
function checkCommand(consumer) {
  const cli = path.join(consumer, 'node_modules/.bin/nestapi-guard');
  const told = (...args) =>
    execFileSync(cli, args, { cwd: consumer, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const policies = told('policies', 'dist/app.module.js', '--fail-on', 'unprotected');
  if (!policies.includes('requireIp {"whitelist":["10.0.0.0/8"]} ← method'))
    throw new Error(`policies printed ${policies}`);
  const explained = told('explain', '<script>alert(1)</script>');
  if (!explained.startsWith('SUSPICIOUS')) throw new Error(`explain printed ${explained}`);
  writeFileSync(
    path.join(consumer, 'access.log'),
    '192.0.2.1 - - [10/Nov/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 4 "-" "sqlmap"\n',
  );
  const replayed = told('replay', 'access.log', '--module', 'dist/app.module.js');
  if (!replayed.includes('1 of them (100%) would have been refused')) throw new Error(`replay printed ${replayed}`);
}

function npm(args, cwd) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

function run(command, args, cwd) {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
}
