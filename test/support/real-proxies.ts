import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** The programs, where Debian, Homebrew and the images of both put them. */
const PATH = [process.env.PATH, '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'].join(':');

/** A real nginx or HAProxy on a free loopback port. */
export class RealProxy {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** @param server the `server` block; `listen 80` in it becomes the free port. */
  static async nginx(server: string): Promise<RealProxy> {
    return RealProxy.start('nginx', (port, folder) => {
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${folder}/${name};`,
      );
      const config = [
        ...['daemon off;', 'master_process off;', `pid ${folder}/pid;`, 'error_log stderr;', 'events {}'],
        ...['http {', 'access_log off;', ...paths, server.replace('listen 80;', `listen 127.0.0.1:${port};`), '}'],
      ];
      return { config: config.join('\n'), options: (file) => ['-p', folder, '-c', file] };
    });
  }

  /** @param sections frontends and backends; `bind :80` in them becomes the free port. */
  static async haproxy(sections: string, globals: readonly string[] = []): Promise<RealProxy> {
    return RealProxy.start('haproxy', (port) => {
      const timeouts = ['connect', 'client', 'server'].map((name) => `  timeout ${name} 5s`);
      const config = ['global', ...globals.map((line) => `  ${line}`), 'defaults', ...timeouts, sections];
      return {
        config: config.join('\n').replace('bind :80', `bind 127.0.0.1:${port}`) + '\n',
        options: (file) => ['-db', '-f', file],
      };
    });
  }

  private static async start(
    program: string,
    layout: (port: number, folder: string) => { config: string; options: (file: string) => string[] },
  ): Promise<RealProxy> {
    assertInstalled(program);
    const folder = mkdtempSync(join(tmpdir(), `guard-${program}-`));
    const port = await freePort();
    const { config, options } = layout(port, folder);
    const file = join(folder, 'proxy.conf');
    writeFileSync(file, config);
    const child = spawn(program, options(file), { env: { ...process.env, PATH }, stdio: ['ignore', 'ignore', 'pipe'] });
    running.add(child);
    const said: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    for (let attempt = 0; !(await accepts(port)); attempt++) {
      if (child.exitCode !== null || attempt === 100) {
        throw new Error(`${program} does not listen: ${Buffer.concat(said).toString()}\n${readFileSync(file, 'utf8')}`);
      }
      await delay(50);
    }
    return new RealProxy(port, child, folder);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    running.delete(this.child);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function assertInstalled(program: string): void {
  try {
    execFileSync(program, ['-v'], { env: { ...process.env, PATH }, stdio: 'ignore' });
  } catch {
    throw new Error(`${program} is needed here: apt-get install ${program}, or brew install ${program}`);
  }
}

/** A port of loopback that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
