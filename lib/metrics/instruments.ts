import { THREAT_CATEGORIES } from '../detection/detection.types';
import { CHECK_NAMES } from '../policy/check-name';
import type { MetricInstrument, MetricLabels } from './metrics-backend';

/** Seconds: from what a few comparisons take to what a hanging Redis takes. */
const LATENCY = [
  0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1,
];

/** The values that each label takes; none where nobody knows them beforehand. */
type LabelValues = Readonly<Record<string, readonly string[]>>;

function instrument(
  name: string,
  help: string,
  labels: LabelValues = {},
  rest: Pick<MetricInstrument, 'unit' | 'buckets'> = {},
): MetricInstrument {
  return { name: `nestapi_guard.${name}`, help, labels: Object.keys(labels), series: combinations(labels), ...rest };
}

function combinations(labels: LabelValues): MetricLabels[] {
  return Object.entries(labels).reduce<MetricLabels[]>(
    (series, [label, values]) => series.flatMap((known) => values.map((value) => ({ ...known, [label]: value }))),
    [{}],
  );
}

const UNKNOWN: readonly string[] = [];
const OUTCOMES = ['refused', 'would_refuse'];
const PARTS = ['state', 'geo', 'cloud'];

/** Everything that is measured; docs/metrics.md lists it under the names of Prometheus. */
export const INSTRUMENTS = {
  requests: instrument('requests', 'HTTP requests by what became of them: passed, refused or would_refuse.', {
    outcome: ['passed', ...OUTCOMES],
  }),
  decisions: instrument(
    'decisions',
    'Refusals by check, outcome (refused or would_refuse) and template of the route.',
    { check: CHECK_NAMES, outcome: OUTCOMES, route: UNKNOWN },
  ),
  pipeline: instrument(
    'pipeline.duration',
    'Time that the checks took for an HTTP request.',
    {},
    { unit: 's', buckets: LATENCY },
  ),
  detection: instrument(
    'detection.duration',
    'Time that inspecting a request for attacks took.',
    {},
    { unit: 's', buckets: LATENCY },
  ),
  checkFailures: instrument('check.failures', 'Checks that threw.', { check: CHECK_NAMES }),
  threats: instrument('threats', 'Requests that carried an attack, by category of the worst finding.', {
    category: THREAT_CATEGORIES,
    outcome: OUTCOMES,
  }),
  behavior: instrument('behavior.crossings', 'Clients that crossed a rule about behaviour.', {
    monitor: ['usage', 'return', 'frequency'],
    action: ['log', 'alert', 'throttle', 'ban'],
  }),
  bans: instrument('bans', 'Bans that hold on this instance.'),
  bansMade: instrument('bans.made', 'Bans by who decided them (guard or application), and whether they hold.', {
    by: ['guard', 'application'],
    outcome: ['banned', 'would_ban'],
  }),
  bansLifted: instrument('bans.lifted', 'Bans that were ended before their time.'),
  degraded: instrument('degraded', '1 while a part (state, geo or cloud) is degraded or down.', { part: PARTS }),
  down: instrument('down', '1 while a part (state, geo or cloud) is down.', { part: PARTS }),
  degradations: instrument('degradations', 'Times that a part became degraded.', { part: PARTS }),
  sourceAge: instrument(
    'source.age',
    'Age of the country database, and of the ranges of each cloud provider.',
    { source: UNKNOWN },
    { unit: 's' },
  ),
} as const;

/** As Prometheus names it, which is also what the exporters of OpenTelemetry make of it. */
export function prometheusName({ name, unit }: MetricInstrument, kind: 'counter' | 'gauge' | 'histogram'): string {
  const base = name.replaceAll('.', '_');
  return `${base}${unit === 's' ? '_seconds' : ''}${kind === 'counter' ? '_total' : ''}`;
}
