import { Accepts } from '../config/setting';
import type { MetricsBackend } from './metrics-backend';

declare module '../config/guard-config' {
  interface GuardConfig extends MetricsConfig {}
}

const ACCEPTED = 'prometheusMetrics(), openTelemetryMetrics(), or a list of such';

export class MetricsConfig {
  /**
   * Where measurements go: `prometheusMetrics()`, `openTelemetryMetrics()`, or several of them. Without, nothing is measured.
   * Default: none. Changing it takes a restart.
   *
   * @example
   * ```ts
   * const metrics = prometheusMetrics();
   * ```
   */
  @Accepts((value) => (Array.isArray(value) ? value.every(isBackend) : isBackend(value)), ACCEPTED)
  metrics: MetricsBackend | readonly MetricsBackend[] | undefined = undefined;
}

function isBackend(value: unknown): value is MetricsBackend {
  if (typeof value !== 'object' || value === null) return false;
  const { counter, histogram, gauge } = value as Partial<MetricsBackend>;
  return [counter, histogram, gauge].every((part) => typeof part === 'function');
}
