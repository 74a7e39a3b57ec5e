import {
  download,
  DownloadFailed,
  type DownloadOptions,
  downloadText,
  isDownloadable,
} from '../../lib/network/download';
import { type LocalServer, startLocalServer } from '../support/local-server';

const LIMITS: DownloadOptions = { maxBytes: 100_000, timeoutMs: 2_000 };

describe('download', () => {
  let server: LocalServer;
  beforeEach(async () => {
    server = await startLocalServer((_, response) => response.end('hello'));
  });
  afterEach(() => server.close());

  it('hands the body over', async () => {
    expect(await downloadText(`${server.url}/a`, LIMITS)).toBe('hello');
  });

  it.each([
    ['https://example.com/feed.json', true],
    ['http://127.0.0.1:8080/feed.json', true],
    ['http://127.9.9.9/feed.json', true],
    ['http://localhost/feed.json', true],
    ['http://[::1]:80/feed.json', true],
    ['http://example.com/feed.json', false],
    ['http://127.0.0.1.example.com/', false],
    ['http://10.0.0.1/feed.json', false],
    ['ftp://example.com/feed.json', false],
    ['file:///etc/passwd', false],
    ['data:text/plain,hello', false],
    ['feed.json', false],
  ])('%s may be downloaded: %p', (address, acceptable) => {
    expect(isDownloadable(address)).toBe(acceptable);
  });

  it.each<[string, LocalServer['answer'], RegExp]>([
    ['a status', (_, response) => response.writeHead(503).end(), /answered 503/],
    [
      'a declared length beyond the cap',
      (_, response) => response.writeHead(200, { 'content-length': '200000000' }).write('x'),
      /more than 100000 bytes/,
    ],
    [
      'an endless body',
      (_, response) => {
        const more = () => !response.destroyed && response.write('x'.repeat(16_384), () => setImmediate(more));
        more();
      },
      /more than 100000 bytes/,
    ],
    [
      'a redirect to itself',
      (request, response) => response.writeHead(302, { location: request.url }).end(),
      /more than 3/,
    ],
    [
      'a redirect to http',
      (_, response) => response.writeHead(302, { location: 'http://192.0.2.1/' }).end(),
      /not https/,
    ],
    [
      'a redirect to a file',
      (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      /not https/,
    ],
    ['a redirect to nonsense', (_, response) => response.writeHead(302, { location: 'http://[' }).end(), /not https/],
    ['a redirect without a target', (_, response) => response.writeHead(302).end(), /answered 302/],
    [
      'a body that breaks off',
      (request, response) => {
        response.writeHead(200, { 'content-length': '1000' }).write('x');
        setTimeout(() => request.socket.destroy(), 20);
      },
      /broke off after 1 bytes/,
    ],
    ['a connection that is closed', (request) => request.socket.destroy(), /cannot be reached/],
  ])('fails on %s', async (_, answer, why) => {
    server.answer = answer;
    const result = downloadText(`${server.url}/feed?token=secret`, LIMITS);
    await expect(result).rejects.toBeInstanceOf(DownloadFailed);
    await expect(result).rejects.toThrow(why);
    await expect(result).rejects.not.toThrow(/secret/);
  });

  it.each<[string, LocalServer['answer']]>([
    ['says nothing', () => undefined],
    [
      'sends a byte now and then',
      (_, response) => {
        const timer = setInterval(() => response.write('x'), 50);
        response.on('close', () => clearInterval(timer));
      },
    ],
    [
      'redirects slowly',
      (request, response) => setTimeout(() => response.writeHead(302, { location: request.url }).end(), 200),
    ],
  ])('gives up on a server that %s', async (_, answer) => {
    server.answer = answer;
    const start = performance.now();
    await expect(downloadText(server.url, { ...LIMITS, timeoutMs: 300 })).rejects.toThrow(/within 0.3 s/);
    expect(performance.now() - start).toBeLessThan(1_500);
  });

  it('stops when it is cancelled', async () => {
    server.answer = () => undefined;
    const stop = new AbortController();
    const result = downloadText(server.url, { ...LIMITS, signal: stop.signal });
    stop.abort();
    await expect(result).rejects.toThrow(/cancelled/);
  });

  it('shows the credential to the first origin only', async () => {
    const elsewhere = await startLocalServer((_, response) => response.end('moved'));
    try {
      server.answer = (request, response) =>
        request.url === '/second'
          ? response.writeHead(302, { location: elsewhere.url }).end()
          : response.writeHead(302, { location: '/second' }).end();
      expect(await downloadText(server.url, { ...LIMITS, headers: { authorization: 'Bearer secret' } })).toBe('moved');
      expect(server.requests.map((request) => request.headers.authorization)).toEqual([
        'Bearer secret',
        'Bearer secret',
      ]);
      expect(elsewhere.requests.map((request) => request.headers.authorization)).toEqual([undefined]);
    } finally {
      await elsewhere.close();
    }
  });

  it('hands over the statuses that were asked for', async () => {
    server.answer = (_, response) => response.writeHead(304).end();
    expect(await download(server.url, { ...LIMITS, statuses: [200, 304] }, async ({ status }) => status)).toBe(304);
  });
});
