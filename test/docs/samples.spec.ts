import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../support/real-proxies';
import { transcriptOf } from '../support/transcript';
import { until } from '../support/until';

const root = path.resolve(__dirname, '../..');
const samples = readdirSync(path.join(root, 'sample'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const contents = (...file: string[]) => readFileSync(path.join(root, 'sample', ...file), 'utf8');

describe('the samples', () => {
  it('are numbered without a gap', () => {
    const numbers = samples.map((_, index) => String(index + 1).padStart(2, '0'));
    expect(samples.map((name) => name.slice(0, 2))).toEqual(numbers);
  });

  it.each(samples)('%s is in the index', (name) => {
    expect(contents('README.md')).toContain(`](${name})`);
  });

  it.each(samples)('%s tells how it is started, what to type and what that shows', (name) => {
    const readme = contents(name, 'README.md');
    expect(readme).toMatch(new RegExp(`^# ${name.slice(0, 2)} `));
    expect(readme).toMatch(new RegExp(`^npm install && npm run (sample ${name.slice(0, 2)}|quickstart)$`, 'm'));
    const folder = path.join(root, 'sample', name);
    expect(transcriptOf(folder).length).toBeGreaterThan(1);
    expect(transcriptOf(folder).filter(({ answer }) => answer === '')).toEqual([]);
  });

  it.each(samples)('%s has an end-to-end test that types it', (name) => {
    const specs = readdirSync(path.join(root, 'sample', name)).filter((file) => file.endsWith('.e2e-spec.ts'));
    expect(specs.map((file) => contents(name, file)).join()).toContain('itAnswersAsInTheReadme(__dirname');
  });

  it.each(samples)('%s uses the library as its users do', (name) => {
    const sources = readdirSync(path.join(root, 'sample', name)).filter((file) => /(?<!-spec)\.ts$/.test(file));
    for (const file of sources) {
      expect(contents(name, file)).not.toMatch(/from '\.\.\/|\bas any\b|\bas unknown\b|@ts-|eslint-disable/);
    }
  });
});

describe('npm run sample', () => {
  let running: ChildProcess | undefined;
  afterEach(async () => {
    if (running === undefined || running.exitCode !== null) return;
    running.kill('SIGTERM');
    await once(running, 'exit');
  });

  const start = async (...args: string[]) => {
    running = spawn(process.execPath, ['-r', '@swc-node/register', 'scripts/sample.mjs', ...args], {
      cwd: root,
      env: { ...process.env, PORT: String(await freePort()) },
    });
    const said = { text: '', code: undefined as number | null | undefined };
    for (const stream of [running.stdout!, running.stderr!]) stream.on('data', (text) => (said.text += String(text)));
    running.once('exit', (code) => (said.code = code));
    return said;
  };

  it.each(samples)('starts %s', async (name) => {
    const said = await start(name.slice(0, 2));
    await until(() => /http:\/\/127\.0\.0\.1:\d+/.test(said.text) || said.code !== undefined, 50_000);
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(said.text) ?? [said.text];
    let answer: Response | undefined;
    // nginx of sample 08 may listen a moment later.
    await until(async () => (answer = await fetch(url).catch(() => undefined)) !== undefined);
    expect([answer!.status < 500, answer!.headers.get('x-content-type-options')]).toEqual([true, 'nosniff']);
  });

  it('tells which samples there are', async () => {
    const said = await start('99');
    await until(() => said.code !== undefined, 50_000);
    for (const name of samples) expect(said.text).toContain(name);
  });
});
