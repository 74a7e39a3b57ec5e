import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createRequire } from 'node:module';

const { Redis } = createRequire(import.meta.url)('ioredis');

/** A redis-server of its own on a free loopback port, that keeps nothing on disk. */
export class RedisProcess {
  #child;
  #client;

  static async start() {
    const redis = new RedisProcess();
    redis.port = await freePort();
    const settings = ['--port', redis.port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    redis.#child = spawn('redis-server', settings.map(String), { stdio: 'ignore' });
    const missing = once(redis.#child, 'error').then(() => {
      throw new Error('redis-server is missing: install the package "redis-server" (Debian) or "redis" (Homebrew)');
    });
    await Promise.race([listening(redis.port), missing]);
    redis.#client = new Redis(redis.port, '127.0.0.1');
    return redis;
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** What the server has done so far: scripts asked for, commands run inside of them, CPU time in µs, memory in bytes. */
  async usage() {
    const [stats, cpu, memory] = await Promise.all(['commandstats', 'cpu', 'memory'].map((s) => this.#client.info(s)));
    let [sent, inside] = [0, 0];
    for (const [, name, calls] of stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)) {
      if (name === 'eval' || name === 'evalsha') sent += Number(calls);
      else if (!OWN.has(name.split('|')[0])) inside += Number(calls);
    }
    const figure = (text, name) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(text)[1]);
    return {
      sent,
      inside,
      redisCpu: (figure(cpu, 'used_cpu_user') + figure(cpu, 'used_cpu_sys')) * 1e6,
      memory: figure(memory, 'used_memory'),
    };
  }

  async stop() {
    this.#client?.disconnect();
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/** Connections, our own questions, and the housekeeping of clients. */
const OWN = new Set(['info', 'hello', 'client', 'ping', 'script', 'subscribe', 'publish', 'select', 'auth', 'config']);

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(port) {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`redis-server does not listen on port ${port}`);
}
