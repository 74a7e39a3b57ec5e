#!/usr/bin/env node
// npm test: sets up what the suites need, runs them on Nest 12, their end-to-end part on Nest 11 and a short form of the faults, and sums up.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureServers } from './ensure-servers.mjs';

const root = path.resolve(import.meta.dirname, '..');
const reports = path.join(root, '.tmp/test-reports');

const suites = [
  { name: 'nest12', title: 'Nest 12', args: [] },
  { name: 'nest11', title: 'Nest 11, end to end', args: ['-c', 'jest.nest11.config.js'], compat: 'nest11' },
  {
    name: 'faults',
    title: 'faults, in short',
    args: ['-c', 'jest.faults.config.js', '--passWithNoTests'],
    env: { FAULTS: 'short' },
  },
];

ensureServers();
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

const total = { passed: 0, failed: 0 };
for (const { name, title, args, compat, env } of suites) {
  if (compat !== undefined) installCompat(compat);
  console.log(`\n== ${title} on Node ${process.versions.node}\n`);
  const report = path.join(reports, `${name}.json`);
  run(
    'node',
    // A test that failed may have left a server behind: that must not keep the others from being reported.
    [
      'node_modules/jest/bin/jest.js',
      ...args,
      '--forceExit',
      '--json',
      `--outputFile=${report}`,
      ...process.argv.slice(2),
    ],
    { env },
  );
  const { passed, failed } = outcome(report);
  total.passed += passed;
  total.failed += failed;
}

console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);

/** A suite that could not run at all counts as one failure. */
function outcome(report) {
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, success } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return { passed: numPassedTests, failed: success ? failed : Math.max(failed, 1) };
}

function installCompat(name) {
  const folder = path.join(root, 'compat', name);
  if (!existsSync(path.join(folder, 'node_modules'))) run('npm', ['install', '--ignore-scripts'], { cwd: folder });
}

function run(command, args, { cwd = root, env } = {}) {
  const stdio = ['ignore', 'inherit', 'inherit'];
  const { error, status } = spawnSync(command, args, { cwd, env: { ...process.env, ...env }, stdio });
  if (error) throw error;
  return status;
}
