import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { prometheusMetrics } from 'nestapi-guard';
import { startApp } from '../support/platforms';

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const read = (name: string) => readFileSync(join(__dirname, '../../docs', name), 'utf8');
const { panels, templating } = JSON.parse(read('grafana-dashboard.json')) as {
  panels: Panel[];
  templating: { list: { definition?: string }[] };
};
const queries = [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...templating.list.flatMap(({ definition = [] }) => definition),
];
const namesIn = (text: string) => new Set(text.match(/nestapi_guard_\w+/g));

/** The names of all exported series, and the labels that each may have. */
async function exported(): Promise<Map<string, string[]>> {
  const registry = new Registry();
  const app = await startApp('express', { config: { metrics: prometheusMetrics(registry) } });
  const metrics = registry.getMetricsAsArray() as unknown as { name: string; type: unknown; labelNames: string[] }[];
  const text = await registry.metrics();
  await app.close();
  const series = new Map<string, string[]>();
  for (const { name, labelNames } of metrics) {
    const suffixes = text.includes(`# TYPE ${name} histogram`) ? ['_bucket', '_sum', '_count'] : [''];
    for (const suffix of suffixes) series.set(name + suffix, [...labelNames, ...(suffix && ['le'])]);
  }
  return series;
}

describe('the Grafana dashboard', () => {
  it('asks for metrics that exist', async () => {
    const names = await exported();
    expect(queries.length).toBeGreaterThan(20);
    expect(queries.flatMap((query) => [...namesIn(query)]).filter((name) => !names.has(name))).toEqual([]);
  });

  it('groups and shows by labels that exist', async () => {
    const names = await exported();
    const unknown = panels.flatMap(({ targets = [] }) =>
      targets.flatMap(({ expr, legendFormat }) => {
        const labels = [...namesIn(expr)].flatMap((name) => names.get(name) ?? []);
        const grouped = [...expr.matchAll(/ by \(([^)]+)\)/g)].flatMap(([, list]) => list!.split(', '));
        const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!);
        return [...grouped, ...shown].filter((label) => !labels.includes(label));
      }),
    );
    expect(unknown).toEqual([]);
  });

  it('shows everything that is exported', async () => {
    const asked = new Set(queries.flatMap((query) => [...namesIn(query)]));
    const names = [...(await exported()).keys()].filter((name) => !/_(sum|count)$/.test(name));
    expect(names.filter((name) => !asked.has(name))).toEqual([]);
  });

  it('has no panels on top of each other', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });
});

it('docs/metrics.md lists every metric by its name', async () => {
  const listed = namesIn(read('metrics.md'));
  const names = [...(await exported()).keys()].map((name) => name.replace(/_(bucket|sum|count)$/, ''));
  expect([...new Set(names)].filter((name) => !listed.has(name))).toEqual([]);
});
