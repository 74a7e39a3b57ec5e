import { Logger } from '@nestjs/common';
import { filter, map, merge, share, take } from 'rxjs';
import { resolveConfig } from '../../lib/config/resolve-config';
import { LiveConfig } from '../../lib/config/live-config';
import { GUARD_CONFIG_SECTIONS } from '../../lib/guard.config-sections';
import type { GuardEvent } from '../../lib/observability/guard-event';
import { GuardEvents } from '../../lib/observability/guard-events.service';
import { Redaction } from '../../lib/observability/redaction.service';

// Subscribers of every kind fail; the process says what it came to, or is gone.
const failures: string[] = [];
Logger.overrideLogger({ log() {}, warn() {}, error: (line: string) => failures.push(line) });

const live = new LiveConfig(resolveConfig(GUARD_CONFIG_SECTIONS, {}), GUARD_CONFIG_SECTIONS);
const events = new GuardEvents(new Redaction(live));
const fail = (name: string) => () => {
  throw new Error(name);
};
let delivered = 0;

events.stream.subscribe(fail('function'));
events.stream.subscribe({ next: fail('observer') });
const asynchronous = (): unknown => Promise.reject(new Error('asynchronous'));
events.stream.subscribe(asynchronous);
events.stream.pipe(filter(() => true)).subscribe(fail('piped'));
events.stream
  .pipe(
    map((event) => event.type),
    share(),
  )
  .subscribe(fail('shared'));
events.stream.pipe(map(fail('operator'))).subscribe(() => undefined);
events.stream.pipe(take(1)).subscribe({ complete: fail('completion') });
events.on('config_changed', fail('listener'));
events.on('config_changed', async () => fail('asynchronous listener')());
merge(events.stream).subscribe({ next: () => delivered++ });
events.stream.subscribe(() => delivered++);

const event: GuardEvent = { type: 'config_changed', at: new Date(), fields: ['rateLimit'] };
events.emit(event);
events.emit(event);
setTimeout(() => {
  events.close();
  process.stdout.write(
    JSON.stringify({ delivered, failures: failures.map((line) => /Error: ([\w ]+)/.exec(line)?.[1]) }),
  );
}, 100);
