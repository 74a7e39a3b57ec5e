import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { accidentsOf, endFleet, Instance, type Platform, type Sent } from './fleet';
import { HOSTILE_JSON, HOSTILE_TEXTS } from './hostile-texts';
import { measured, rounds, thrice } from './profile';

/** Bodies of 100 KB are what both platforms read, or nearly. */
const MOST_BODY = 95 * 1024;
const MOST_TARGET = 14 * 1024;

type Request = readonly [path: string, sent: Sent];

function json(body: string): Request {
  return ['/echo', { method: 'POST', body, headers: { 'content-type': 'application/json' } }];
}

/** A text wherever a handler could read it. */
function placesOf(text: string): Request[] {
  const encoded = encodeURIComponent(text).slice(0, MOST_BODY).replace(/%.?$/, '');
  const target = encoded.slice(0, MOST_TARGET).replace(/%.?$/, '');
  const header = text.replace(/[^\x20-\x7e]/g, '.').slice(0, MOST_TARGET);
  const body = { filter: [text.slice(0, MOST_BODY / 6)] };
  return [
    [`/wide?q=${target}`, {}],
    [
      '/wide',
      {
        headers: {
          'user-agent': header.slice(0, 2_000),
          referer: header.slice(0, 4_000),
          cookie: `a=${header.slice(0, 6_000)}`,
        },
      },
    ],
    json(JSON.stringify(body)),
    [
      '/echo',
      { method: 'POST', body: `q=${encoded}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ],
  ];
}

/**
 * Requests of a rule set's tests, each line an object with `path` or `body`, repeated to a hundred times their length: for
 * whoever has them, as `FAULT_CORPUS=attacks.jsonl`.
 */
function corpus(): Request[] {
  const path = process.env.FAULT_CORPUS;
  if (!path) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.flatMap((line) => {
    const { path = '', body = '' } = JSON.parse(line) as { path?: string; body?: string };
    const query = path.split('?')[1] ?? '';
    const texts = [query, body].filter(Boolean).map((text) => text.repeat(100).slice(0, MOST_BODY));
    return texts.flatMap((text): Request[] => [
      [`/wide?${encodeURI(text).slice(0, MOST_TARGET).replace(/%.?$/, '')}`, {}],
      json(JSON.stringify({ text: text.slice(0, MOST_BODY / 2) })),
    ]);
  });
}

const REQUESTS: readonly Request[] = [...HOSTILE_TEXTS.flatMap(placesOf), ...HOSTILE_JSON.map(json), ...corpus()];

describe.each<Platform>(['express', 'fastify'])('F15: an application on %s', (platform) => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await Instance.start(platform, { enableIpBanning: false, enableRateLimiting: false });
  });
  afterAll(async () => {
    expect(await accidentsOf([instance])).toBe(0);
    await endFleet([instance]);
  });

  /** Fifty a second. */
  async function send(requests: readonly Request[]): Promise<Record<number, number>> {
    const found: Record<number, number> = {};
    const open: Promise<void>[] = [];
    for (const [path, sent] of requests) {
      open.push(
        instance.status(path, '10.0.0.1', sent).then((status) => {
          found[status] = (found[status] ?? 0) + 1;
        }),
      );
      await delay(20);
    }
    await Promise.all(open);
    return found;
  }

  it(
    'reads what is most work, fifty times a second, and is there for others',
    async () => {
      const requests = REQUESTS.filter((_, index) => index % rounds(1, 5) === 0);
      // Compiled code is what counts.
      await send(requests.slice(0, rounds(200, 50)));
      await thrice(async () => {
        await instance.ask('watch');
        const found = await send(requests);
        const { held } = await instance.ask('seen');
        measured(`F15 ${platform}`, { requests: requests.length, 'p99, ms': held.p99, 'longest, ms': held.max });
        expect(Object.keys(found).filter((status) => !/^(?:20[01]|4\d\d)$/.test(status))).toEqual([]);
        expect(found[400]).toBeGreaterThan(requests.length / 4);
        return () => {
          expect(held.p99).toBeLessThan(50);
          expect(held.max).toBeLessThan(100);
        };
      });
    },
    20 * 60_000,
  );
});
