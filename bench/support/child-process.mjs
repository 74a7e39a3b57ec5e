import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const bench = path.resolve(import.meta.dirname, '..');

/** Starts a compiled file of bench/apps; `args` are handed to it as JSON. */
export function start(app, args, execArgv = []) {
  const file = path.join(bench, 'dist/bench/apps', `${app}.js`);
  const child = fork(file, [JSON.stringify(args)], { execArgv, env: { ...process.env, NODE_ENV: 'production' } });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${app} ended with ${code} before it answered`);
  });
  // Nobody may be waiting when it ends.
  ended.catch(() => undefined);
  return { child, answer: () => Promise.race([once(child, 'message').then(([message]) => message), ended]) };
}

/** The first message of an app that runs for nothing else. */
export async function ask(app, args, execArgv) {
  const { child, answer } = start(app, args, execArgv);
  try {
    return await answer();
  } finally {
    child.kill('SIGKILL');
  }
}
