import { renderValue } from '../config/config-problem';
import type { ConfigWarning } from '../config/config-section';
import type { RoutePolicyReport } from '../policy/policy-report';
import { counted } from '../observability/counted';
import { printable } from './printable';

type Row = readonly [route: string, handler: string, protection: string, rules: readonly string[]];

const HEADINGS = ['Route', 'Handler', 'Protected by', 'Rules, and where they come from'] as const;

/** A rule of the configuration that holds for every request; `default` where nobody said otherwise, or said the same. */
export interface GlobalRule {
  readonly field: string;
  readonly source: 'config' | 'default';
  readonly value: unknown;
}

/** What protects an application. */
export interface ApplicationReport {
  readonly everyRequest: readonly GlobalRule[];
  readonly routes: readonly RoutePolicyReport[];
  readonly warnings: readonly ConfigWarning[];
}

/** Columns as wide as their contents, one line per rule. */
export function renderTable({ everyRequest, routes, warnings }: ApplicationReport): string {
  const rows = [generalRow(everyRequest), ...routes.map(rowOf)];
  const widths = [0, 1, 2].map((column) => {
    return Math.max(HEADINGS[column]!.length, ...rows.map((row) => (row[column] as string).length));
  });
  const line = (cells: readonly string[]): string => {
    return cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  };
  const lines = [line(HEADINGS), line([...widths.map((width) => '-'.repeat(width)), '-'.repeat(HEADINGS[3].length)])];
  for (const [route, handler, protection, rules] of rows) {
    lines.push(line([route, handler, protection, rules[0] ?? '']));
    for (const rule of rules.slice(1)) lines.push(line(['', '', '', rule]));
  }
  lines.push('', summaryOf(routes), ...warnings.map(({ code, path, message }) => `${code} ${path} ${message}`));
  return `${lines.join('\n')}\n`;
}

export function renderMarkdown({ everyRequest, routes, warnings }: ApplicationReport): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const lines = [generalRow(everyRequest), ...routes.map(rowOf)].map(([route, handler, protection, rules]) => {
    return row([code(route), handler === '' ? '' : code(handler), escaped(protection), rules.map(code).join('<br>')]);
  });
  const notes = warnings.map(({ code: name, path, message }) => `- ${name} ${escaped(path)} ${escaped(message)}`);
  const parts = [row(HEADINGS), row(HEADINGS.map(() => '---')), ...lines, '', summaryOf(routes)];
  return `${[...parts, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n')}\n`;
}

export function toJson({ everyRequest, routes, warnings }: ApplicationReport): string {
  return `${JSON.stringify(asJson({ everyRequest, routes, warnings }), null, 2)}\n`;
}

function generalRow(rules: readonly GlobalRule[]): Row {
  return ['(every request)', '', '', rules.map(ruleLine)];
}

function rowOf(report: RoutePolicyReport): Row {
  const { kind, route, handler, rules } = report;
  const shown = kind === 'http' ? route : `${kind} ${route}`;
  return [printable(shown), printable(handler), protectionOf(report), rules.map(ruleLine)];
}

function ruleLine({ field, source, value }: GlobalRule | RoutePolicyReport['rules'][number]): string {
  return printable(`${field} ${renderValue(asJson(value))} ← ${source}`);
}

function protectionOf({ protection, checks, bypassed, excluded }: RoutePolicyReport): string {
  const bypasses = bypassed.length === 0 ? '' : `, bypasses ${bypassed.length > 6 ? 'all' : bypassed.join(', ')}`;
  if (excluded) return 'UNPROTECTED (excluded path)';
  if (protection === 'unprotected') return `UNPROTECTED${bypasses === '' ? '' : ` (${bypasses.slice(2)})`}`;
  return `${checks.join(', ')}${protection === 'rehearsed' ? ' (only reported)' : ''}${bypasses}`;
}

function summaryOf(routes: readonly RoutePolicyReport[]): string {
  const open = routes.filter(({ protection }) => protection === 'unprotected').length;
  const rehearsed = routes.filter(({ protection }) => protection === 'rehearsed').length;
  const parts = [counted(routes.length, 'route'), `${open} unprotected`];
  return [...parts, ...(rehearsed === 0 ? [] : [`${rehearsed} only rehearsed`])].join(', ');
}

/** What JSON cannot express becomes a text: regular expressions and functions would vanish. */
function asJson(value: unknown): unknown {
  if (typeof value === 'function') return `[function ${value.name || 'anonymous'}]`;
  if (value instanceof RegExp || typeof value === 'symbol' || typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== 'object' || value === null) return value;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, asJson(field)]));
}

function code(text: string): string {
  return `\`${escaped(text.replaceAll('`', "'"))}\``;
}

/** A bar ends a cell, even within code. */
function escaped(text: string): string {
  return printable(text).replaceAll('|', '\\|');
}
