import { All, Body, Controller, Get, Post } from '@nestjs/common';
import { ContentTypeFilter, type GuardConfigInput, MaxRequestSize, RequireIp } from 'nestapi-guard';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { answersOf, exchange, open, type RawAnswer } from '../support/raw-http';

let calls: string[] = [];

@Controller()
class EdgeController {
  @Get('open')
  open() {
    calls.push('open');
    return 'open';
  }

  @Post('open')
  create(@Body() body: unknown) {
    calls.push('create');
    return body;
  }

  @Post('small')
  @MaxRequestSize(10)
  @ContentTypeFilter(['application/json'])
  small(@Body() body: unknown) {
    return body;
  }

  @Get('items/:id')
  item() {
    return 'item';
  }

  @All('inside')
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  inside() {
    calls.push('inside');
    return 'inside';
  }
}

const CONFIG: GuardConfigInput = {
  trustedProxies: ['loopback'],
  blacklist: ['203.0.113.0/24'],
  enableRateLimiting: false,
  enablePenetrationDetection: false,
};
const REFUSED = 'X-Forwarded-For: 203.0.113.9';
const OUTSIDER = 'X-Forwarded-For: 192.0.2.1';
const INSIDER = 'X-Forwarded-For: 10.0.0.1';

describe.each(PLATFORMS)('the edge of HTTP on %s', (platform) => {
  let app: RunningApp;
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown) => rejections.push(reason);

  beforeAll(async () => {
    process.on('unhandledRejection', onRejection);
    app = await startApp(platform, { controllers: [EdgeController], config: CONFIG });
  });
  beforeEach(() => {
    calls = [];
  });
  afterAll(async () => {
    await app.close();
    process.off('unhandledRejection', onRejection);
    expect(rejections).toEqual([]);
  });

  async function ask(...lines: string[]): Promise<RawAnswer> {
    const [answer] = answersOf(await exchange(app.port, ...lines));
    if (answer === undefined) throw new Error('no answer');
    return answer;
  }
  const isOurs = ({ headers }: RawAnswer) => headers['x-content-type-options'] === 'nosniff';

  describe('an odd request', () => {
    // What Node's own parser refuses (400, no headers) never reaches any framework.
    it.each<[string, string[], number]>([
      ['a Host with a space', ['GET /open HTTP/1.1', 'Host: a b'], 200],
      ['a Host with markup', ['GET /open HTTP/1.1', 'Host: <script>'], 200],
      ['a Host with an impossible port', ['GET /open HTTP/1.1', 'Host: a:99999'], 200],
      ['an empty Host', ['GET /open HTTP/1.1', 'Host:'], 200],
      ['no Host in HTTP/1.0', ['GET /open HTTP/1.0'], 200],
      ['no Host in HTTP/1.1', ['GET /open HTTP/1.1'], 400],
      ['an absolute target', ['GET http://elsewhere.test/open HTTP/1.1', 'Host: x'], 200],
      ['an X-Forwarded-For of commas', ['GET /open HTTP/1.1', 'Host: x', 'X-Forwarded-For: ,,, ,'], 200],
      ['an X-Forwarded-For of junk', ['GET /open HTTP/1.1', 'Host: x', 'X-Forwarded-For: %%%, [::1, <>, 1.2.3'], 200],
      ['an X-Forwarded-For of 8 KB', ['GET /open HTTP/1.1', 'Host: x', `X-Forwarded-For: ${'1,'.repeat(4000)}`], 200],
      ['an unfinished Forwarded', ['GET /open HTTP/1.1', 'Host: x', 'Forwarded: for="[2001:db8::1'], 200],
      ['a Forwarded of separators', ['GET /open HTTP/1.1', 'Host: x', 'Forwarded: ;=;,;for=;=,"'], 200],
      ['a broken escape', ['GET /items/%zz HTTP/1.1', 'Host: x'], 400],
      ['an unfinished escape', ['GET /items/% HTTP/1.1', 'Host: x'], 400],
      ['overlong UTF-8', ['GET /items/%c0%af HTTP/1.1', 'Host: x'], 400],
      ['a NUL in the path', ['GET /open%00 HTTP/1.1', 'Host: x'], 404],
      ['dot segments', ['GET /x/../open HTTP/1.1', 'Host: x'], 404],
      ['a target of slashes', ['GET //////// HTTP/1.1', 'Host: x'], 404],
      ['OPTIONS *', ['OPTIONS * HTTP/1.1', 'Host: x'], 404],
      ['TRACE', ['TRACE /open HTTP/1.1', 'Host: x'], 404],
      ['a method nobody routes', ['PROPFIND /open HTTP/1.1', 'Host: x'], 404],
      [
        'broken JSON',
        ['POST /open HTTP/1.1', 'Host: x', 'Content-Type: application/json', 'Content-Length: 1', '', '{'],
        400,
      ],
      ['an expectation nobody has heard of', ['GET /open HTTP/1.1', 'Host: x', 'Expect: miracles'], 417],
      ['a broken query', ['GET /open?a=%zz&[[[=%&=&&& HTTP/1.1', 'Host: x'], 200],
    ])('with %s gets a clear answer', async (name, lines, status) => {
      const answer = await ask(...lines);
      // Express answers OPTIONS for whatever path some route of any method matches, even "*".
      const acceptable = name === 'OPTIONS *' ? [200, 404] : [status];
      expect(acceptable).toContain(answer.status);
      if (name !== 'no Host in HTTP/1.1') expect(isOurs(answer)).toBe(true);
    });

    it.each([
      ['an undecodable path', ['GET /%zz HTTP/1.1', 'Host: x']],
      ['OPTIONS *', ['OPTIONS * HTTP/1.1', 'Host: x']],
      ['an absolute target', ['GET http://elsewhere.test/open HTTP/1.1', 'Host: x']],
      ['HTTP/1.0', ['GET /open HTTP/1.0']],
      ['HEAD', ['HEAD /open HTTP/1.1', 'Host: x']],
      ['TRACE', ['TRACE /open HTTP/1.1', 'Host: x']],
      ['an unknown expectation', ['GET /open HTTP/1.1', 'Host: x', 'Expect: miracles']],
      [
        'a preflight',
        ['OPTIONS /open HTTP/1.1', 'Host: x', 'Origin: https://a.test', 'Access-Control-Request-Method: GET'],
      ],
      ['broken JSON', ['POST /open HTTP/1.1', 'Host: x', 'Content-Type: application/json', 'Content-Length: 1']],
    ])('with %s is refused to a blacklisted client', async (_, lines) => {
      const answer = await ask(...lines, REFUSED);
      expect(answer.status).toBe(403);
      expect(isOurs(answer)).toBe(true);
      expect(calls).toEqual([]);
    });
  });

  it('answers HEAD as it answers GET, without a body', async () => {
    const head = await ask('HEAD /open HTTP/1.1', 'Host: x');
    const got = await ask('GET /open HTTP/1.1', 'Host: x');
    expect({ ...head.headers, date: '' }).toEqual({ ...got.headers, date: '' });
    expect(await exchange(app.port, 'HEAD /open HTTP/1.1', 'Host: x')).toMatch(/\r\n\r\n$/);
    expect((await ask('HEAD /inside HTTP/1.1', 'Host: x', OUTSIDER)).status).toBe(403);
  });

  describe('header lines', () => {
    const filler = (count: number) => Array.from({ length: count }, (_, index) => `a${index}:`);

    it.each([
      ['200 are served', 200, 200],
      ['201 are refused', 201, 431],
      ['1,100 are refused, of which some versions of Node keep about 1,000', 1100, 431],
    ])('%s', async (_, lines, status) => {
      // The address that the proxy in front appended stands last.
      const answer = await ask('GET /open HTTP/1.1', 'Host: x', ...filler(lines - 2), OUTSIDER);
      expect(answer.status).toBe(status);
      // Beyond 1,000 lines some versions of Node refuse the message themselves, before there is a request.
      if (lines <= 1000) expect(isOurs(answer)).toBe(true);
    });

    it('are no way around the address of the client', async () => {
      const flood = await ask('GET /inside HTTP/1.1', 'Host: x', INSIDER, ...filler(1100), OUTSIDER);
      expect(flood.status).toBe(431);
      expect(calls).toEqual([]);
    });
  });

  describe('one connection', () => {
    it('serves every pipelined request as the client that sent it', async () => {
      const get = (path: string, from: string) => [`GET ${path} HTTP/1.1`, 'Host: x', from, ''];
      const stream = await exchange(
        app.port,
        ...get('/inside', INSIDER),
        ...get('/inside', OUTSIDER),
        ...get('/open', REFUSED),
        ...get('/inside', INSIDER),
        ...get('/open', OUTSIDER).slice(0, -1),
      );
      expect(answersOf(stream).map(({ status }) => status)).toEqual([200, 403, 403, 200, 200]);
      expect(calls).toEqual(['inside', 'inside', 'open']);
    });

    it('is not refused for ever when one of its requests was', async () => {
      const socket = open(app.port);
      const statuses: number[] = [];
      for (const from of [OUTSIDER, REFUSED, OUTSIDER, REFUSED]) {
        const answer = new Promise<string>((resolve) =>
          socket.once('data', (chunk: Buffer) => resolve(chunk.toString())),
        );
        socket.write(`GET /open HTTP/1.1\r\nHost: x\r\n${from}\r\n\r\n`);
        statuses.push(answersOf(await answer)[0]!.status);
      }
      socket.destroy();
      expect(statuses).toEqual([200, 403, 200, 403]);
    });
  });

  describe('Expect: 100-continue', () => {
    const upload = (from: string, path = '/open', type = 'application/json', length = 2) => [
      `POST ${path} HTTP/1.1`,
      'Host: x',
      from,
      'Expect: 100-continue',
      `Content-Type: ${type}`,
      `Content-Length: ${length}`,
    ];

    it('invites the body of an admitted client', async () => {
      const answers = answersOf(await exchange(app.port, ...upload(OUTSIDER), '', '{}'));
      expect(answers.map(({ status }) => status)).toEqual([100, 201]);
    });

    it.each([
      ['a refused client', upload(REFUSED), 403],
      ['a body that its route finds too long', upload(OUTSIDER, '/small', 'application/json', 11), 413],
      ['a body of a type that its route does not take', upload(OUTSIDER, '/small', 'text/plain'), 415],
    ])('is no invitation for %s', async (_, lines, status) => {
      const socket = open(app.port);
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      // The server says goodbye first: whatever came next might pass for the body that was never sent.
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(lines.join('\r\n') + '\r\n\r\n');
      await closed;
      const [answer, ...more] = answersOf(Buffer.concat(chunks).toString());
      expect(answer).toMatchObject({ status, headers: { connection: 'close' } });
      expect(more).toEqual([]);
    });

    it.each(['/small', '/nowhere'])('invites the body for %s', async (path) => {
      const answers = answersOf(await exchange(app.port, ...upload(OUTSIDER, path), '', '{}'));
      expect(answers.map(({ status }) => status)).toEqual([100, path === '/small' ? 201 : 404]);
    });
  });

  it.each([
    ['/ADMIN'],
    ['/INSIDE'],
    ['//inside'],
    ['/inside/'],
    ['/inside//'],
    ['/%69nside'],
    ['/%2finside'],
    ['/./inside'],
    ['/x/../inside'],
    ['/inside;a=1'],
    ['/inside?'],
    ['/inside#x'],
    ['/inside%20'],
    ['/inside%00'],
    ['/inside%2f'],
    ['\\inside'],
    ['/insid%65'],
    ['http://x/inside'],
    ['http://x//inside'],
  ])('the spelling %s leads no outsider to the handler', async (target) => {
    const get = await ask(`GET ${target} HTTP/1.1`, 'Host: x', OUTSIDER);
    expect([400, 403, 404]).toContain(get.status);
    for (const method of ['HEAD', 'POST', 'OPTIONS', 'DELETE']) {
      expect([400, 403, 404]).toContain((await ask(`${method} ${target} HTTP/1.1`, 'Host: x', OUTSIDER)).status);
    }
    expect(calls).toEqual([]);
  });
});
