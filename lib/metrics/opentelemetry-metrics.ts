import type * as OpenTelemetry from '@opentelemetry/api';
import type { MetricInstrument, MetricLabels, MetricsBackend, MetricSample } from './metrics-backend';
import { loadPackage } from './optional-package';

/** A `MeterProvider` of OpenTelemetry, as far as it is needed. */
export interface OpenTelemetryMeterProvider {
  getMeter(name: string): unknown;
}

/**
 * Sends the measurements of the module to OpenTelemetry. `@opentelemetry/api` is an optional peer; the application sets the
 * SDK up, before Nest is started.
 *
 * @param provider by default the global one of `@opentelemetry/api`.
 * @throws Error when there is no provider and `@opentelemetry/api` is not installed.
 *
 * @example
 * ```ts
 * GuardModule.forRoot({ metrics: openTelemetryMetrics() });
 * ```
 */
export function openTelemetryMetrics(provider?: OpenTelemetryMeterProvider): MetricsBackend {
  const source = provider ?? globalProvider();
  return new OpenTelemetryMetrics(source.getMeter('nestapi-guard') as OpenTelemetry.Meter);
}

function globalProvider(): OpenTelemetryMeterProvider {
  const { metrics } = loadPackage('@opentelemetry/api', 'openTelemetryMetrics()') as typeof OpenTelemetry;
  return metrics;
}

class OpenTelemetryMetrics implements MetricsBackend {
  private readonly endings: (() => void)[] = [];

  constructor(private readonly meter: OpenTelemetry.Meter) {}

  counter({ name, help, series }: MetricInstrument): (labels: MetricLabels) => void {
    const counter = this.meter.createCounter(name, { description: help });
    for (const labels of series) counter.add(0, labels);
    return (labels) => counter.add(1, labels);
  }

  histogram({ name, help, unit, buckets }: MetricInstrument): (value: number) => void {
    const advice = buckets && { explicitBucketBoundaries: [...buckets] };
    const histogram = this.meter.createHistogram(name, { description: help, unit, advice });
    return (value) => histogram.record(value);
  }

  gauge({ name, help, unit }: MetricInstrument, read: () => readonly MetricSample[]): void {
    const gauge = this.meter.createObservableGauge(name, { description: help, unit });
    const observe: OpenTelemetry.ObservableCallback = (result) => {
      for (const { labels, value } of read()) result.observe(value, labels);
    };
    gauge.addCallback(observe);
    this.endings.push(() => gauge.removeCallback(observe));
  }

  close(): void {
    for (const end of this.endings.splice(0)) end();
  }
}
