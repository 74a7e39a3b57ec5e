import * as stacks from '../suites/http.mjs';
import { ratio } from './statistics.mjs';

const WIDTH = 860;
const LEFT = 262;
const RIGHT = 58;
const HEAD = 72;
const ROW = 30;
const BAR = 9;
const GAP = 56;
const REQUESTS = [stacks.GET, stacks.POST];

/** Bars of what each variant costs, as SVG that follows the reader's colour scheme. */
export function chart(figures) {
  const names = Object.keys(Object.values(figures)[0]).filter((name) => ![stacks.BARE, stacks.AGAIN].includes(name));
  const panels = Object.entries(figures).map(([platform, variants]) => ({
    title: stacks.PLATFORMS[platform],
    bars: barsOf(variants, names),
  }));
  const highest = Math.max(...panels.flatMap(({ bars }) => bars.flatMap(({ costs }) => costs.map(({ high }) => high))));
  const step = highest > 8 ? 2 : highest > 4 ? 1 : 0.5;
  const end = Math.ceil(highest / step) * step;
  const x = (value) => round(LEFT + ((WIDTH - LEFT - RIGHT) * value) / end);
  const ticks = Array.from({ length: end / step + 1 }, (_, i) => i * step);
  const panelHeight = names.length * ROW;
  const height = HEAD + panels.length * (panelHeight + GAP);
  const drawn = panels.map((panel, i) => drawPanel(panel, HEAD + GAP / 2 + i * (panelHeight + GAP), x, ticks));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title">
<title id="title">CPU time per request as a ratio to bare Nest, by what protects the application</title>
<style>
${STYLE}
</style>
<rect class="page" width="${WIDTH}" height="${height}" rx="8"/>
<text class="heading" x="24" y="34">CPU time per request, bare Nest = 1</text>
<text class="note" x="24" y="54">Median of paired rounds; the thin lines are quartiles. Less is better.</text>
${legend()}
${drawn.join('\n')}
</svg>
`;
}

function barsOf(figures, names) {
  return names.map((name) => ({
    name,
    ours: name.startsWith('nestapi-guard') || name.startsWith('…'),
    costs: REQUESTS.map((request) => ratio(figures[name][request].cpu, figures[stacks.BARE][request].cpu)),
  }));
}

function drawPanel({ title, bars }, top, x, ticks) {
  const bottom = top + bars.length * ROW;
  const grid = ticks.map(
    (tick) =>
      `<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="${top}" y2="${bottom}"/>` +
      `<text class="tick" x="${x(tick)}" y="${bottom + 15}">${tick}</text>`,
  );
  return [
    `<text class="platform" x="24" y="${top - 8}">${title}</text>`,
    ...grid,
    ...bars.map((bar, i) => drawBars(bar, top + i * ROW + (ROW - 2 * BAR - 1) / 2, x)),
    `<line class="bare" x1="${x(1)}" x2="${x(1)}" y1="${top}" y2="${bottom}"/>`,
  ].join('\n');
}

function drawBars({ name, ours, costs }, top, x) {
  const parts = costs.map(({ low, median, high }, i) => {
    const y = top + i * (BAR + 1);
    const middle = y + BAR / 2;
    return (
      `<rect class="${ours ? 'ours' : 'theirs'} kind${i}" x="${x(0)}" y="${y}" width="${round(x(median) - x(0))}" height="${BAR}" rx="1.5"/>` +
      `<line class="quartiles" x1="${x(low)}" x2="${x(high)}" y1="${middle}" y2="${middle}"/>` +
      `<text class="value" x="${round(x(high) + 5)}" y="${middle + 3.2}">${median.toFixed(2)}</text>`
    );
  });
  return `<text class="name" x="${LEFT - 10}" y="${top + BAR + 4}">${escape(name)}</text>${parts.join('')}`;
}

function legend() {
  const kinds = REQUESTS.map((request, i) => {
    const x = WIDTH - 190 + i * 70;
    return (
      `<rect class="ours kind${i}" x="${x}" y="26" width="9" height="9" rx="1.5"/>` +
      `<text class="note" x="${x + 14}" y="34">${request}</text>`
    );
  });
  return kinds.join('\n');
}

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const round = (value) => Math.round(value * 10) / 10;

const STYLE = `svg { --page: #ffffff; --ink: #1f2328; --soft: #59636e; --grid: #e1e5ea; --ours: #0f766e; --theirs: #8c959f; }
@media (prefers-color-scheme: dark) {
  svg { --page: #0d1117; --ink: #e6edf3; --soft: #9198a1; --grid: #262c34; --ours: #2dd4bf; --theirs: #6e7681; }
}
text { font: 12px system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; fill: var(--ink); }
.page { fill: var(--page); }
.heading { font-size: 16px; font-weight: 600; }
.platform { font-size: 14px; font-weight: 600; }
.note, .tick { fill: var(--soft); }
.tick { text-anchor: middle; font-size: 11px; }
.name { text-anchor: end; }
.value { font-size: 10px; fill: var(--soft); }
.grid { stroke: var(--grid); }
.bare { stroke: var(--ink); stroke-dasharray: 3 3; }
.quartiles { stroke: var(--ink); stroke-opacity: 0.75; }
.ours { fill: var(--ours); }
.theirs { fill: var(--theirs); }
.kind1 { opacity: 0.6; }`;
