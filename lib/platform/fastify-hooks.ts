import type { HttpServer } from '@nestjs/common';

type Done = (error?: Error) => void;

export type RequestHook<Request, Reply> = (request: Request, reply: Reply, done: Done) => unknown;

type AnyHook = RequestHook<unknown, unknown>;

/** Nest's adapter for Fastify, which runs one hook of the application in front of everything that `app.use()` mounts. */
interface HookedAdapter {
  onRequestHook?: AnyHook;
  /** Since Nest 11.1.4. */
  setOnRequestHook?(hook: AnyHook): void;
}

interface FastifyInstance {
  addHook(name: 'onRequest', hook: (request: unknown, reply: unknown, done: Done) => void): void;
}

const chains = new WeakMap<HttpServer, AnyHook[]>();

/**
 * Runs a hook where Nest runs the application's, in front of that one and behind those that were added like this before.
 * `NestFactory.create()` mounts middleware before any hook that `addHook()` adds from then on.
 */
export function addFirstHook<Request, Reply>(adapter: HttpServer, hook: RequestHook<Request, Reply>): void {
  const hooked = adapter as unknown as HookedAdapter;
  if (hooked.setOnRequestHook === undefined) {
    return (adapter.getInstance() as FastifyInstance).addHook('onRequest', hook as (...args: unknown[]) => void);
  }
  const known = chains.get(adapter);
  if (known !== undefined) return void known.push(hook as AnyHook);
  const ours = [hook as AnyHook];
  chains.set(adapter, ours);
  let theirs = hooked.onRequestHook?.bind(adapter);
  hooked.setOnRequestHook((request, reply, done) => {
    if (ours.length === 1 && theirs === undefined) return void hook(request as Request, reply as Reply, done);
    runAll(theirs === undefined ? ours : [...ours, theirs], 0, request, reply, done);
  });
  hooked.setOnRequestHook = (next: AnyHook | undefined) => {
    theirs = next?.bind(adapter);
  };
}

function runAll(hooks: readonly AnyHook[], from: number, request: unknown, reply: unknown, done: Done): void {
  const hook = hooks[from];
  if (hook === undefined) return done();
  run(hook, request, reply, (error) => {
    if (error !== undefined) return done(error);
    runAll(hooks, from + 1, request, reply, done);
  });
}

/** Runs a hook that may call `done`, answer with a promise, or both. */
function run(hook: AnyHook, request: unknown, reply: unknown, done: Done): void {
  let called = false;
  const once: Done = (error) => {
    if (called) return;
    called = true;
    done(error);
  };
  try {
    const result = hook(request, reply, once);
    if (result instanceof Promise) result.then(() => once(), once);
  } catch (error) {
    once(error as Error);
  }
}
