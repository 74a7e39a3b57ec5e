import * as stacks from '../suites/http.mjs';
import { GUARD } from '../suites/limits.mjs';
import { ratio, ratioOfAdditions, spread } from './statistics.mjs';
import { table, withSpread } from './table.mjs';

const { GET, POST, REFUSED } = stacks;

/** What the module is meant to cost at most, and what it does cost. */
export function targets({ http, limits, lookups }) {
  const rows = [
    ...Object.entries(http?.figures ?? {}).flatMap(([platform, figures]) => onPlatform(platform, figures)),
    ...(http ? redisTargets(http.figures.fastify) : []),
    ...(limits ? memoryTargets(limits.figures) : []),
    ...(lookups ? lookupTargets(lookups.figures) : []),
  ];
  return table(
    ['everything on', 'target', 'measured', ''],
    rows.map(([what, target, measured, unit = '']) => {
      const shown = typeof measured === 'object' ? withSpread(measured) : `${measured}${unit}`;
      return [what, `≤ ${target}${unit}`, shown, verdict(target, measured)];
    }),
  );
}

function verdict(target, measured) {
  const { low, median, high } = typeof measured === 'object' ? measured : { median: measured };
  // What adds nothing that can be measured is nothing to compare with.
  if (low < 0) return 'unclear';
  const word = median <= target ? 'met' : '**missed**';
  return low <= target && target < high ? `${word}, within the spread` : word;
}

const COSTS = { fastify: { get: 1.7, post: 1.75, refused: 1.25 }, express: { get: 1.2, post: 1.25, refused: 0.8 } };

function onPlatform(platform, figures) {
  const cpu = (variant, request = GET) => figures[variant][request].cpu;
  const bare = cpu(stacks.BARE);
  const added = (variant, to) => ratioOfAdditions(cpu(variant), cpu(to), bare);
  const { get, post, refused } = COSTS[platform];
  const { EVERYTHING, EVERYTHING_REDIS } = stacks;
  const rows = [
    ['GET to bare Nest', get, ratio(cpu(EVERYTHING), bare)],
    ['POST 1 KB to bare Nest', post, ratio(cpu(EVERYTHING, POST), cpu(stacks.BARE, POST))],
    ['added to a GET, to what `@nestjs/throttler` adds', 1, added(EVERYTHING, stacks.THROTTLER)],
    ['the same, both with Redis', 1, added(EVERYTHING_REDIS, stacks.THROTTLER_REDIS)],
    ...(platform === 'fastify'
      ? [['added to a GET, to what helmet + cors add', 0.9, added(EVERYTHING, stacks.HEADERS)]]
      : []),
    ['added to a GET, to what the hand-assembled stack adds', 0.4, added(EVERYTHING, stacks.ASSEMBLED)],
    ['the same, both with Redis', 0.4, added(EVERYTHING_REDIS, stacks.ASSEMBLED_REDIS)],
    ['refusing a known client, to a 200 of bare Nest', refused, ratio(cpu(EVERYTHING, REFUSED), bare)],
  ];
  return rows.map(([what, ...rest]) => [`${stacks.PLATFORMS[platform]}: ${what}`, ...rest]);
}

function redisTargets(figures) {
  const sent = (request) => spread(figures[stacks.EVERYTHING_REDIS][request].sent).median;
  return [
    ['Redis commands per request', 1, sent(GET)],
    ['Redis commands per refusal of a known client', 0, sent(REFUSED)],
  ];
}

function memoryTargets({ memory, stall }) {
  return [
    ['memory of a client of one request', 100, Math.round(memory[GUARD].one), ' bytes'],
    ['longest pause, 500,000 clients', 10, Number(stall[GUARD].toFixed(1)), ' ms'],
  ];
}

function lookupTargets(figures) {
  const [few, many] = [10, 100_000].map((size) => figures[size]?.[GUARD]);
  return many === undefined ? [] : [['lookup among 100,000 networks, to one among 10', 2, ratio(many, few)]];
}
