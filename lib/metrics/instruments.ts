import type { MetricInstrument } from './metrics-backend';

/** Seconds: from what a few comparisons take to what a hanging Redis takes. */
const LATENCY = [
  0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1,
];

function instrument(
  name: string,
  help: string,
  labels: readonly string[] = [],
  rest: Pick<MetricInstrument, 'unit' | 'buckets'> = {},
): MetricInstrument {
  return { name: `nestapi_guard.${name}`, help, labels, ...rest };
}

/** Everything that is measured; docs/metrics.md lists it under the names of Prometheus. */
export const INSTRUMENTS = {
  requests: instrument('requests', 'HTTP requests by what became of them: passed, refused or would_refuse.', [
    'outcome',
  ]),
  decisions: instrument(
    'decisions',
    'Refusals by check, outcome (refused or would_refuse) and template of the route.',
    ['check', 'outcome', 'route'],
  ),
  pipeline: instrument('pipeline.duration', 'Time that the checks took for an HTTP request.', [], {
    unit: 's',
    buckets: LATENCY,
  }),
  detection: instrument('detection.duration', 'Time that inspecting a request for attacks took.', [], {
    unit: 's',
    buckets: LATENCY,
  }),
  checkFailures: instrument('check.failures', 'Checks that threw.', ['check']),
  threats: instrument('threats', 'Requests that carried an attack, by category of the worst finding.', [
    'category',
    'outcome',
  ]),
  behavior: instrument('behavior.crossings', 'Clients that crossed a rule about behaviour.', ['monitor', 'action']),
  bans: instrument('bans', 'Bans that hold on this instance.'),
  bansMade: instrument('bans.made', 'Bans by who decided them (guard or application), and whether they hold.', [
    'by',
    'outcome',
  ]),
  bansLifted: instrument('bans.lifted', 'Bans that were ended before their time.'),
  degraded: instrument('degraded', '1 while a part (state, geo or cloud) is degraded or down.', ['part']),
  down: instrument('down', '1 while a part (state, geo or cloud) is down.', ['part']),
  degradations: instrument('degradations', 'Times that a part became degraded.', ['part']),
  sourceAge: instrument(
    'source.age',
    'Age of the country database, and of the ranges of each cloud provider.',
    ['source'],
    {
      unit: 's',
    },
  ),
} as const;

/** As Prometheus names it, which is also what the exporters of OpenTelemetry make of it. */
export function prometheusName({ name, unit }: MetricInstrument, kind: 'counter' | 'gauge' | 'histogram'): string {
  const base = name.replaceAll('.', '_');
  return `${base}${unit === 's' ? '_seconds' : ''}${kind === 'counter' ? '_total' : ''}`;
}
