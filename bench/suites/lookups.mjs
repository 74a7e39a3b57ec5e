import { ratio, spread } from '../report/statistics.mjs';
import { count, duration, table } from '../report/table.mjs';
import { ask } from '../support/child-process.mjs';

export const title = 'Addresses in lists';

const SCALES = {
  full: { sizes: [10, 1_000, 100_000], rounds: 12 },
  quick: { sizes: [10, 1_000, 100_000], rounds: 3 },
  smoke: { sizes: [10, 1_000], rounds: 1 },
};

/** What it costs to find an address among many networks, next to what else there is. */
export function run(scale) {
  return ask('lookups', SCALES[scale]);
}

export function describe(figures) {
  const names = Object.keys(Object.values(figures)[0]);
  return `CPU time of one lookup, half of them hits, IPv4 and IPv6 mixed: median and, in brackets, the ratio to nestapi-guard.

${table(
  ['networks', ...names],
  Object.entries(figures).map(([size, variants]) => [
    count(size),
    ...names.map((name, i) => {
      const median = duration(spread(variants[name]).median);
      return i === 0 ? median : `${median} (${ratio(variants[name], variants[names[0]]).median.toFixed(1)})`;
    }),
  ]),
)}`;
}
