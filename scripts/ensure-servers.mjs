import { spawnSync } from 'node:child_process';

/** What tests talk to as real processes, and what the packages are called. */
const SERVERS = [
  { program: 'redis-server', debian: 'redis-server', homebrew: 'redis', wanted: 'redis-server 6.2 or later' },
  { program: 'nginx', debian: 'nginx', homebrew: 'nginx', wanted: 'nginx' },
  { program: 'haproxy', debian: 'haproxy', homebrew: 'haproxy', wanted: 'HAProxy' },
];

// Where Debian puts servers, and PATH often does not look.
process.env.PATH += ':/usr/sbin';

/** Installs the servers that are missing where that can be done, or says what to install. */
export function ensureServers() {
  const missing = SERVERS.filter(({ program }) => !works(program, '-v'));
  if (missing.length === 0) return;
  console.log(`Missing: ${missing.map(({ program }) => program).join(', ')}. Installing …`);
  if (process.platform === 'darwin') attempt('brew', ['install', ...missing.map(({ homebrew }) => homebrew)]);
  else if (process.getuid?.() === 0 && works('apt-get', '--version')) {
    attempt('apt-get', ['update', '-qq']);
    attempt('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing.map(({ debian }) => debian)]);
  }
  const needed = missing.filter(({ program }) => !works(program, '-v'));
  if (needed.length === 0) return;
  for (const { wanted, debian, homebrew } of needed) {
    console.error(
      `The tests need ${wanted} on the PATH: install the package "${debian}" (Debian, Ubuntu) or "${homebrew}" (Homebrew, Fedora, Alpine).`,
    );
  }
  process.exit(1);
}

function works(command, ...args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function attempt(command, args) {
  spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}
