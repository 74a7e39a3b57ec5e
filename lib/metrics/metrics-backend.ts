/** The labels of a sample: few values each, never an address or a path of a client. */
export type MetricLabels = Readonly<Record<string, string>>;

/** What is measured. */
export interface MetricInstrument {
  /** With dots, as OpenTelemetry names metrics: `nestapi_guard.pipeline.duration`. */
  readonly name: string;
  readonly help: string;
  /** The names of its labels. */
  readonly labels: readonly string[];
  /** Of a counter: the labels that are known beforehand. Their series begin at 0; one that begins with 1 has no increase. */
  readonly series: readonly MetricLabels[];
  readonly unit?: 's';
  /** Upper bounds of the buckets of a histogram. */
  readonly buckets?: readonly number[];
}

export interface MetricSample {
  readonly labels: MetricLabels;
  readonly value: number;
}

/**
 * Where measurements go. `prometheusMetrics()` and `openTelemetryMetrics()` make one; anything else can be one.
 *
 * @example
 * ```ts
 * const statsd = (send: (line: string) => void): MetricsBackend => ({
 *   counter: ({ name }) => (labels) => send(`${name}.${Object.values(labels).join('.')}:1|c`),
 *   histogram: ({ name }) => (value) => send(`${name}:${value * 1000}|ms`),
 *   gauge: () => undefined,
 * });
 * ```
 */
export interface MetricsBackend {
  /** Makes a counter; what it returns adds one. */
  counter(instrument: MetricInstrument): (labels: MetricLabels) => void;
  /** Makes a histogram; what it returns adds a value, in the unit of the instrument. */
  histogram(instrument: MetricInstrument): (value: number) => void;
  /** Makes a gauge that is read whenever somebody wants to know. */
  gauge(instrument: MetricInstrument, read: () => readonly MetricSample[]): void;
  /** Called when the application has shut down. */
  close?(): void;
}
