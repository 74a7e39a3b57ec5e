/** A Markdown table; all columns but the first are numbers. */
export function table(columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

/** `1.62 (1.58–1.66)` */
export function withSpread({ low, median, high }, show = (value) => value.toFixed(2)) {
  return `${show(median)} (${show(low)}–${show(high)})`;
}

export function duration(nanoseconds) {
  if (nanoseconds < 1e3) return `${nanoseconds.toFixed(0)} ns`;
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toFixed(nanoseconds < 1e5 ? 1 : 0)} µs`;
  return `${(nanoseconds / 1e6).toFixed(1)} ms`;
}

export const count = (value) => Number(value).toLocaleString('en');
