import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { random } from '../support/random';
import { until } from '../support/until';
import { accidentsOf, endFleet, Instance, type Platform } from './fleet';
import { measured, rounds, thrice } from './profile';
import { steady } from './steady';

const SLOW = rounds(500, 100);
const ABORTED = rounds(2_000, 300);
const MEGABYTE = 2 ** 20;
/** The contract: what such clients leave behind. */
const MOST_LEFT = 10 * MEGABYTE;

describe.each<Platform>(['express', 'fastify'])('F16: clients of an application on %s', (platform) => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await Instance.start(platform, { rateLimit: 1_000_000 });
  });
  afterAll(async () => {
    expect(await accidentsOf([instance])).toBe(0);
    await endFleet([instance]);
  });

  const post = (path: string, from: string, length: number): string =>
    [
      `POST ${path} HTTP/1.1`,
      'Host: localhost',
      `X-Forwarded-For: ${from}`,
      'Content-Type: application/json',
      `Content-Length: ${length}`,
      '\r\n',
    ].join('\r\n');
  const dial = async (): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port: instance.port });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  const client = (number: number): string => `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;

  /** Bodies that come a byte at a time; half of them are given up before their end. */
  async function dawdle(): Promise<void> {
    const body = JSON.stringify({ text: 'slow' });
    const statuses: string[] = [];
    await Promise.all(
      Array.from({ length: SLOW }, async (_, number) => {
        const socket = await dial();
        socket.on('data', (bytes: Buffer) => statuses.push(bytes.toString('latin1').slice(9, 12)));
        socket.write(post('/echo', client(number), body.length));
        for (const byte of body.slice(0, number % 2 === 0 ? body.length : body.length >> 1)) {
          await delay(100);
          socket.write(byte);
        }
        if (number % 2 === 0) await until(() => socket.bytesRead > 0, 10_000);
        socket.destroy();
      }),
    );
    expect(statuses).toEqual(Array(SLOW / 2).fill('201'));
  }

  /** Clients that are gone while a check of theirs waits, or while their body does. */
  async function abandon(): Promise<void> {
    const next = random(16);
    const lane = async (first: number): Promise<void> => {
      for (let number = first; number < ABORTED; number += 50) {
        const socket = await dial();
        const whole = '{"text":"x"}';
        socket.write(post('/checked', client(number), whole.length) + (number % 4 === 0 ? '{"te' : whole));
        await delay(next(60));
        if (number % 2 === 0) socket.resetAndDestroy();
        else socket.destroy();
      }
    };
    await Promise.all(Array.from({ length: 50 }, (_, first) => lane(first)));
  }

  it.each<[string, () => Promise<void>]>([
    [`send ${SLOW} bodies a byte at a time`, dawdle],
    [`go away ${ABORTED} times in the middle of a check`, abandon],
  ])('%s, and leave nothing behind', async (_what, act) => {
    // What a process grows to the first time is no leak; what it grows by the second time is one.
    await act();
    await thrice(async () => {
      const before = await idle();
      const others = steady([instance], 50, (number) => ['/wide', client(number), 200]);
      await act();
      expect(await others.stop()).toEqual([]);
      const after = await idle();
      expect(after.handles).toEqual(before.handles);
      measured(`F16 ${platform}`, { 'MB left': (after.rss - before.rss) / MEGABYTE });
      return () => expect(after.rss - before.rss).toBeLessThan(MOST_LEFT);
    });
  });

  /** What it holds on to once nobody is connected any more. */
  async function idle() {
    instance.hangUp();
    await until(async () => (await instance.ask('holdings')).handles.TCPSocketWrap === undefined, 10_000);
    return instance.ask('holdings');
  }
});
