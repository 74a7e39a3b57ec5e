import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { GuardConfigError } from '../config/config-problem';
import { LiveConfig } from '../config/live-config';
import { quote } from '../observability/log-text';
import type { MetricInstrument, MetricLabels, MetricsBackend, MetricSample } from './metrics-backend';

/** The configured backends as one. What fails in one of them touches neither a request nor the others. */
@Injectable()
export class Metrics implements OnApplicationShutdown {
  /** Whether anything is to be measured. */
  readonly enabled: boolean;
  private readonly logger = new Logger('NestapiGuard');
  private readonly backends: readonly MetricsBackend[];
  private failed = false;

  constructor(@Inject(LiveConfig) live: LiveConfig) {
    const { metrics } = live.current;
    this.backends = metrics === undefined ? [] : [metrics].flat();
    this.enabled = this.backends.length > 0;
    live.onPrepare((next) => {
      if (next.metrics === metrics) return;
      const message = 'cannot change while the application runs; restart it';
      throw new GuardConfigError([{ path: 'metrics', message }]);
    });
  }

  counter(instrument: MetricInstrument): (labels?: MetricLabels) => void {
    const counters = this.backends.map((backend) => backend.counter(instrument));
    return (labels = {}) => this.attempt(() => counters.forEach((add) => add(labels)));
  }

  histogram(instrument: MetricInstrument): (value: number) => void {
    const histograms = this.backends.map((backend) => backend.histogram(instrument));
    return (value) => this.attempt(() => histograms.forEach((add) => add(value)));
  }

  gauge(instrument: MetricInstrument, read: () => readonly MetricSample[]): void {
    for (const backend of this.backends) backend.gauge(instrument, read);
  }

  onApplicationShutdown(): void {
    for (const backend of this.backends) this.attempt(() => backend.close?.());
  }

  private attempt(measure: () => void): void {
    try {
      measure();
    } catch (error) {
      if (this.failed) return;
      this.failed = true;
      this.logger.error(`GUARD_METRICS_FAILED a measurement was lost: ${quote(String(error))}`);
    }
  }
}
