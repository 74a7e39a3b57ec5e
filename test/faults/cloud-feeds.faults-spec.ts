import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { WRITE_FEED } from '../support/cloud-feeds';
import { type LocalServer, startLocalServer } from '../support/local-server';
import { accidentsOf, endFleet, type Instance, startFleet } from './fleet';
import { cases, measured, rounds, thrice } from './profile';
import { steady } from './steady';
import type { Watch } from './vitals';

/** About what AWS publishes: 8,000 networks, a seventh of the space that would be too much to believe. */
const networks = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${16 + (index >> 14)}.${(index >> 6) & 255}.${(index & 63) << 2}.0/23`);
const HONEST = networks(8_000);
const CLOUD = '16.0.0.7';
const HOME = '81.2.69.1';
const feed = (prefixes: readonly string[]): string => WRITE_FEED.AWS({ 'eu-west-1': [...prefixes, '2600:1f18::/33'] });

/** The same without white space, so that it is refused for what it says and not for its size. */
const compact = (prefixes: readonly string[]): string =>
  JSON.stringify({ prefixes: prefixes.map((prefix) => ({ ip_prefix: prefix, region: 'eu-west-1' })) });

const MEGABYTE = 2 ** 20;
const MOST_GROWTH = 60 * MEGABYTE;
/** The contract: because of a feed no request waits so many milliseconds longer; the short suite looks for what is held. */
const MOST_HELD_MS = rounds(5, 100);

/** Sends a feed that does not end before so many bytes. */
function endless(response: ServerResponse, bytes: number): void {
  const piece = Buffer.from(
    networks(1_000)
      .map((prefix) => `{"ip_prefix":"${prefix}","region":"x"},`)
      .join('\n'),
  );
  response.write('{"prefixes":[');
  let sent = 0;
  const go = (): void => {
    while (sent < bytes && !response.destroyed) {
      sent += piece.length;
      if (!response.write(piece)) return void response.once('drain', go);
    }
    response.end(']}');
  };
  response.on('error', () => undefined);
  go();
}

function trickle(response: ServerResponse): void {
  const timer = setInterval(() => response.write(' '), 1_000);
  response.write('{');
  response.on('close', () => clearInterval(timer));
}

const BOMB = gzipSync(Buffer.alloc(200 * MEGABYTE, ' '));

const FEEDS: readonly (readonly [what: string, answer: LocalServer['answer'], problem: RegExp])[] = [
  ['has no networks', (_, response) => void response.end(WRITE_FEED.AWS({})), /./],
  ['is an empty object', (_, response) => void response.end('{}'), /./],
  ['has a tenth of the networks', (_, response) => void response.end(feed(networks(800))), /shrank to 10 %/],
  ['has twenty times the networks', (_, response) => void response.end(compact(networks(160_000))), /grew 20 times/],
  ['has the default route', (_, response) => void response.end(feed([...HONEST, '0.0.0.0/0'])), /0\.0\.0\.0\/0/],
  ['is a page', (_, response) => void response.end('<!DOCTYPE html><title>Sign in to the network</title>'), /./],
  ['is an error', (_, response) => void response.writeHead(503).end('{}'), /503/],
  ['is 200 MB long', (_, response) => endless(response, 200 * MEGABYTE), /./],
  ['unpacks to 200 MB', (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB), /./],
  ['breaks off', (_, response) => void response.write(feed(HONEST).slice(0, 90_000), () => response.destroy()), /./],
  ['comes at a byte a second', (_, response) => trickle(response), /within 10 s/],
  ['leads in a circle', (_, response) => void response.writeHead(302, { location: '/AWS' }).end(), /redirect/],
];

describe('F18: two applications that block a cloud whose feed', () => {
  let server: LocalServer;
  let fleet: Instance[];
  let honest: number[];
  beforeAll(async () => {
    server = await startLocalServer((_, response) => void response.end(feed(HONEST)));
    const cloudFeedUrls = { AWS: `${server.url}/AWS` };
    fleet = await startFleet(2, { blockCloudProviders: ['AWS'], cloudFeedUrls });
    for (let turn = 0; turn < 3; turn++) await refresh();
    honest = (await refresh()).map(({ networks }) => networks);
    expect(honest[0]).toBeGreaterThan(1_000);
    // What the process grows to under traffic is not the fault of a feed.
    await watched(() => refresh());
  });
  afterAll(async () => {
    expect(await accidentsOf(fleet)).toBe(0);
    await endFleet(fleet);
    await server.close();
  });

  /** A second apart, as instances are for their jitter: at once they would wait for each other's processors. */
  async function refresh() {
    const statuses = await Promise.all(
      fleet.map(async (instance, index) => {
        await delay(1_000 * index);
        return instance.ask('refresh');
      }),
    );
    return statuses.map(({ providers }) => providers.find(({ provider }) => provider === 'AWS')!);
  }

  /** Traffic of a blocked cloud and of others while something happens. */
  async function watched(act: () => Promise<unknown>): Promise<Watch[]> {
    await Promise.all(fleet.map((instance) => instance.ask('watch')));
    const traffic = steady(fleet, 100, (number) => [
      '/wide',
      ...(number % 2 === 0 ? ([CLOUD, 403] as const) : ([HOME, 200] as const)),
    ]);
    await Promise.all([act(), delay(2_000)]);
    expect(await traffic.stop()).toEqual([]);
    return Promise.all(fleet.map((instance) => instance.ask('seen')));
  }

  it.each(cases(FEEDS, /a page|200 MB long|tenth/))(
    '%s: the last good one stays, and nobody waits',
    async (what, answer, problem) => {
      await thrice(async () => {
        const usual = await watched(() => delay(2_000));
        server.answer = answer;
        let statuses: Awaited<ReturnType<typeof refresh>> = [];
        const during = await watched(async () => (statuses = await refresh()));
        server.answer = (_, response) => void response.end(feed(HONEST));
        const kept = { networks: honest[0], ready: true };
        expect(statuses.map(({ networks, ready }) => ({ networks, ready }))).toEqual([kept, kept]);
        for (const { problem: said } of statuses) expect(said).toMatch(problem);
        expect(await refresh()).toEqual([kept, kept].map((expected) => expect.objectContaining(expected)));
        measured(`F18 ${what}`, {
          'MB grown': during.map(({ rss }, index) => (rss - usual[index]!.rss) / MEGABYTE),
          'ms longer': during.map(({ held }, index) => held.max - usual[index]!.held.max),
        });
        return () => {
          for (const [index, { held, rss }] of during.entries()) {
            expect(rss - usual[index]!.rss).toBeLessThan(MOST_GROWTH);
            expect(held.max - usual[index]!.held.max).toBeLessThan(MOST_HELD_MS);
          }
        };
      });
    },
  );
});
