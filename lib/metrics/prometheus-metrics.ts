import type * as PromClient from 'prom-client';
import { GuardConfigError } from '../config/config-problem';
import { prometheusName } from './instruments';
import type { MetricInstrument, MetricLabels, MetricsBackend, MetricSample } from './metrics-backend';
import { loadPackage } from './optional-package';

/** The part of a `Registry` of `prom-client` that is needed. */
export interface PrometheusRegistry {
  metrics(): Promise<string>;
  getSingleMetric(name: string): unknown;
  removeSingleMetric(name: string): void;
}

/**
 * Sends the measurements of the module to a registry of `prom-client`, an optional peer; the application serves it.
 *
 * @param registry by default the one that `prom-client` calls `register`.
 * @throws Error when `prom-client` is not installed.
 *
 * @example
 * ```ts
 * GuardModule.forRoot({ metrics: prometheusMetrics() });
 * ```
 */
export function prometheusMetrics(registry?: PrometheusRegistry): MetricsBackend {
  const client = loadPackage('prom-client', 'prometheusMetrics()') as typeof PromClient;
  return new PrometheusMetrics(client, registry ?? client.register);
}

class PrometheusMetrics implements MetricsBackend {
  private readonly names: string[] = [];

  constructor(
    private readonly client: typeof PromClient,
    private readonly registry: PrometheusRegistry,
  ) {}

  counter(instrument: MetricInstrument): (labels: MetricLabels) => void {
    const counter = new this.client.Counter(this.describe(instrument, 'counter'));
    for (const labels of instrument.series) counter.inc(labels, 0);
    return (labels) => counter.inc(labels);
  }

  histogram(instrument: MetricInstrument): (value: number) => void {
    const { buckets = [] } = instrument;
    const described = this.describe(instrument, 'histogram');
    const histogram = new this.client.Histogram({ ...described, buckets: [...buckets] });
    return (value) => histogram.observe(value);
  }

  gauge(instrument: MetricInstrument, read: () => readonly MetricSample[]): void {
    const described = this.describe(instrument, 'gauge');
    new this.client.Gauge({
      ...described,
      collect() {
        this.reset();
        for (const { labels, value } of read()) this.set(labels, value);
      },
    });
  }

  close(): void {
    for (const name of this.names.splice(0)) this.registry.removeSingleMetric(name);
  }

  private describe(instrument: MetricInstrument, kind: 'counter' | 'gauge' | 'histogram') {
    const name = prometheusName(instrument, kind);
    if (this.registry.getSingleMetric(name) !== undefined) {
      const message = `finds ${name} in its registry already; give each application a registry of its own`;
      throw new GuardConfigError([{ path: 'metrics', message }], 'GUARD_METRICS_REGISTERED_TWICE');
    }
    this.names.push(name);
    const registers = [this.registry as PromClient.Registry];
    return { name, help: instrument.help, labelNames: [...instrument.labels], registers };
  }
}
