import { spawnSync } from 'node:child_process';

/** Redis tests talk to real redis-server processes. Installs the server where that can be done, or says what to install. */
export function ensureRedisServer() {
  if (works('redis-server', '--version')) return;
  console.log('redis-server is missing, installing it …');
  if (process.platform === 'darwin') attempt('brew', ['install', 'redis']);
  else if (process.getuid?.() === 0 && works('apt-get', '--version')) {
    attempt('apt-get', ['update', '-qq']);
    attempt('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'redis-server']);
  }
  if (works('redis-server', '--version')) return;
  console.error(
    'The tests need redis-server 6.2 or later on the PATH: install the package "redis-server" (Debian, Ubuntu) or "redis" (Homebrew, Fedora, Alpine).',
  );
  process.exit(1);
}

function works(command, ...args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function attempt(command, args) {
  spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}
