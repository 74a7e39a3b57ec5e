import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** A server of its own process that tells how much CPU time it has used. */
export class ServerProcess {
  #child;

  /** @param app file below bench/apps, @param args handed to it as JSON */
  static async start(app, args) {
    const server = new ServerProcess();
    server.#child = fork(path.join(root, 'bench/apps', app), [JSON.stringify(args)], {
      cwd: root,
      execArgv: ['-r', '@swc-node/register'],
      env: { ...process.env, NODE_ENV: 'production', TS_NODE_PROJECT: path.join(root, 'tsconfig.json') },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const [message] = await Promise.race([once(server.#child, 'message'), failed(server.#child, app)]);
    server.port = message.port;
    return server;
  }

  /** User and system CPU time so far, in microseconds. */
  async cpu() {
    this.#child.send('cpu');
    const [{ user, system }] = await once(this.#child, 'message');
    return user + system;
  }

  async stop() {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}

async function failed(child, app) {
  const [code] = await once(child, 'exit');
  throw new Error(`${app} ended with ${code} before it listened`);
}
