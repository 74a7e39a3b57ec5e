#!/usr/bin/env node
// Packs the library, looks at what is in the tarball, installs it where users would, and has it used with their tools.
//
//   node scripts/check-package.mjs          every tool on Nest 12 and this Node; other pairs as compiled by tsc
//   node scripts/check-package.mjs --full   every tool on Nest 11 and 12, on every supported version of Node
//
// KEEP=1 leaves the consumers where they are.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CURRENT_NODE, HAS_OTHER_VERSIONS, NODE_VERSIONS, nodeBinary } from './node-binaries.mjs';
import { checkCommand } from './package/command.mjs';
import { install } from './package/process.mjs';
import { pack } from './package/tarball.mjs';
import { runToolchain, TOOLCHAINS, TOOLS } from './package/toolchains.mjs';
import { checkTypings, COMPILERS } from './package/typings.mjs';

const root = path.resolve(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const full = process.argv.includes('--full');
const work = mkdtempSync(path.join(tmpdir(), 'nestapi-guard-package-'));
const consumers = path.join(work, 'consumers');

try {
  const tarball = pack(work);
  for (const nest of ['11', '12']) createConsumer(nest, tarball);
  writeFileSync(path.join(consumers, 'package.json'), '{ "private": true }');
  install(consumers, TOOLS);
  for (const nest of ['11', '12']) useConsumer(nest);
} finally {
  if (process.env.KEEP === '1') console.log(`Kept: ${work}`);
  else rmSync(work, { recursive: true, force: true });
}

function folderOf(nest) {
  return path.join(consumers, `nest${nest}`);
}

/** An application of a stranger. Until its typings are checked, it has the required peers only. */
function createConsumer(nest, tarball) {
  const folder = folderOf(nest);
  mkdirSync(consumers, { recursive: true });
  cpSync(path.join(root, 'test/consumer'), folder, { recursive: true });
  const dependencies = {
    '@nestjs/common': `^${nest}.0.0`,
    '@nestjs/core': `^${nest}.0.0`,
    'nestapi-guard': `file:${tarball}`,
    'reflect-metadata': '^0.2.0',
    rxjs: '^7.8.0',
    '@types/node': '^20.0.0',
    ...COMPILERS,
  };
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  install(folder);
  checkTypings(folder, nest);
  const platforms = ['platform-express', 'platform-fastify', 'testing'].map((name) => `@nestjs/${name}@^${nest}.0.0`);
  install(folder, [...platforms, '@types/express@5']);
}

function useConsumer(nest) {
  const deployment = path.join(work, `deployed-nest${nest}`);
  const consumer = {
    folder: folderOf(nest),
    deployment,
    tool: (name) => path.join(consumers, 'node_modules/.bin', name),
    deploy: (built) => cpSync(path.join(folderOf(nest), built), path.join(deployment, built), { recursive: true }),
  };
  const nodes = NODE_VERSIONS.filter((each) => each === CURRENT_NODE || HAS_OTHER_VERSIONS).map(nodeBinary);
  for (const [index, toolchain] of TOOLCHAINS.entries()) {
    const compiledByTsc = index < 2;
    const everywhere = full || compiledByTsc;
    if (!everywhere && nest !== '12') continue;
    toolchain.build?.(consumer);
    if (index === 0) checkCommand(consumer.folder, version);
    for (const node of nodes) {
      if (!everywhere && node.binary !== process.execPath) continue;
      const started = Date.now();
      runToolchain(toolchain, consumer, node);
      console.log(`Nest ${nest}, Node ${node.version}: ${toolchain.name} (${Date.now() - started} ms)`);
    }
  }
}
