import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/until';
import { accidentsOf, endFleet, type Instance, type ProcessOptions, startFleet } from './fleet';
import { cases, rounds } from './profile';
import { expectUnharmed, Traffic } from './traffic';

/** Root may write whatever the mode of a file says, so it starts the applications as nobody. */
const NOBODY: ProcessOptions = process.getuid?.() === 0 ? { uid: 65_534 } : {};
const CLIENTS = 200;
const REFUSALS = { enableIpBanning: false };
const EVERY_LINE = { ...REFUSALS, logRequestLevel: 'INFO' } as const;

describe('F21: two applications whose log', () => {
  let folder: string;
  let fleet: Instance[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guard-disk-'));
    chmodSync(folder, 0o755);
  });
  afterEach(async () => {
    expect(await accidentsOf(fleet)).toBe(0);
    await endFleet(fleet);
    rmSync(folder, { recursive: true, force: true });
  });

  const file = (index: number): string => join(folder, `${index}.log`);
  /** The clients of a network that are refused according to some files. */
  const told = (net: number, ...paths: string[]): string[] => {
    const text = paths.map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')).join('');
    const found = text.matchAll(new RegExp(`client=(10\\.${net}\\.0\\.\\d+)`, 'g'));
    return [...new Set([...found].map(([, client]) => client!))].sort();
  };
  const clients = (net: number): string[] =>
    Array.from({ length: CLIENTS }, (_, client) => `10.${net}.0.${client}`).sort();
  /** Each of them refuses a request of every client of a network. */
  const refuse = async (net: number): Promise<void> => {
    const attack = '/wide?q=%3Cscript%3Ealert(1)%3C/script%3E';
    const all = fleet.flatMap((instance) => clients(net).map((client) => instance.status(attack, client)));
    expect(new Set(await Promise.all(all))).toEqual(new Set([400]));
  };

  /** Whether each has lines of its own about requests that it refuses now. */
  const refusedAndTold = async (net: number): Promise<boolean> => {
    await delay(500);
    await refuse(net);
    return fleet.every((_, index) => told(net, file(index)).length > 0);
  };

  const LOGS: readonly (readonly [string, (index: number) => string, ProcessOptions])[] = [
    ['is on a full disk', () => '/dev/full', {}],
    ['is in a folder that does not exist', (index) => join(folder, 'missing', `${index}.log`), {}],
    ['is a folder', () => folder, {}],
    ['is not theirs to write', (index) => (writeFileSync(file(index), '', { mode: 0o444 }), file(index)), NOBODY],
    ['is a pipe that nobody reads', (index) => (execFileSync('mkfifo', [file(index)]), file(index)), {}],
  ];

  it.each(cases(LOGS, /full|pipe/))('%s: no request notices', async (_name, path, options) => {
    // A line per request, so that there is always something to write.
    fleet = await startFleet(
      2,
      (index) => ({ ...EVERY_LINE, customLogFile: path(index) }),
      () => options,
    );
    await refuse(1);
    const traffic = new Traffic(fleet);
    await delay(rounds(10_000, 2_000));
    expectUnharmed(await traffic.stop());
    await refuse(2);
  });

  it('gets room again: lines are written again', async () => {
    for (const index of [0, 1]) symlinkSync('/dev/full', file(index));
    fleet = await startFleet(2, (index) => ({ ...REFUSALS, customLogFile: file(index) }));
    await refuse(1);
    for (const index of [0, 1]) {
      rmSync(file(index));
      writeFileSync(file(index), '');
    }
    // Tried again after a second, with the next line.
    await until(() => refusedAndTold(2), 5_000);
  });

  const ROTATIONS: readonly (readonly [string, boolean])[] = [
    ['is rotated and they are told so', true],
    ['is rotated and nobody tells them', false],
  ];

  it.each(cases(ROTATIONS, /told so/))('%s: every line is in the old file or the new one', async (_name, signalled) => {
    fleet = await startFleet(2, (index) => ({ ...REFUSALS, customLogFile: file(index) }));
    await refuse(1);
    for (const [index, { process }] of fleet.entries()) {
      await until(() => told(1, file(index)).length === CLIENTS);
      renameSync(file(index), `${file(index)}.1`);
      if (signalled) process.kill('SIGHUP');
    }
    await refuse(2);
    for (const index of [0, 1]) {
      await until(() => told(2, `${file(index)}.1`, file(index)).length === CLIENTS);
      if (signalled) expect(told(2, file(index))).toEqual(clients(2));
    }
    // Otherwise they look for themselves, every ten seconds.
    await until(() => refusedAndTold(3), 15_000);
    expect(await Promise.all(fleet.map((instance) => instance.status('/wide', '10.9.0.1')))).toEqual([200, 200]);
  });

  it('is removed under load: requests are answered, and a new file is begun', async () => {
    fleet = await startFleet(2, (index) => ({ ...EVERY_LINE, customLogFile: file(index) }));
    const traffic = new Traffic(fleet);
    for (let turn = 0; turn < rounds(20, 5); turn++) {
      await delay(300);
      for (const [index, { process }] of fleet.entries()) {
        rmSync(file(index), { force: true });
        process.kill('SIGHUP');
      }
    }
    expectUnharmed(await traffic.stop());
    await refuse(1);
    for (const index of [0, 1]) {
      await until(() => told(1, file(index)).length === CLIENTS);
      expect(readFileSync(file(index), 'utf8')).toMatch(/^(?:\d{4}-.*\n)+$/);
    }
  });
});
