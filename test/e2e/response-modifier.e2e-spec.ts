import { Readable } from 'node:stream';
import {
  type ArgumentsHost,
  BadRequestException,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Header,
  HttpCode,
  type HttpException,
  Inject,
  type INestApplication,
  type MessageEvent,
  Post,
  Redirect,
  Res,
  Sse,
  StreamableFile,
  UseFilters,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { of } from 'rxjs';
import { CustomValidation, type GuardConfigInput, GuardControl, type GuardedResponse } from 'nestapi-guard';
import { type Answer, PLATFORMS, type RunningApp, startApp } from '../support/platforms';

const SHARED = Object.freeze({ shared: true });

/** Answers with nothing but a status, as filters of applications do. */
@Catch()
class NullFilter implements ExceptionFilter {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  catch(error: HttpException, host: ArgumentsHost) {
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), null, error.getStatus());
  }
}

@Controller()
class ThingsController {
  @Get('object')
  object() {
    return { name: 'Tom', at: new Date(0) };
  }

  @Get('list')
  list() {
    return [1, 2];
  }

  @Get('shared')
  shared() {
    return SHARED;
  }

  @Get('text')
  text() {
    return 'plain';
  }

  @Get('typed')
  @Header('Content-Type', 'text/csv')
  typed() {
    return 'a;b';
  }

  @Get('response')
  response(@Res() response: { send(body: unknown): void }) {
    response.send({ by: 'response' });
  }

  @Post('created')
  created(@Body() body: unknown) {
    return body;
  }

  @Get('null')
  null() {
    return null;
  }

  @Get('null-response')
  nullResponse(@Res() response: { send(body: unknown): void }) {
    response.send(null);
  }

  @Get('null-error')
  @UseFilters(NullFilter)
  nullError() {
    throw new BadRequestException();
  }

  @Get('nothing-said')
  nothingSaid() {
    return;
  }

  @Get('blank')
  blank() {
    return '';
  }

  @Get('date')
  date() {
    return new Date(0);
  }

  @Get('gone')
  @HttpCode(204)
  gone() {
    return { id: 1 };
  }

  @Get('error')
  error() {
    throw new BadRequestException('no');
  }

  @Get('crash')
  crash() {
    throw new Error('secret detail');
  }

  @Get('refused')
  @CustomValidation(() => false)
  refused() {
    return 'never';
  }

  @Get('stream')
  stream() {
    return new StreamableFile(Readable.from(['stre', 'am']));
  }

  @Get('buffer')
  buffer(@Res() response: { send(body: unknown): void }) {
    response.send(Buffer.from('bytes'));
  }

  @Get('buffer-body')
  bufferBody() {
    return Buffer.from('b');
  }

  @Sse('events')
  events() {
    return of<MessageEvent>({ data: 'tick' });
  }

  @Get('empty')
  @HttpCode(204)
  empty() {
    return;
  }

  @Get('moved')
  @Redirect('/object', 302)
  moved() {
    return;
  }
}

type Modifier = (response: GuardedResponse) => unknown;

const mark: Modifier = (response) => {
  response.headers['x-marked'] = 'yes';
};
const wrap: Modifier = (response) => {
  response.headers['x-type'] = response.headers['content-type'];
  response.body = { status: response.status, was: response.body };
};

const WRAPPED: [what: string, path: string, status: number, was: unknown][] = [
  ['an object', '/object', 200, { name: 'Tom', at: '1970-01-01T00:00:00.000Z' }],
  ['a list', '/list', 200, [1, 2]],
  ['a text', '/text', 200, 'plain'],
  ['a text of another type', '/typed', 200, 'a;b'],
  ['what a handler sends by itself', '/response', 200, { by: 'response' }],
  ['null', '/null', 200, null],
  ['null that a handler sends by itself', '/null-response', 200, null],
  ['null of a filter', '/null-error', 400, null],
  ['an empty text', '/blank', 200, ''],
  ['what becomes a text of JSON', '/date', 200, '1970-01-01T00:00:00.000Z'],
  ['an exception', '/error', 400, { statusCode: 400, message: 'no', error: 'Bad Request' }],
  ['a crash', '/crash', 500, { statusCode: 500, message: 'Internal server error' }],
  ['a refusal by a guard', '/refused', 403, expect.objectContaining({ code: 'GUARD_CUSTOM_VALIDATION' })],
  ['a 404', '/nothing', 404, expect.objectContaining({ statusCode: 404 })],
];

const UNTOUCHED: [what: string, path: string, text: string][] = [
  ['a stream', '/stream', 'stream'],
  ['a buffer', '/buffer', 'bytes'],
  ['server-sent events', '/events', '\nid: 1\ndata: tick\n\n'],
  ['an answer without a body', '/empty', ''],
  ['a handler that returns nothing', '/nothing-said', ''],
];

describe.each(PLATFORMS)('customResponseModifier on %s', (platform) => {
  let app: RunningApp;

  async function start(customResponseModifier: Modifier | undefined, config: GuardConfigInput = {}, logger?: object) {
    app = await startApp(platform, {
      controllers: [ThingsController],
      config: { enableRateLimiting: false, trustedProxies: ['loopback'], ...config, customResponseModifier },
      configure: (nest: INestApplication) => logger && nest.useLogger(logger as never),
    });
  }
  afterEach(() => app.close());

  it('sees and changes everything that is a text or becomes JSON', async () => {
    await start(wrap, { blacklist: ['203.0.113.9'] });
    for (const [what, path, status, was] of WRAPPED) {
      const answer = await app.get(path);
      expect([what, answer.status, answer.json()]).toEqual([what, status, { status, was }]);
      expect([what, answer.headers['content-type']]).toEqual([what, 'application/json; charset=utf-8']);
      expect(Number(answer.headers['content-length'])).toBe(Buffer.byteLength(answer.text));
    }
    const refused = await app.get('/object', { from: '203.0.113.9' });
    expect(refused.json()).toMatchObject({ status: 403, was: { code: 'GUARD_IP' } });
    const malformed = await app.post('/created', '{', { headers: { 'content-type': 'application/json' } });
    expect(malformed.json()).toMatchObject({ status: 400, was: { statusCode: 400 } });
    expect((await app.send('/object', { method: 'HEAD' })).headers['x-type']).toMatch(/^application\/json/);
    expect((await app.get('/typed')).headers['x-type']).toMatch(/^text\/csv/);
  });

  it('leaves streams, buffers, events and empty answers alone', async () => {
    await start(wrap);
    for (const [what, path, text] of UNTOUCHED) {
      const answer = await app.get(path);
      expect([what, answer.text, answer.headers['x-type']]).toEqual([what, text, undefined]);
    }
    expect((await app.get('/moved')).status).toBe(302);
  });

  it.each([
    '/null',
    '/null-response',
    '/null-error',
    '/blank',
    '/date',
    '/buffer-body',
    '/gone',
    '/object',
    '/list',
    '/typed',
  ])('changes nothing of %s by looking at it', async (path) => {
    await start(undefined);
    const plain = await Promise.all([app.get(path), app.send(path, { method: 'HEAD' })]);
    await app.close();
    await start((response) => void response.body);
    const seen = await Promise.all([app.get(path), app.send(path, { method: 'HEAD' })]);
    const said = ({ status, headers, text }: Answer) => ({ status, headers: { ...headers, date: '' }, text });
    expect(seen.map(said)).toEqual(plain.map(said));
  });

  it('sees what HEAD and a status without a body keep back', async () => {
    const seen: unknown[] = [];
    await start((response) => void seen.push(response.body));
    await app.send('/null', { method: 'HEAD' });
    expect((await app.get('/gone')).text).toBe('');
    expect(seen).toEqual([null, { id: 1 }]);
  });

  it('leaves a buffer alone that a handler returns', async () => {
    await start(wrap);
    const answer = await app.get('/buffer-body');
    expect(answer.headers['x-type']).toBeUndefined();
    // Nest has Express make JSON of it.
    expect(answer.text).toBe(platform === 'express' ? '{"type":"Buffer","data":[98]}' : 'b');
  });

  it.each<[what: string, modifier: Modifier]>([
    ['nothing', (response) => void (response.body = undefined)],
    ['an empty text', (response) => void (response.body = '')],
  ])('takes the body away by setting %s', async (_, modifier) => {
    await start(modifier);
    for (const path of ['/object', '/text', '/null']) {
      const { text, headers } = await app.get(path);
      expect([path, text, headers['content-length']]).toEqual([path, '', '0']);
    }
  });

  const CHANGES: [string, Modifier, string, (answer: Answer) => unknown, unknown][] = [
    ['adds a header', mark, '/object', ({ headers }) => headers['x-marked'], 'yes'],
    [
      'replaces a header',
      (r) => void (r.headers['X-Frame-Options'] = 'DENY'),
      '/object',
      (a) => a.headers['x-frame-options'],
      'DENY',
    ],
    [
      'removes a header',
      (r) => delete r.headers['x-frame-options'],
      '/object',
      (a) => a.headers['x-frame-options'],
      undefined,
    ],
    [
      'sets cookies',
      (r) => void (r.headers['set-cookie'] = ['a=1', 'b=2']),
      '/text',
      (a) => a.headers['set-cookie'],
      ['a=1', 'b=2'],
    ],
    [
      'leaves the framing of the answer to the framework',
      (r) => Object.assign(r.headers, { 'transfer-encoding': 'chunked', 'content-length': '3' }),
      '/text',
      (a) => a.text,
      'plain',
    ],
    ['changes the status', (r) => void (r.status = 202), '/object', (a) => a.status, 202],
    [
      'changes a body in place',
      (r) => void ((r.body as { name: string }).name = 'Ann'),
      '/object',
      (a) => a.json().name,
      'Ann',
    ],
    [
      'makes a text of an object',
      (r) => void (r.body = 'text'),
      '/object',
      (a) => [a.text, a.headers['content-type']],
      ['text', 'text/plain; charset=utf-8'],
    ],
    ['knows the request', (r) => void (r.body = r.request?.path), '/text', (a) => a.text, '/text'],
    ['returns the response', (r) => (mark(r), r), '/object', (a) => a.headers['x-marked'], 'yes'],
    [
      'returns a replacement',
      () => ({ status: 203, headers: { 'x-marked': 'new' }, body: { new: true } }),
      '/object',
      (a) => [a.status, a.headers['x-marked'], a.json()],
      [203, 'new', { new: true }],
    ],
  ];
  it.each(CHANGES)('%s', async (_, modifier, path, read, expected) => {
    await start(modifier);
    expect(read(await app.get(path))).toEqual(expected);
  });

  it('changes a copy: neither frozen bodies nor objects of handlers', async () => {
    await start(
      (response) => {
        const body = response.body as { seen?: number };
        body.seen = (body.seen ?? 0) + 1;
      },
      { customErrorResponses: { 403: { no: true } } },
    );
    for (let time = 0; time < 2; time++) {
      expect((await app.get('/shared')).json()).toEqual({ shared: true, seen: 1 });
      expect((await app.get('/refused')).json()).toEqual({ no: true, seen: 1 });
    }
  });

  const FAILURES: [string, Modifier][] = [
    [
      'throws',
      (response) => {
        mark(response);
        (response.body as { name: string }).name = 'half';
        throw new Error('broken');
      },
    ],
    ['returns a promise', (response) => Promise.reject(new Error(String(response.status)))],
    ['sets a header that cannot be sent', (response) => void (response.headers['x-bad'] = 'a\r\nb: c')],
    ['sets a name that cannot be sent', (response) => void (response.headers['x bad'] = '1')],
    [
      'sets a status that is none',
      (response) => {
        mark(response);
        response.status = 42;
      },
    ],
    ['sets a stream', (response) => void (response.body = Readable.from(['x']))],
    ['sets what is no JSON', (response) => void (response.body = { big: 1n })],
  ];
  it.each(FAILURES)('sends the original answer when the modifier %s, and logs it', async (_, modifier) => {
    const lines: string[] = [];
    await start(modifier, {}, { log() {}, warn() {}, error: (line: string) => lines.push(line) });
    const answer = await app.get('/object');
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ name: 'Tom', at: '1970-01-01T00:00:00.000Z' });
    expect(answer.headers['x-marked']).toBeUndefined();
    expect(lines).toEqual([
      expect.stringMatching(/^response_modifier_failed error=.* path=\/object route="GET \/object"/),
    ]);
  });

  it('costs nothing and changes nothing without one, and cannot come later', async () => {
    await start(undefined);
    const control = app.app.get(GuardControl);
    await expect(control.updateConfig({ customResponseModifier: mark })).rejects.toThrow(
      /customResponseModifier.*restart/,
    );
    expect((await app.get('/object')).headers['x-marked']).toBeUndefined();
  });

  it('can be exchanged and taken away while the application runs', async () => {
    await start(mark);
    const control = app.app.get(GuardControl);
    await control.updateConfig({ customResponseModifier: wrap });
    expect((await app.get('/text')).json()).toEqual({ status: 200, was: 'plain' });
    await control.updateConfig({ customResponseModifier: undefined });
    expect((await app.get('/text')).text).toBe('plain');
  });

  it('rejects an asynchronous one at the start', async () => {
    await start(mark);
    await expect(startApp(platform, { config: { customResponseModifier: async () => undefined } })).rejects.toThrow(
      /customResponseModifier: .* use a synchronous function/,
    );
  });
});
