import { execFileSync } from 'node:child_process';

/** Runs a program to its end. Its output is returned, and shown only when it fails. */
export function run(command, args, { cwd, node } = {}) {
  const env = node === undefined ? process.env : node.environment;
  try {
    return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: 'pipe', maxBuffer: 1 << 28 });
  } catch (error) {
    const printed = `${error.stdout ?? ''}${error.stderr ?? ''}`;
    throw new Error(`${command} ${args.join(' ')} in ${cwd} failed\n${printed || error.message}`);
  }
}

export function npm(args, cwd) {
  return run('npm', [...args], { cwd });
}

/** `npm install` of what is no package of anybody's. */
export function install(folder, packages = []) {
  return npm(['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', ...packages], folder);
}
