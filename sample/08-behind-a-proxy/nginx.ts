import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Starts nginx with this sample's `nginx.conf` in front of the application; it ends with this process. */
export function startNginx(port: number, applicationPort: number): ChildProcess {
  const folder = mkdtempSync(join(tmpdir(), 'behind-a-proxy-'));
  const server = readFileSync(join(__dirname, 'nginx.conf'), 'utf8')
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replace('127.0.0.1:3001', `127.0.0.1:${applicationPort}`);
  // What a distribution's own nginx.conf says around it, in a folder that needs no rights.
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  const http = `http { access_log off; ${temporary.join(' ')}\n${server}}`;
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid pid; error_log stderr; events {}\n${http}`,
  );
  const nginx = spawn('nginx', ['-p', folder, '-c', 'nginx.conf'], {
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  nginx.once('error', () => {
    console.error('This sample needs nginx: apt-get install nginx, or brew install nginx.');
    process.exit(1);
  });
  process.once('exit', () => {
    nginx.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  return nginx;
}
