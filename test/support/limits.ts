import { MONOTONIC_CLOCK } from '../../lib/state/monotonic-clock';
import {
  type Answer,
  type Platform,
  type RequestOptions,
  type RunningApp,
  startApp,
  type StartOptions,
} from './platforms';
import { TestClock } from './test-clock';

/** An application whose limits run by a clock that the test moves. */
export async function startTimedApp(
  platform: Platform,
  options: StartOptions,
): Promise<{ app: RunningApp; clock: TestClock }> {
  const clock = new TestClock(1_000_000);
  const app = await startApp(platform, {
    ...options,
    config: { trustedProxies: ['loopback'], ...options.config },
    override: (builder) => builder.overrideProvider(MONOTONIC_CLOCK).useValue(clock.read),
  });
  return { app, clock };
}

/** The status of each of so many requests, one after the other. */
export async function statuses(
  app: RunningApp,
  path: string,
  count: number,
  options?: RequestOptions,
): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < count; index++) found.push((await app.send(path, options)).status);
  return found;
}

/** So many requests at the same time. */
export function burst(app: RunningApp, path: string, count: number, options?: RequestOptions): Promise<Answer[]> {
  return Promise.all(Array.from({ length: count }, () => app.send(path, options)));
}

let lastClient = 0;

/** An address that no test has used before. */
export function newClient(): string {
  lastClient++;
  return `198.51.${100 + (lastClient >> 8)}.${lastClient & 255}`;
}
