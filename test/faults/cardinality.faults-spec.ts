import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/until';
import { accidentsOf, endFleet, Instance, type Platform } from './fleet';
import { measured, rounds } from './profile';

const ADDRESSES = rounds(2_000_000, 40_000);
/** Nothing that the addresses leave behind ends before the last of them came, on a machine that is not too slow. */
const WINDOW_S = rounds(120, 20);
const MEGABYTE = 2 ** 20;
/** Enough for a batch of 8 on each connection to wait less than the bound that is tested. */
const CONNECTIONS = 8;
const BATCH = 8;
const OFFENDER = '192.0.2.99';

/** Different for two billion numbers, and no two neighbours. */
function address(number: number): string {
  const spread = Math.imul(number, 2_654_435_761) >>> 0;
  return `${((spread >>> 24) % 100) + 11}.${(spread >>> 16) & 255}.${(spread >>> 8) & 255}.${spread & 255}`;
}

/** Requests of so many clients as fast as they are answered: how many of each status came back. */
async function crowd(
  port: number,
  requests: number,
  client: (number: number) => string,
): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  let sent = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, () => {
      return new Promise<void>((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port });
        let waiting = 0;
        let rest = '';
        const next = (): void => {
          if (sent >= requests) return void socket.end();
          waiting = Math.min(BATCH, requests - sent);
          let text = '';
          for (let index = 0; index < waiting; index++)
            text += `GET /usual HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${client(sent++)}\r\n\r\n`;
          socket.write(text);
        };
        socket.on('data', (bytes: Buffer) => {
          rest += bytes.toString('latin1');
          for (let at; (at = rest.indexOf('HTTP/1.1 ')) >= 0 && rest.length >= at + 12;) {
            const status = rest.slice(at + 9, at + 12);
            found[status] = (found[status] ?? 0) + 1;
            waiting--;
            rest = rest.slice(at + 12);
          }
          rest = rest.slice(-8);
          if (waiting === 0) next();
        });
        socket
          .on('connect', next)
          .on('error', reject)
          .on('close', () => resolve());
      });
    }),
  );
  return found;
}

describe.each<Platform>(['fastify', 'express'])('F13: an application on %s', (platform) => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await Instance.start(platform, { rateLimit: 5, rateLimitWindow: WINDOW_S });
    // What it grows to under so many requests of a few clients is not the fault of their number.
    await crowd(instance.port, Math.min(ADDRESSES, 200_000), (number) => `127.0.${number & 15}.1`);
  });
  afterAll(async () => {
    expect(await accidentsOf([instance])).toBe(0);
    await endFleet([instance]);
  });

  it(
    `meets ${ADDRESSES} addresses: it grows by 100 MB at most, and shrinks again`,
    async () => {
      const before = await instance.ask('holdings');
      await crowd(instance.port, 5, () => OFFENDER);
      await instance.ask('watch');
      const began = performance.now();
      const found = await crowd(instance.port, ADDRESSES, (number) =>
        number % 1_000 === 999 ? OFFENDER : address(number),
      );
      const { held } = await instance.ask('seen');
      const full = await instance.ask('holdings');
      measured(`F13 ${platform}`, {
        addresses: ADDRESSES,
        seconds: (performance.now() - began) / 1_000,
        'MB grown': (full.rss - before.rss) / MEGABYTE,
        'p99, ms': held.p99,
      });
      // Whoever had used up a limit of 5 is remembered through all of them, for as long as the window lasts.
      const windows = Math.floor((performance.now() - began) / 1_000 / WINDOW_S);
      expect(Object.keys(found)).toEqual(['200', '429']);
      expect(found[429]).toBeLessThanOrEqual(ADDRESSES / 1_000);
      expect(found[429]).toBeGreaterThanOrEqual(ADDRESSES / 1_000 - 5 * (windows + 1));
      expect(full.rss - before.rss).toBeLessThan(100 * MEGABYTE);
      expect(held.p99).toBeLessThan(50);
      await delay(WINDOW_S * 1_000);
      await until(async () => (await instance.ask('holdings')).rss < before.rss * 1.2, 60_000);
    },
    30 * 60_000,
  );
});
