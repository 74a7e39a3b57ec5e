import http, { type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { HeaderBlock, MergedHead } from '../../lib/platform/merged-head';

const BLOCK = new HeaderBlock([
  ['X-Frame-Options', 'SAMEORIGIN'],
  ['X-Content-Type-Options', 'nosniff'],
]);
const SHARED: OutgoingHttpHeaders = Object.freeze({ 'X-App': 'yes' });

async function headersOf(
  answer: (response: ServerResponse, head: MergedHead) => void,
): Promise<http.IncomingHttpHeaders> {
  const server = http.createServer((_, response) => {
    const head = new MergedHead(response);
    head.setBlock(BLOCK);
    head.set('RateLimit', 'first');
    head.set('ratelimit', '"default";r=1;t=2');
    answer(response, head);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const response = await new Promise<http.IncomingMessage>((resolve) => http.get({ port, host: '127.0.0.1' }, resolve));
  response.resume();
  server.close();
  const names = response.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  expect(names).toEqual([...new Set(names)]);
  return response.headers;
}

const OURS = { 'x-frame-options': 'SAMEORIGIN', 'x-content-type-options': 'nosniff', ratelimit: '"default";r=1;t=2' };

describe('MergedHead', () => {
  it.each<[string, (response: ServerResponse, head: MergedHead) => void, OutgoingHttpHeaders]>([
    ['no head at all', (response) => response.end('x'), OURS],
    ['a status only', (response) => response.writeHead(200).end(), OURS],
    ['an object', (response) => response.writeHead(200, { 'X-App': 'yes' }).end(), { ...OURS, 'x-app': 'yes' }],
    ['a reason', (response) => response.writeHead(200, 'Fine', { 'X-App': 'yes' }).end(), { ...OURS, 'x-app': 'yes' }],
    ['a list', (response) => response.writeHead(200, ['X-App', 'yes']).end(), { ...OURS, 'x-app': 'yes' }],
    ['an object of many answers', (response) => response.writeHead(200, SHARED).end(), { ...OURS, 'x-app': 'yes' }],
    [
      'a header of the application in another case',
      (response) => response.writeHead(200, { 'x-FRAME-options': 'DENY', RATELIMIT: 'mine' }).end(),
      { ...OURS, 'x-frame-options': 'DENY', ratelimit: 'mine' },
    ],
    [
      'the same in a list',
      (response) => response.writeHead(200, ['x-FRAME-options', 'DENY']).end(),
      { ...OURS, 'x-frame-options': 'DENY' },
    ],
    [
      'a header set before',
      (response) => response.setHeader('X-Frame-Options', 'DENY').writeHead(200, { 'X-App': 'yes' }).end(),
      { ...OURS, 'x-frame-options': 'DENY', 'x-app': 'yes' },
    ],
    ...(
      [
        ['an object', (response) => response.writeHead(200, { VARY: 'Accept' }).end(), 'Accept, Origin'],
        ['a list', (response) => response.writeHead(200, ['vary', 'Accept']).end(), 'Accept, Origin'],
        ['pairs', (response) => response.writeHead(200, [['Vary', 'Accept']] as never).end(), 'Accept, Origin'],
        ['a list without it', (response) => response.writeHead(200, ['X-App', 'yes']).end(), 'Origin'],
        ['no head', (response) => response.setHeader('Vary', 'Accept').end(), 'Accept, Origin'],
        ['no head and no value', (response) => response.end(), 'Origin'],
      ] as [string, (response: ServerResponse) => void, string][]
    ).map(
      ([what, answer, vary]): [string, (response: ServerResponse, head: MergedHead) => void, OutgoingHttpHeaders] => [
        `a header that it amends in ${what}`,
        (response, head) => {
          head.amend('Vary', (value) => (value === undefined ? 'Origin' : `${String(value)}, Origin`));
          answer(response);
        },
        { ...OURS, vary },
      ],
    ),
    [
      'a header that frames the answer',
      (response, head) => {
        head.set('Connection', 'close');
        response.end();
      },
      { ...OURS, connection: 'close' },
    ],
    [
      'a head that somebody else looks at',
      (response) => {
        const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
        response.writeHead = (...args: unknown[]) => writeHead(...args);
        response.end();
      },
      OURS,
    ],
    [
      'a header of ours that the block has, too',
      (response, head) => {
        head.set('X-Frame-Options', 'DENY');
        response.end();
      },
      { ...OURS, 'x-frame-options': 'DENY' },
    ],
  ])('adds what is missing to %s', async (_, answer, expected) => {
    expect(await headersOf(answer)).toMatchObject(expected);
  });

  it('shows all headers to whoever replaced writeHead before', async () => {
    let seen: unknown;
    const server = http.createServer((_, response) => {
      const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
      response.writeHead = (...args: unknown[]) => {
        seen = args[1];
        return writeHead(...args);
      };
      new MergedHead(response).setBlock(BLOCK);
      response.writeHead(200, { 'X-App': 'yes' }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await fetch(`http://127.0.0.1:${port}`);
    server.close();
    expect(seen).toEqual({ 'X-App': 'yes', ...Object.fromEntries(BLOCK.fields) });
  });

  it.each([
    ['a name', 'X Frame', 'DENY'],
    ['a value', 'X-Frame', 'DE\r\nNY'],
  ])('refuses %s that no header can have', (_, name, value) => {
    const head = new MergedHead(new http.ServerResponse(new http.IncomingMessage(new Socket())));
    expect(() => head.set(name, value)).toThrow(/valid HTTP token|Invalid character/);
  });

  it('adds nothing to an object of the application', async () => {
    const mine = { 'X-App': 'yes' };
    await headersOf((response) => response.writeHead(200, mine).end());
    expect(mine).toEqual({ 'X-App': 'yes' });
  });
});
