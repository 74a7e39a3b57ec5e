import { Logger } from '@nestjs/common';
import { LiveConfig } from '../../lib/config/live-config';
import { resolveConfig } from '../../lib/config/resolve-config';
import { GUARD_CONFIG_SECTIONS } from '../../lib/guard.config-sections';
import { INSTRUMENTS } from '../../lib/metrics/instruments';
import type { MetricsBackend } from '../../lib/metrics/metrics-backend';
import { Metrics } from '../../lib/metrics/metrics.service';

const metricsOf = (metrics: MetricsBackend[] | undefined) =>
  new Metrics(new LiveConfig(resolveConfig(GUARD_CONFIG_SECTIONS, { metrics }), GUARD_CONFIG_SECTIONS));

const counting = (counted: string[]): MetricsBackend => ({
  counter:
    ({ name }) =>
    (labels) =>
      counted.push(`${name} ${JSON.stringify(labels)}`),
  histogram:
    ({ name }) =>
    (value) =>
      counted.push(`${name} ${value}`),
  gauge: ({ name }, read) => counted.push(`${name} ${read()[0]?.value}`),
});

it('speaks to every backend', () => {
  const first: string[] = [];
  const second: string[] = [];
  const metrics = metricsOf([counting(first), counting(second)]);
  metrics.counter(INSTRUMENTS.checkFailures)({ check: 'ip' });
  metrics.histogram(INSTRUMENTS.pipeline)(0.5);
  metrics.gauge(INSTRUMENTS.bans, () => [{ labels: {}, value: 7 }]);
  expect(first).toEqual([
    'nestapi_guard.check.failures {"check":"ip"}',
    'nestapi_guard.pipeline.duration 0.5',
    'nestapi_guard.bans 7',
  ]);
  expect(second).toEqual(first);
});

it('is off without a backend', () => {
  expect(metricsOf(undefined).enabled).toBe(false);
  expect(metricsOf([]).enabled).toBe(false);
});

it('survives a backend that fails, and says so once', () => {
  const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  const broken: MetricsBackend = {
    ...counting([]),
    counter: () => () => {
      throw new Error('no route to host');
    },
  };
  const count = metricsOf([broken]).counter(INSTRUMENTS.checkFailures);
  expect(() => [count(), count()]).not.toThrow();
  expect(error.mock.calls).toEqual([[expect.stringContaining('GUARD_METRICS_FAILED')]]);
  error.mockRestore();
});
