import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type OutgoingHttpHeaders, request as send } from 'node:http';
import { join } from 'node:path';
import type { CloudStatus, GuardConfigInput } from '../../lib';
import type { Holdings, Watch } from './vitals';

/** What an application is asked beside its traffic, and what it answers. */
export interface Answers {
  ban: number;
  unban: number;
  banned: number;
  bans: number;
  state: string;
  accidents: number;
  providers: (string | null)[];
  countries: (string | null)[];
  refresh: CloudStatus;
  watch: undefined;
  seen: Watch;
  holdings: Holdings;
}

export interface Question {
  readonly id: number;
  readonly ask: keyof Answers;
  readonly addresses?: readonly string[];
}

export type Platform = 'express' | 'fastify';

/** How the process of an application is started. */
export interface ProcessOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** The user to run as; only root may say. */
  readonly uid?: number;
}

export interface Sent {
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly headers?: OutgoingHttpHeaders;
}

/** An application in a process of its own. */
export class Instance {
  private questions = 0;
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(
    readonly process: ChildProcess,
    readonly port: number,
  ) {}

  static async start(platform: Platform, config: GuardConfigInput, options: ProcessOptions = {}): Promise<Instance> {
    const child = fork(join(__dirname, 'application.worker.ts'), [JSON.stringify({ platform, config })], {
      execArgv: ['--expose-gc', '-r', join(__dirname, '../support/typescript.cjs')],
      ...options,
      env: { ...process.env, ...options.env },
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
  status(path: string, from: string, { method = 'GET', body, headers }: Sent = {}): Promise<number> {
    const { agent, port } = this;
    return new Promise((resolve) => {
      const all = { 'x-forwarded-for': from, ...(body && { 'content-length': Buffer.byteLength(body) }), ...headers };
      const options = { host: '127.0.0.1', port, path, method, headers: all, agent, timeout: 10_000 };
      const request = send(options, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode!));
        response.on('error', () => resolve(0));
      });
      request.on('timeout', () => request.destroy());
      request.on('error', (error: NodeJS.ErrnoException) => {
        // A connection that the server closed for being idle, just as it was used again: Node's own advice is to repeat.
        const idle = request.reusedSocket && error.code === 'ECONNRESET';
        resolve(idle ? this.status(path, from, { method, body, headers }) : 0);
      });
      request.end(body);
    });
  }

  ask<Ask extends keyof Answers>(ask: Ask, addresses?: readonly string[]): Promise<Answers[Ask]> {
    const id = ++this.questions;
    return new Promise((resolve) => {
      const hear = (message: unknown): void => {
        const { id: of, answer } = message as { id: number; answer: Answers[Ask] };
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
  options: (index: number) => ProcessOptions = () => ({}),
): Promise<Instance[]> {
  return Promise.all(
    Array.from({ length: size }, (_, index) => {
      const own = typeof config === 'function' ? config(index) : config;
      return Instance.start(index % 2 === 0 ? 'express' : 'fastify', own, options(index));
    }),
  );
}

/** What went wrong in all of them and would have ended a process that nobody watches. */
export async function accidentsOf(fleet: readonly Instance[]): Promise<number> {
  const counts = await Promise.all(fleet.map((instance) => instance.ask('accidents')));
  return counts.reduce((sum, count) => sum + count, 0);
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
