import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Logger } from '@nestjs/common';
import { filter, map } from 'rxjs';
import { LiveConfig } from '../../lib/config/live-config';
import { resolveConfig } from '../../lib/config/resolve-config';
import { GUARD_CONFIG_SECTIONS } from '../../lib/guard.config-sections';
import type { ConfigChangedEvent, GuardEvent } from '../../lib/observability/guard-event';
import { GuardEvents } from '../../lib/observability/guard-events.service';
import { Redaction } from '../../lib/observability/redaction.service';
import { until } from '../support/until';

const run = promisify(execFile);

function create(): GuardEvents {
  const live = new LiveConfig(resolveConfig(GUARD_CONFIG_SECTIONS, {}), GUARD_CONFIG_SECTIONS);
  return new GuardEvents(new Redaction(live));
}

const event = (name = 'rateLimit'): ConfigChangedEvent => ({ type: 'config_changed', at: new Date(), fields: [name] });

describe('GuardEvents', () => {
  it('survives subscribers that throw and reject, and tells about each', async () => {
    const preload = join(__dirname, '../support/typescript.cjs');
    const worker = join(__dirname, 'event-subscribers.worker.ts');
    const { stdout } = await run(process.execPath, ['-r', preload, worker], { timeout: 60_000 });
    const { delivered, failures } = JSON.parse(stdout) as { delivered: number; failures: string[] };
    expect(delivered).toBe(4);
    const twice = ['function', 'observer', 'asynchronous', 'piped', 'shared', 'listener', 'asynchronous listener'];
    expect(failures.sort()).toEqual([...twice, ...twice, 'operator', 'completion'].sort());
  }, 90_000);

  it('delivers in order, after whoever emits is done, and never within it', async () => {
    const events = create();
    const seen: string[] = [];
    events.stream
      .pipe(
        filter(({ type }) => type === 'config_changed'),
        map((e) => (e as ConfigChangedEvent).fields[0]!),
      )
      .subscribe((name) => seen.push(name));
    for (const name of ['a', 'b', 'c']) events.emit(event(name));
    expect(seen).toEqual([]);
    await until(() => seen.length === 3);
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('gives requests their turn between events that are slow to handle', async () => {
    const events = create();
    let handled = 0;
    events.on('config_changed', () => {
      const until = performance.now() + 12;
      while (performance.now() < until);
      handled++;
    });
    for (let time = 0; time < 10; time++) events.emit(event());
    let turns = 0;
    while (handled < 10) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    expect(turns).toBeGreaterThanOrEqual(10);
  });

  it('drops what waits beyond its bound, and says so', async () => {
    const warnings: string[] = [];
    Logger.overrideLogger({ log() {}, error() {}, warn: (line: string) => warnings.push(line) });
    const events = create();
    let handled = 0;
    events.stream.subscribe(() => handled++);
    for (let time = 0; time < 10_050; time++) events.emit(event());
    await until(() => warnings.length > 0);
    expect(handled).toBe(10_000);
    expect(warnings).toEqual([expect.stringContaining('GUARD_EVENTS_DROPPED 50 events')]);
  });

  it('runs subscribers outside the context of the request', async () => {
    const storage = new AsyncLocalStorage<string>();
    const events = create();
    const contexts: unknown[] = [];
    events.on('config_changed', () => contexts.push(storage.getStore()));
    storage.run('some request', () => events.emit(event()));
    await until(() => contexts.length > 0);
    expect(contexts).toEqual([undefined]);
  });

  it('delivers what waits when it is closed, and ends', () => {
    const events = create();
    const seen: GuardEvent[] = [];
    let ended = false;
    events.stream.subscribe({ next: (e) => seen.push(e), complete: () => (ended = true) });
    events.emit(event());
    events.close();
    expect([seen.length, ended]).toEqual([1, true]);
  });

  it('unsubscribes', async () => {
    const events = create();
    let calls = 0;
    const end = events.on('config_changed', () => calls++);
    const subscription = events.stream.subscribe(() => calls++);
    end();
    subscription.unsubscribe();
    events.emit(event());
    events.close();
    expect(calls).toBe(0);
  });
});
