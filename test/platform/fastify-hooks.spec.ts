import { FastifyAdapter } from '@nestjs/platform-fastify';
import { addFirstHook } from '../../lib/platform/fastify-hooks';

type Done = (error?: Error) => void;

/** What ran for one request, in order, and the status of its answer. */
async function visit(prepare: (adapter: FastifyAdapter, note: (name: string) => void) => void, early = false) {
  const adapter = new FastifyAdapter();
  const calls: string[] = [];
  // Nest has such a hook since 11.1.4.
  if (early) Object.assign(adapter, { setOnRequestHook: undefined });
  prepare(adapter, (name) => calls.push(name));
  const instance = adapter.getInstance();
  instance.get('/', () => 'ok');
  const { statusCode } = await instance.inject('/');
  await instance.close();
  return [...calls, statusCode];
}

describe('Hooks in front of middleware', () => {
  const hook = (name: string, note: (name: string) => void, error?: Error) => (_: unknown, __: unknown, done: Done) => {
    note(name);
    done(error);
  };

  it.each([false, true])(
    'run in the order in which they were added; without a place of their own: %s',
    async (early) => {
      const prepare = (adapter: FastifyAdapter, note: (name: string) => void) => {
        addFirstHook(adapter, hook('first', note));
        addFirstHook(adapter, hook('second', note));
      };
      expect(await visit(prepare, early)).toEqual(['first', 'second', 200]);
    },
  );

  it('run in front of what the application sets, before and after', async () => {
    const set = await visit((adapter, note) => {
      adapter.setOnRequestHook(hook('theirs', note));
      addFirstHook(adapter, hook('ours', note));
    });
    expect(set).toEqual(['ours', 'theirs', 200]);
    const replaced = await visit((adapter, note) => {
      adapter.setOnRequestHook(hook('theirs', note));
      addFirstHook(adapter, hook('ours', note));
      adapter.setOnRequestHook(hook('newer', note));
    });
    expect(replaced).toEqual(['ours', 'newer', 200]);
  });

  it('spare it those that are refused', async () => {
    const refused = await visit((adapter, note) => {
      adapter.setOnRequestHook(hook('theirs', note));
      addFirstHook(adapter, hook('first', note, new Error('refused')));
      addFirstHook(adapter, hook('second', note));
    });
    expect(refused).toEqual(['first', 500]);
  });

  it.each<[string, (request: unknown, reply: unknown, done: Done) => unknown, number]>([
    ['keeps a promise', async () => undefined, 200],
    ['breaks a promise', () => Promise.reject(new Error('no')), 500],
    ['throws', () => void JSON.parse('{'), 500],
    [
      'calls back and keeps a promise',
      async (_request, _reply, done) => {
        done();
        await Promise.resolve();
      },
      200,
    ],
  ])('wait once for one of the application that %s', async (_, theirs, status) => {
    const calls = await visit((adapter, note) => {
      adapter.setOnRequestHook(theirs as Parameters<FastifyAdapter['setOnRequestHook']>[0]);
      addFirstHook(adapter, hook('ours', note));
    });
    expect(calls).toEqual(['ours', status]);
  });
});
