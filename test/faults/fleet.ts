import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import type { GuardConfigInput } from '../../lib';

/** What a test asks an application beside its traffic. */
export interface Question {
  readonly id: number;
  readonly ask: 'ban' | 'unban' | 'banned' | 'bans' | 'state' | 'accidents';
  readonly addresses?: readonly string[];
}

/** An application in a process of its own. */
export class Instance {
  private questions = 0;
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(
    readonly process: ChildProcess,
    readonly port: number,
  ) {}

  static async start(platform: 'express' | 'fastify', config: GuardConfigInput): Promise<Instance> {
    const child = fork(join(__dirname, 'application.worker.ts'), [JSON.stringify({ platform, config })], {
      execArgv: ['-r', join(__dirname, '../support/typescript.cjs')],
    });
    child.setMaxListeners(0);
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the application ended with ${String(code)} before it listened`);
    });
    const [port] = (await Promise.race([once(child, 'message'), ended])) as [number];
    ended.catch(() => undefined);
    return new Instance(child, port);
  }

  /** The status that a client is answered with; 0 when it is not answered at all. */
  status(path: string, from: string): Promise<number> {
    const { agent, port } = this;
    return new Promise((resolve) => {
      const headers = { 'x-forwarded-for': from };
      const request = get({ host: '127.0.0.1', port, path, headers, agent, timeout: 10_000 }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode!));
        response.on('error', () => resolve(0));
      });
      request.on('timeout', () => request.destroy());
      request.on('error', (error: NodeJS.ErrnoException) => {
        // A connection that the server closed for being idle, just as it was used again: Node's own advice is to repeat.
        const idle = request.reusedSocket && error.code === 'ECONNRESET';
        resolve(idle ? this.status(path, from) : 0);
      });
    });
  }

  ask(ask: 'state'): Promise<string>;
  ask(ask: Exclude<Question['ask'], 'state'>, addresses?: readonly string[]): Promise<number>;
  ask(ask: Question['ask'], addresses?: readonly string[]): Promise<unknown> {
    const id = ++this.questions;
    return new Promise((resolve) => {
      const hear = (message: unknown): void => {
        const { id: of, answer } = message as { id: number; answer: unknown };
        if (of !== id) return;
        this.process.off('message', hear);
        resolve(answer);
      };
      this.process.on('message', hear);
      this.process.send({ id, ask, addresses } satisfies Question);
    });
  }

  /** Closes the connections to it, which an application that ends waits for. */
  hangUp(): void {
    this.agent.destroy();
  }

  /** Ends it by force, if it has not ended. */
  async end(): Promise<void> {
    this.hangUp();
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
  }
}

/** Several applications that share what their configuration says; every other one on the other platform. */
export async function startFleet(
  size: number,
  config: GuardConfigInput | ((index: number) => GuardConfigInput),
): Promise<Instance[]> {
  return Promise.all(
    Array.from({ length: size }, (_, index) => {
      const own = typeof config === 'function' ? config(index) : config;
      return Instance.start(index % 2 === 0 ? 'express' : 'fastify', own);
    }),
  );
}

export async function endFleet(fleet: readonly Instance[]): Promise<void> {
  await Promise.all(fleet.map((instance) => instance.end()));
}

let lastClient = 0;

/** An address that nobody has used before. */
export function freshClient(): string {
  lastClient++;
  return `198.18.${(lastClient >> 8) & 255}.${lastClient & 255}`;
}

/** So many requests of one client, spread over the fleet, so many of them at once: how many of each status came back. */
export async function flood(
  fleet: readonly Instance[],
  path: string,
  { requests, concurrency, from = freshClient() }: { requests: number; concurrency: number; from?: string },
): Promise<Record<number, number>> {
  const found: Record<number, number> = {};
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent < requests) {
      const status = await fleet[sent++ % fleet.length]!.status(path, from);
      found[status] = (found[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return found;
}

/** True when a request that one instance admitted is counted by another. */
export async function shares([one, other]: readonly Instance[]): Promise<boolean> {
  const from = freshClient();
  await one!.status('/limit/1', from);
  return (await other!.status('/limit/1', from)) === 429;
}
