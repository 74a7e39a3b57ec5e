import { EventEmitter } from 'node:events';
import type { MetricsBackend } from '../../lib/metrics/metrics-backend';
import type { Metrics } from '../../lib/metrics/metrics.service';
import { TimedStageRunner } from '../../lib/metrics/timed-stage-runner';
import type { Enforcement } from '../../lib/pipeline/enforcement.service';
import type { GuardedRequest } from '../../lib/platform/guarded-request';
import type { CompiledProbe } from '../../lib/policy/compiled-route';
import { TestClock } from '../support/test-clock';

const clock = new TestClock();
const passing = (ms: number, later = false): CompiledProbe => ({
  check: 'custom_request',
  probe: () => {
    if (!later) return void clock.advance(ms);
    return Promise.resolve().then(() => void clock.advance(ms));
  },
});

describe('the time of the checks', () => {
  const recorded: (number | string)[] = [];
  const backend: MetricsBackend = {
    counter: () => (labels) => recorded.push(labels.outcome!),
    histogram: () => (value) => recorded.push(value),
    gauge: () => undefined,
  };
  let request: GuardedRequest & { response: EventEmitter };
  const runner = new TimedStageRunner({} as Enforcement, backend as unknown as Metrics);

  beforeEach(() => {
    jest.spyOn(performance, 'now').mockImplementation(clock.read);
    recorded.length = 0;
    const response = new EventEmitter();
    request = { kind: 'http', response, refused: false, verdict: { wouldRefuse: [] } } as never;
    Object.assign(request, { whole: request });
  });
  afterEach(() => jest.restoreAllMocks());

  it('is that of all stages, once, when the answer is over', async () => {
    await runner.run([passing(10)], request);
    // What comes after the waiting is no stage of its own.
    await runner.run([passing(20, true), passing(30), passing(40, true), passing(50)], request);
    expect(recorded).toEqual([]);
    request.response.emit('close');
    request.response.emit('close');
    expect(recorded).toEqual([0.15, 'passed']);
  });

  it.each([
    ['refused', { refused: true }],
    ['would_refuse', { verdict: { wouldRefuse: [{}] } }],
  ])('comes with the outcome: %s', async (outcome, what) => {
    await runner.run([], Object.assign(request, what));
    request.response.emit('close');
    expect(recorded.at(-1)).toBe(outcome);
  });

  it.each(['ws', 'rpc', 'upgrade'] as const)('is not taken of %s, which has no end', async (kind) => {
    await runner.run([passing(10)], Object.assign(request, { kind }));
    expect(request.response.listenerCount('close')).toBe(0);
  });
});
