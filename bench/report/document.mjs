import * as detection from '../suites/detection.mjs';
import * as http from '../suites/http.mjs';
import * as limits from '../suites/limits.mjs';
import * as lookups from '../suites/lookups.mjs';
import { ratio } from './statistics.mjs';
import { targets } from './targets.mjs';
import { withSpread } from './table.mjs';

const suites = { http, limits, lookups, detection };
export const SUITES = Object.keys(suites);

/** The page, of the results of the suites that have run. */
export function document(results) {
  return `<!-- Written by \`npm run bench\`. What is changed here is lost with the next run. -->

# Benchmarks

What the module costs, next to what else there is, measured side by side by \`npm run bench\`.

${results.http ? '![CPU time per request as a ratio to bare Nest](./benchmarks.svg)\n' : ''}
## Targets

The module was designed to these figures. Those that are missed are missed.

${targets(results)}

${Object.entries(results)
  .map(
    ([name, result]) =>
      `## ${suites[name].title}\n\n${suites[name].describe(result.figures)}\n\n${whereabouts(result)}`,
  )
  .join('\n\n')}

## How it is measured

- A figure is CPU time, user and system, of the process that serves; the load comes from another one over loopback
  (autocannon, 16 connections). Time on the wall is not reported: it would tell about the machine's other tenants.
- All variants are alive at once and take turns in short rounds, there and back. Each round is divided by the round of bare Nest
  next to it; a cell is the median of these ratios and their quartiles.
- Every variant answers ${http.WARM_UP.toLocaleString('en')} requests of every kind before figures count: code that V8 has not optimised
  yet costs several times as much. They have rested before that, garbage collected, as every application does sooner or later.
- The library is compiled as it is for the package; applications run with \`NODE_ENV=production\`, without a log.
- Every variant with Redis has a \`redis-server\` of its own. Its commands are counted by the server.
${noise(results.http)}

To repeat it: \`npm install && npm run bench\`, with \`redis-server\` on the path and nothing else to do for the machine.
\`npm run bench -- http\` runs one suite and replaces its part of this page. The figures of all rounds are in
[bench/results](../bench/results); [bench](../bench/README.md) tells
more.
`;
}

function whereabouts({ date, machine, load, versions }) {
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const busy =
    load > 0.5
      ? ` **The machine was busy when it began (load ${load}); figures like that are not to be trusted.**`
      : '';
  return `<small>${date}, ${machine}. ${packages.join(', ')}.</small>${busy}`;
}

/** The same application twice: whatever these figures differ in, the others may differ in as well. */
function noise(result) {
  if (result === undefined) return '';
  const cells = Object.entries(result.figures).flatMap(([platform, figures]) =>
    [http.GET, http.POST].map((request) => {
      const measured = withSpread(ratio(figures[http.AGAIN][request].cpu, figures[http.BARE][request].cpu));
      return `${http.PLATFORMS[platform]} ${request} ${measured}`;
    }),
  );
  return `- Noise: bare Nest measured twice should be 1.00. It was, as a ratio to itself: ${cells.join(', ')}.`;
}
