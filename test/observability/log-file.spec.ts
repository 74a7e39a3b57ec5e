import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogFile } from '../../lib/observability/log-file';
import { until } from '../support/until';

const folder = mkdtempSync(join(tmpdir(), 'guard-log-'));
let number = 0;

describe('a log file', () => {
  const told: string[] = [];
  let path: string;
  let file: LogFile;

  function open(at = join(folder, `${++number}.log`)): void {
    path = at;
    file = new LogFile(path, {
      failed: (problem) => told.push(`failed ${problem}`),
      recovered: (lost) => told.push(`recovered ${lost}`),
    });
  }
  const content = () => readFileSync(path, 'utf8');
  const holds = (text: string) => () => {
    try {
      return content() === text;
    } catch {
      return false;
    }
  };

  beforeEach(() => {
    told.length = 0;
    open();
  });
  afterEach(() => file.close());
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is created for its owner only, and appended to in order', async () => {
    for (let line = 0; line < 500; line++) file.append(`line ${line}`);
    await until(() => holds(Array.from({ length: 500 }, (_, line) => `line ${line}\n`).join(''))());
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(told).toEqual([]);
  });

  it('keeps what is there', async () => {
    writeFileSync(path, 'old\n');
    file.append('new');
    await until(holds('old\nnew\n'));
  });

  it('writes what waits when it is closed', async () => {
    file.append('last');
    await file.close();
    expect(content()).toBe('last\n');
  });

  it('goes on in a new file once it was moved and told so', async () => {
    file.append('before');
    await until(holds('before\n'));
    renameSync(path, `${path}.1`);
    file.append('between');
    await until(() => readFileSync(`${path}.1`, 'utf8') === 'before\nbetween\n');
    file.reopen();
    file.append('after');
    await until(holds('after\n'));
  });

  it.each([
    ['removed', () => rmSync(path)],
    ['replaced', () => (renameSync(path, `${path}.1`), writeFileSync(path, ''))],
  ])('notices by itself that it was %s', async (_, rotate) => {
    file.append('before');
    await until(holds('before\n'));
    rotate();
    await file.followRotation();
    file.append('after');
    await until(holds('after\n'));
  });

  it('notices it while lines are being written', async () => {
    file.append('before');
    await until(holds('before\n'));
    rmSync(path);
    file.append('between');
    await file.followRotation();
    file.append('after');
    await until(() => existsSync(path) && content().endsWith('after\n'));
  });

  it('loses lines on a full disk, and tells it once', async () => {
    open('/dev/full');
    file.append('first');
    await until(() => told.length > 0);
    for (let line = 0; line < 100; line++) file.append('more');
    expect(told).toEqual([expect.stringContaining('ENOSPC')]);
  });

  it.each([
    ['a folder that is missing', () => join(folder, 'missing', 'x.log'), /ENOENT/],
    ['a folder', () => folder, /EISDIR/],
    ['a file as a folder', () => (writeFileSync(join(folder, 'plain'), ''), join(folder, 'plain', 'x.log')), /ENOTDIR/],
  ])('loses lines for %s', async (_, where, problem) => {
    open(where());
    file.append('lost');
    await until(() => told.length > 0);
    expect(told).toEqual([expect.stringMatching(problem)]);
  });

  it('recovers, says how much was lost, and begins a new line', async () => {
    open(join(folder, 'later', 'x.log'));
    file.append('lost');
    await until(() => told.length > 0);
    file.append('lost, too');
    mkdirSync(join(folder, 'later'));
    file.reopen();
    file.append('kept');
    await until(() => told.length > 1);
    expect(content()).toBe('\nkept\n');
    expect(told[1]).toBe('recovered 2');
  });

  it('keeps at most a megabyte for a slow disk', async () => {
    for (let line = 0; line < 5000; line++) file.append('x'.repeat(1000));
    await file.close();
    expect(content().length).toBeLessThan(2.5 * 1024 * 1024);
    expect(content().length).toBeGreaterThan(1024 * 1000);
  });
});
