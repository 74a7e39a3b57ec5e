import type { FalsePositiveCandidate, RefusalReport, Tally } from './refusal-tally';

/** The report as people read it. */
export function renderRefusalReport(report: RefusalReport): string {
  if (report.refusals === 0) return 'Nothing would be refused.';
  return [
    ...section('By check', report.checks),
    ...section('By route', report.routes),
    ...section('By rule', report.rules),
    'Candidates for false positives, most clients first',
    ...report.candidates.flatMap(candidateLines),
  ].join('\n');
}

function section(title: string, tallies: readonly Tally[]): string[] {
  const width = Math.max(...tallies.map(({ refusals }) => String(refusals).length), 5);
  const lines = tallies.map(({ name, refusals, clients }) => {
    return `  ${String(refusals).padStart(width)}  ${name} (${countOf(clients, 'client')})`;
  });
  return [title, ...lines, ''];
}

function candidateLines({ name, refusals, clients, example, exclusion }: FalsePositiveCandidate): string[] {
  const where = exclusion.where === 'config' ? 'in the configuration' : `on ${exclusion.handler}`;
  return [
    `  ${name}: ${countOf(refusals, 'request')} of ${countOf(clients, 'client')}`,
    ...(example?.excerpt === undefined ? [] : [`      such as ${JSON.stringify(example.excerpt)}`]),
    `      silenced by ${exclusion.code} ${where}`,
  ];
}

function countOf(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}
