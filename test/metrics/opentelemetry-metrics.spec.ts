import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { openTelemetryMetrics } from 'nestapi-guard';
import { INSTRUMENTS } from '../../lib/metrics/instruments';

it('goes to the global provider by default, and stops being read when it is closed', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  metrics.setGlobalMeterProvider(provider);

  let reads = 0;
  const backend = openTelemetryMetrics();
  backend.counter(INSTRUMENTS.checkFailures)({ check: 'ip' });
  backend.gauge(INSTRUMENTS.bans, () => [{ labels: {}, value: ++reads }]);
  await provider.forceFlush();
  const { scope, metrics: found } = exporter.getMetrics()[0]!.scopeMetrics[0]!;
  expect(scope.name).toBe('nestapi-guard');
  const [failures, bans] = found;
  expect([failures?.descriptor.name, bans?.descriptor.name]).toEqual([
    'nestapi_guard.check.failures',
    'nestapi_guard.bans',
  ]);
  expect(bans?.dataPoints.map(({ value }) => value)).toEqual([1]);
  const counts = failures!.dataPoints.map(({ attributes, value }): [unknown, unknown] => [attributes.check, value]);
  expect(Object.fromEntries(counts)).toMatchObject({ emergency: 0, ip: 1, custom_request: 0 });

  backend.close!();
  await provider.forceFlush();
  expect(reads).toBe(1);
  await provider.shutdown();
  metrics.disable();
});
