import { counted } from '../observability/counted';
import { quote } from '../observability/log-text';
import type { RehearsalFinding, RehearsalSummary } from './rehearsal-summary';

const MOST_RULES = 20;

/** A summary for people, as docs/rehearsal.md shows it. */
export function rehearsalReport(summary: RehearsalSummary): string {
  const { since, total, bans, byCheck, byRoute, findings, candidates } = summary;
  const start = since.toISOString();
  if (total === 0) return `Nothing would have been refused since ${start}.`;
  const checks = byCheck.map(({ check, count }) => [String(count), check]);
  const routes = byRoute.map(({ route, count }) => [String(count), route]);
  const rules = findings.slice(0, MOST_RULES).map((finding) => [String(finding.count), describe(finding)]);
  return [
    `${counted(total, 'request')} would have been refused since ${start}, and ${counted(bans, 'client')} banned.`,
    section('By check', checks),
    section('By route', routes),
    section('By rule', rules),
    ['Likely false positives, and what would silence them', ...candidates.flatMap(advice)].join('\n'),
  ].join('\n\n');
}

function section(title: string, rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([count = '']) => count.length));
  return [title, ...rows.map(([count = '', text = '']) => `  ${count.padStart(width)}  ${text}`)].join('\n');
}

function advice(finding: RehearsalFinding): string[] {
  const { count, clients, exclusions } = finding;
  return [
    `  ${describe(finding)}: ${count} by ${counted(clients, 'client')}`,
    ...exclusions.map(({ code, where }) => `      ${code}  ${where}`),
  ];
}

/** Names of body fields are the client's own words. */
function describe({ check, reason, route, place }: RehearsalFinding): string {
  const at = place === undefined ? '' : ` in ${quote(place)}`;
  return `${check}: ${quote(reason)}${at}${route === undefined ? '' : ` on ${route}`}`;
}
