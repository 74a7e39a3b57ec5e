import { once } from 'node:events';
import { start } from './child-process.mjs';

/** A server of its own process that tells how much CPU time it has used. */
export class ServerProcess {
  #process;

  static async start(app, args) {
    const server = new ServerProcess();
    server.#process = start(app, args, ['--expose-gc']);
    ({ port: server.port } = await server.#process.answer());
    return server;
  }

  /** User and system CPU time so far, in microseconds. */
  cpu() {
    return this.#ask('cpu');
  }

  /** Lets it do what applications do when they are idle. */
  rest() {
    return this.#ask('rest');
  }

  async stop() {
    const { child } = this.#process;
    if (child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.disconnect();
    await gone;
  }

  async #ask(question) {
    this.#process.child.send(question);
    const { user, system } = await this.#process.answer();
    return user + system;
  }
}
