import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { RedisServer } from '../../test/support/redis-server';
import { itAnswersAsInTheReadme } from '../../test/support/transcript';
import { until } from '../../test/support/until';

interface Answer {
  readonly status: number;
  readonly body: { process?: number; code?: string; banned?: boolean; unbanned?: boolean };
}

describe('four processes that share a Redis', () => {
  let redis: RedisServer;
  let sample: ChildProcess;
  let printed = '';
  let url: string;

  /** On a connection of its own, so that the processes take turns. */
  const send = (path: string, { method = 'GET', from = '127.0.0.1' } = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = { 'x-forwarded-for': from };
      request(`${url}${path}`, { method, headers, agent: false, timeout: 2_000 }, (response) => {
        response.toArray().then((chunks) => {
          const body = JSON.parse(Buffer.concat(chunks).toString()) as Answer['body'];
          resolve({ status: response.statusCode!, body });
        }, reject);
      })
        .on('timeout', () => reject(new Error('no answer')))
        .on('error', reject)
        .end();
    });
  const several = async (count: number, from: string): Promise<Answer[]> => {
    const answers: Answer[] = [];
    while (answers.length < count) answers.push(await send('/quotes', { from }));
    return answers;
  };

  beforeAll(async () => {
    redis = await RedisServer.start();
    sample = spawn(process.execPath, ['-r', '@swc-node/register', join(__dirname, 'main.ts')], {
      cwd: join(__dirname, '../..'),
      env: { ...process.env, REDIS_URL: redis.url, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    sample.stdout!.on('data', (text: Buffer) => (printed += text.toString()));
    await until(() => printed.includes('Ctrl+C'), 50_000);
    url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)![0];
  }, 60_000);

  afterAll(async () => {
    const gone = once(sample, 'exit');
    sample.kill('SIGTERM');
    await gone;
    await redis.stop();
  });

  it('admits ten a minute of all of them together', async () => {
    const answers = await several(12, '192.0.2.1');
    expect(answers.map(({ status }) => status)).toEqual([...new Array<number>(10).fill(200), 429, 429]);
    expect(new Set(answers.slice(0, 8).map(({ body }) => body.process)).size).toBe(4);
  });

  itAnswersAsInTheReadme(__dirname, () => Number(new URL(url).port));

  it('bans in all of them, also in one that starts later', async () => {
    const from = '203.0.113.9';
    expect((await send(`/bans/${from}`, { method: 'PUT' })).body).toMatchObject({ banned: true });
    await until(async () => (await several(8, from)).every(({ status }) => status === 403), 2_000);
    const before = new Set((await several(8, '192.0.2.2')).map(({ body }) => body.process));
    process.kill(Number(/kill -9 (\d+)/.exec(printed)![1]), 'SIGKILL');
    let client = 3;
    await until(async () => {
      // A connection that was handed to the process that died is answered by nobody.
      const answers = await several(8, `192.0.2.${client++}`).catch(() => []);
      return answers.some(({ body }) => !before.has(body.process));
    });
    expect((await several(8, from)).map(({ status }) => status)).toEqual(new Array(8).fill(403));
    expect((await send(`/bans/${from}`, { method: 'DELETE' })).body).toMatchObject({ unbanned: true });
    await until(async () => (await several(8, from)).every(({ status }) => status !== 403), 2_000);
  }, 40_000);

  it('is for this machine to ban', async () => {
    expect((await send('/bans/203.0.113.10', { method: 'PUT', from: '203.0.113.11' })).status).toBe(403);
  });
});
