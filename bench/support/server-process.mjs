import { once } from 'node:events';
import { start } from './child-process.mjs';

/** A server of its own process that tells how much CPU time it has used. */
export class ServerProcess {
  #process;

  static async start(app, args) {
    const server = new ServerProcess();
    server.#process = start(app, args);
    ({ port: server.port } = await server.#process.answer());
    return server;
  }

  /** User and system CPU time so far, in microseconds. */
  async cpu() {
    this.#process.child.send('cpu');
    const { user, system } = await this.#process.answer();
    return user + system;
  }

  async stop() {
    const { child } = this.#process;
    if (child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.disconnect();
    await gone;
  }
}
