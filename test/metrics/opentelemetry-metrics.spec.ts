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
  expect(found.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints[0]!.value])).toEqual([
    ['nestapi_guard.check.failures', 1],
    ['nestapi_guard.bans', 1],
  ]);

  backend.close!();
  await provider.forceFlush();
  expect(reads).toBe(1);
  await provider.shutdown();
  metrics.disable();
});
