import { ratio, spread } from '../report/statistics.mjs';
import { table, withSpread } from '../report/table.mjs';
import { measure } from '../support/http-rounds.mjs';

export const title = 'Whole applications';

/** Requests of each kind before figures count. */
export const WARM_UP = 10_000;

const SCALES = {
  full: { rounds: 6, amount: 1500, warmUp: WARM_UP },
  quick: { rounds: 3, amount: 1000, warmUp: WARM_UP },
  smoke: { rounds: 1, amount: 32, warmUp: 100, platforms: ['fastify'] },
};

export const PLATFORMS = { fastify: 'Fastify', express: 'Express' };

/** More than any client but the greedy one sends, so that nobody else is refused. Somebody's limit all the same. */
const TERMS = { limit: 1000, window: 3600 };

export const BARE = 'bare Nest';
export const AGAIN = 'bare Nest, measured once more';
export const THROTTLER = '@nestjs/throttler, memory';
export const THROTTLER_REDIS = '@nestjs/throttler, Redis';
export const HEADERS = 'helmet + cors';
export const ASSEMBLED = 'hand-assembled, memory';
export const ASSEMBLED_REDIS = 'hand-assembled, Redis';
export const EVERYTHING = 'nestapi-guard, everything on, memory';
export const EVERYTHING_REDIS = 'nestapi-guard, everything on, Redis';

const stacks = [
  { name: BARE, args: { stack: 'bare' } },
  { name: AGAIN, args: { stack: 'bare' } },
  { name: HEADERS, args: { stack: 'headers' } },
  { name: THROTTLER, refuses: true, args: { stack: 'throttler' } },
  { name: THROTTLER_REDIS, refuses: true, redis: true, args: { stack: 'throttler' } },
  { name: ASSEMBLED, refuses: true, args: { stack: 'assembled' } },
  { name: ASSEMBLED_REDIS, refuses: true, redis: true, args: { stack: 'assembled' } },
  { name: 'nestapi-guard, everything off', args: { stack: 'guard', use: 'off' } },
  { name: 'nestapi-guard, defaults', refuses: true, args: { stack: 'guard', use: 'defaults' } },
  { name: EVERYTHING, refuses: true, args: { stack: 'guard', use: 'everything' } },
  { name: EVERYTHING_REDIS, refuses: true, redis: true, args: { stack: 'guard', use: 'everything' } },
  { name: '… and two behaviour rules, memory', refuses: true, args: { stack: 'guard', use: 'watched' } },
  { name: '… and two behaviour rules, Redis', refuses: true, redis: true, args: { stack: 'guard', use: 'watched' } },
];

const body = JSON.stringify({
  id: 1,
  items: Array.from({ length: 15 }, (_, i) => ({
    sku: `SKU-${i}`,
    name: `Product number ${i}`,
    quantity: i,
    price: i * 1.5,
  })),
});

const path = '/?page=2&sort=price';
export const GET = 'GET';
export const POST = 'POST 1 KB';
export const REFUSED = 'refused';
const requests = [
  { name: GET, path },
  { name: POST, method: 'POST', path: '/', body },
  {
    name: REFUSED,
    path,
    client: '81.2.72.1',
    prime: TERMS.limit + 50,
    of: ({ refuses }) => refuses === true,
    expect: () => [429],
  },
];

export async function run(scale) {
  const { platforms = Object.keys(PLATFORMS), ...amounts } = SCALES[scale];
  const figures = {};
  for (const platform of platforms) {
    const variants = stacks.map((stack) => ({ ...stack, args: { ...TERMS, ...stack.args, platform } }));
    figures[platform] = await measure({ app: 'stacks', variants, requests, ...amounts });
  }
  return figures;
}

export function describe(figures) {
  return `CPU time of the application per request, as a ratio to bare Nest in the same round: median and, in brackets, quartiles.
_Refused_ is a 429 to a client known to be beyond its limit, as a ratio to a 200 of bare Nest.

${Object.entries(figures).map(describePlatform).join('\n\n')}

- _Hand-assembled_: \`@nestjs/throttler\`, helmet, CORS, a guard with 20 networks in a \`net.BlockList\`, and a guard that looks
  countries up with maxmind. Redis storage of the throttler is \`@nest-lab/throttler-storage-redis\`.
- _Defaults_: \`GuardModule.forRoot()\` with a limit and a trusted proxy: security headers, limit, bans, attack detection.
- _Everything on_: besides that 20 networks, a country, three clouds with 80,000 networks, user agents, enforced HTTPS and CORS.
- _Behaviour rules_ are counters of their own; one of these two looks at the status of every answer.
- Limits are ${TERMS.limit} requests per client and ${TERMS.window} s, for everybody. 2,000 clients take part, with the headers of a browser.`;
}

function describePlatform([platform, variants]) {
  const bare = variants[BARE];
  const rows = Object.entries(variants).map(([name, of]) => {
    const cells = requests.map(({ name: request }) => {
      if (of[request] === undefined) return '';
      return withSpread(ratio(of[request].cpu, bare[request === REFUSED ? GET : request].cpu));
    });
    const redis = of[GET].sent === undefined ? [] : [of[GET].sent, of[REFUSED].sent];
    const commands = redis.map((sent) => spread(sent).median.toFixed(2)).join(' / ');
    return [name, ...cells, commands];
  });
  const micros = (request) => `${spread(bare[request].cpu).median.toFixed(0)} µs`;
  const columns = [PLATFORMS[platform], `GET (bare: ${micros(GET)})`];
  columns.push(`POST 1 KB (bare: ${micros(POST)})`, 'refused', 'Redis commands: GET / refused');
  return table(columns, rows);
}
