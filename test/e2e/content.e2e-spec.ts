import { randomBytes } from 'node:crypto';
import http from 'node:http';
import http2 from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import multipart from '@fastify/multipart';
import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  Inject,
  type INestApplication,
  Param,
  Post,
  Put,
  Query,
  Req,
  UploadedFile,
  UseInterceptors,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { FileInterceptor, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  ContentTypeFilter,
  GuardConfigError,
  GuardEvents,
  GuardException,
  GuardModule,
  HoneypotDetection,
  MaxRequestSize,
} from 'nestapi-guard';
import { type Answer, PLATFORMS, type Platform, type RunningApp, startApp } from '../support/platforms';
import { answersOf } from '../support/raw-http';

let handled = 0;

@Controller()
class BodiesController {
  @Post('small')
  @MaxRequestSize(100)
  small(@Body() body: unknown) {
    handled++;
    return { body };
  }

  @Put('items/:id')
  @MaxRequestSize(100)
  item(@Param('id') id: string) {
    handled++;
    return { id };
  }

  @Post('none')
  @MaxRequestSize(0)
  none() {
    return 'ok';
  }

  @Post('any/:anything')
  anything(@Body() body: object) {
    return { keys: Object.keys(body).length };
  }

  @Post('any/small')
  @MaxRequestSize(100)
  anySmall() {
    return 'never reached on Express, where the route above comes first';
  }

  @Post('raw')
  @MaxRequestSize(100_000)
  async raw(@Req() request: http.IncomingMessage & { raw?: http.IncomingMessage }) {
    const bytes = await buffer(request.raw ?? request);
    handled++;
    return { bytes: bytes.length };
  }

  @Post('types')
  @ContentTypeFilter(['application/JSON', 'image/*', 'application/vnd.api+json'])
  types() {
    handled++;
    return 'typed';
  }

  @Post('trap')
  @HoneypotDetection(['website', 'fax number'])
  trap(@Body() _body: unknown, @Query() _query: unknown) {
    handled++;
    return 'human';
  }
}

@Controller()
class UploadController {
  @Post('upload')
  @HoneypotDetection(['website'])
  @MaxRequestSize(200_000)
  @UseInterceptors(FileInterceptor('file'))
  upload(@UploadedFile() file: { size: number } | undefined, @Body() fields: unknown) {
    handled++;
    return { size: file?.size, fields };
  }
}

interface MultipartRequest {
  parts(): AsyncIterable<{ toBuffer?: () => Promise<Buffer>; fieldname: string; value?: unknown }>;
}

@Controller()
class PartsController {
  @Post('upload')
  @HoneypotDetection(['website'])
  @MaxRequestSize(200_000)
  async upload(@Req() request: MultipartRequest) {
    const fields: Record<string, unknown> = {};
    for await (const part of request.parts()) {
      fields[part.fieldname] = part.toBuffer === undefined ? part.value : (await part.toBuffer()).length;
    }
    handled++;
    return { fields };
  }
}

function start(platform: Platform, config = {}) {
  return startApp(platform, {
    controllers: [BodiesController, platform === 'express' ? UploadController : PartsController],
    config: { enablePenetrationDetection: false, ...config },
    configure: (app) => {
      acceptText(app, platform);
    },
  });
}

function acceptText(app: INestApplication, platform: Platform) {
  const instance = app.getHttpAdapter().getInstance();
  if (platform === 'express') return;
  instance.register(multipart);
  for (const type of ['text/plain', 'application/octet-stream', 'application/vnd.api+json', 'image/png']) {
    if (instance.hasContentTypeParser(type)) instance.removeContentTypeParser(type);
    instance.addContentTypeParser(type, (_request: unknown, _payload: unknown, done: (error: null) => void) =>
      done(null),
    );
  }
}

/** Sends a body in chunks, without a length, and only as much of it as the server reads. */
function sendChunked(app: RunningApp, path: string, chunk: string | Buffer, times: number, headers = {}) {
  return new Promise<Answer & { sent: number; closed: boolean }>((resolve, reject) => {
    let sent = 0;
    const request = http.request({
      host: '127.0.0.1',
      port: app.port,
      path,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked', ...headers },
    });
    const write = (): void => {
      while (sent < times && !request.destroyed) {
        sent++;
        if (!request.write(chunk)) return void request.once('drain', write);
      }
      if (!request.destroyed) request.end();
    };
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (data: Buffer) => chunks.push(data));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const { statusCode: status = 0, headers } = response;
        const closed = headers.connection === 'close';
        request.destroy();
        resolve({ status, headers, text, json: () => JSON.parse(text), sent, closed });
      });
    });
    write();
  });
}

/** Announces a large body, sends a little of it, and waits for the connection to be closed. */
function announce(app: RunningApp, head: readonly string[]): Promise<{ text: string; milliseconds: number }> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const socket = connect(app.port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (data: string) => (text += data));
    socket.on('error', reject);
    socket.on('close', () => resolve({ text, milliseconds: performance.now() - started }));
    socket.write([...head, '', '{"a":"'].join('\r\n'));
  });
}

function form(...fields: [name: string, value: string, filename?: string][]) {
  const parts = fields.map(([name, value, filename]) => {
    const file = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: text/plain`;
    return `--frontier\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${value}\r\n`;
  });
  return {
    body: `${parts.join('')}--frontier--\r\n`,
    headers: { 'content-type': 'multipart/form-data; boundary=frontier' },
  };
}

describe.each(PLATFORMS)('content on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await start(platform);
  });
  afterAll(() => app.close());
  beforeEach(() => {
    handled = 0;
  });

  describe('@MaxRequestSize', () => {
    it.each([
      ['at the limit', 'POST', '/small', 100, 201],
      ['a byte above', 'POST', '/small', 101, 413],
      ['far above what the parser takes', 'POST', '/small', 3_000_000, 413],
      ['on a route with a parameter', 'PUT', '/items/7', 100, 200],
      ['a byte above on a route with a parameter', 'PUT', '/items/7', 101, 413],
      ['any at all', 'POST', '/none', 9, 413],
      ['large on a route without a rule', 'POST', '/any/thing', 5000, 201],
    ])('judges a declared length %s', async (_, method, path, bytes, status) => {
      const body = `{"a":"${'x'.repeat(bytes - 8)}"}`;
      const answer = await app.send(path, { method, body, headers: { 'content-type': 'application/json' } });
      expect(answer.status).toBe(status);
      if (status !== 413) return;
      expect(handled).toBe(0);
      expect(answer.headers.connection).toBe('close');
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.json()).toEqual({
        statusCode: 413,
        message: 'Payload too large',
        error: 'Payload Too Large',
        code: 'GUARD_REQUEST_SIZE',
      });
    });

    it('lets a request without a body pass', async () => {
      expect((await app.send('/none', { method: 'POST' })).status).toBe(201);
    });

    it.each(['/small', '/raw'])('answers before the body of %s arrives, and closes the connection', async (path) => {
      const type = path === '/raw' ? 'application/octet-stream' : 'application/json';
      const { text, milliseconds } = await announce(app, [
        `POST ${path} HTTP/1.1`,
        'Host: localhost',
        `Content-Type: ${type}`,
        'Content-Length: 50000000',
      ]);
      const [answer] = answersOf(text);
      expect(answer!.status).toBe(413);
      expect(answer!.headers.connection).toBe('close');
      expect(milliseconds).toBeLessThan(3000);
    });

    it('answers a client that waits for permission to send', async () => {
      const { text } = await announce(app, [
        'POST /small HTTP/1.1',
        'Host: localhost',
        'Expect: 100-continue',
        'Content-Type: application/json',
        'Content-Length: 50000000',
      ]);
      expect(answersOf(text).map(({ status }) => status)).toContain(413);
    });

    it.each([
      ['the route', '/small', {}],
      ['the route, compressed', '/small', { 'content-encoding': 'gzip' }],
    ])('counts the bytes of a chunked body: %s', async (_, path, headers) => {
      if (platform === 'fastify' && 'content-encoding' in headers) return;
      const chunk = 'content-encoding' in headers ? gzipSync(randomBytes(50_000)) : 'x'.repeat(1000);
      const answer = await sendChunked(app, path, chunk, 5000, headers);
      expect(answer.status).toBe(413);
      expect(answer.json().code).toBe('GUARD_REQUEST_SIZE');
      expect(answer.closed).toBe(true);
      expect(answer.sent).toBeLessThan(5000);
      expect(handled).toBe(0);
    });

    it('accepts a chunked body within the limit', async () => {
      const answer = await sendChunked(app, '/small', '[1]', 1);
      expect(answer.status).toBe(201);
      expect(answer.json()).toEqual({ body: [1] });
    });

    it('counts what a handler reads by itself', async () => {
      const headers = { 'content-type': 'application/octet-stream' };
      expect((await sendChunked(app, '/raw', 'x'.repeat(1000), 100, headers)).json()).toEqual({ bytes: 100_000 });
      const answer = await sendChunked(app, '/raw', 'x'.repeat(1000), 5000, headers);
      expect(answer.status).toBe(413);
      expect(answer.closed).toBe(true);
    });

    it('counts what a body is decompressed to', async () => {
      if (platform === 'fastify') return;
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
      const small = gzipSync(JSON.stringify({ a: 'x'.repeat(50) }));
      expect((await app.post('/small', small, { headers })).status).toBe(201);
      handled = 0;
      const bomb = gzipSync(JSON.stringify({ a: 'x'.repeat(5000) }));
      expect(bomb.length).toBeLessThan(100);
      const answer = await app.post('/small', bomb, { headers });
      expect(answer.status).toBe(413);
      expect(answer.json().code).toBe('GUARD_REQUEST_SIZE');
      expect(handled).toBe(0);
    });

    it('applies the rule of the route that is called, when several match', async () => {
      const body = { a: 'x'.repeat(500) };
      const expected = platform === 'express' ? 201 : 413;
      expect((await app.post('/any/small', body)).status).toBe(expected);
    });

    it('serves the next request on another connection, and the same one when it was small', async () => {
      for (let round = 0; round < 3; round++) {
        expect((await app.post('/small', 'x'.repeat(1000))).status).toBe(413);
        expect((await app.post('/small', { fine: true })).status).toBe(201);
      }
    });

    it('refuses nothing in a dry run, and reports it once', async () => {
      const dry = await start(platform, { checkModes: { request_size: 'dry-run' } });
      try {
        const reasons: string[] = [];
        dry.app.get(GuardEvents).on('would_refuse', ({ reason }) => reasons.push(reason));
        expect((await dry.post('/small', { a: 'x'.repeat(200) })).status).toBe(201);
        expect((await sendChunked(dry, '/small', `"${'x'.repeat(200)}"`, 1)).status).not.toBe(413);
        expect(reasons).toEqual(['declared length', 'received length']);
      } finally {
        await dry.close();
      }
    });
  });

  describe('@ContentTypeFilter', () => {
    it.each([
      ['application/json', '{}', 201],
      ['APPLICATION/JSON; charset=utf-8', '{}', 201],
      ['application/json;charset="utf-8"', '{}', 201],
      ['application/vnd.api+json', '{}', 201],
      ['image/png', 'png', 201],
      ['image/*', 'png', 415],
      ['text/plain', '{}', 415],
      ['application/jsonp', '{}', 415],
      ['application/x-www-form-urlencoded', 'a=1', 415],
      ['application/json, text/plain', '{}', 415],
      ['application/json\ta', '{}', 415],
      ['application/json\t; charset=utf-8', '{}', 201],
      [', application/json', '{}', 415],
      ['application', '{}', 415],
      ['application/', '{}', 415],
      ['application/json; charset', '{}', 415],
      ['multipart/form-data; boundary=application/json', 'x', 415],
      ['', '{}', 415],
    ])('%j: %s is answered %i', async (type, body, status) => {
      const answer = await app.post('/types', body, { headers: { 'content-type': type } });
      expect(answer.status).toBe(status);
      expect(handled).toBe(status === 201 ? 1 : 0);
      if (status === 415) expect(answer.json().code).toBe('GUARD_CONTENT_TYPE');
    });

    it('refuses a body without a type, chunked or not', async () => {
      expect((await app.post('/types', 'x')).status).toBe(415);
      const head = ['POST /types HTTP/1.1', 'Host: x', 'Connection: close', 'Transfer-Encoding: chunked'];
      const { text } = await announce(app, [...head, '', '1', 'x', '0', '']);
      expect(answersOf(text)[0]!.status).toBe(415);
    });

    it('lets a request without a body pass', async () => {
      expect((await app.send('/types', { method: 'POST' })).status).toBe(201);
      expect((await app.send('/types', { method: 'POST', headers: { 'content-length': 0 } })).status).toBe(201);
    });

    it('decides before the body is parsed', async () => {
      const answer = await app.post('/types', '{broken', { headers: { 'content-type': 'text/json' } });
      expect(answer.status).toBe(415);
    });
  });

  describe('@HoneypotDetection', () => {
    const deep = (value: unknown) => {
      let body = value;
      for (let depth = 0; depth < 3000; depth++) body = depth % 2 === 0 ? [body] : { a: body };
      return JSON.stringify(body);
    };

    it.each([
      ['nothing', {}, 201],
      ['other fields', { site: 'x', websites: 'x' }, 201],
      ['an empty text', { website: '' }, 201],
      ['null', { website: null }, 201],
      ['empty containers', { website: [[], {}, '', { a: null }] }, 201],
      ['a text', { website: 'http://spam.example' }, 403],
      ['a blank', { website: ' ' }, 403],
      ['zero', { website: 0 }, 403],
      ['false', { website: false }, 403],
      ['a filled container', { website: [['', { a: 'x' }]] }, 403],
      ['a name with a blank', { 'fax number': '1' }, 403],
      ['a nested field', { contact: [{ website: 'x' }] }, 403],
      ['a bracketed field', { 'contact[website]': 'x' }, 403],
      ['a dotted field', { 'contact.website': 'x' }, 403],
    ])('JSON with %s: %s', async (_, body, status) => {
      const answer = await app.post('/trap', body);
      expect(answer.status).toBe(status);
      expect(handled).toBe(status === 201 ? 1 : 0);
      if (status === 403) expect(answer.json().code).toBe('GUARD_HONEYPOT');
    });

    it.each([
      ['an escaped name', '{"\\u0077ebsite":"x"}', 403],
      ['a name twice', '{"website":"","website":"x"}', 403],
      ['3000 levels', deep({ website: 'x' }), 403],
      ['3000 levels of nothing', deep({ website: '' }), 201],
    ])('JSON as text with %s', async (_, body, status) => {
      const answer = await app.post('/trap', body, { headers: { 'content-type': 'application/json' } });
      expect(answer.status).toBe(status);
    });

    it.each([
      ['website=', 201],
      ['name=x&website=x', 403],
      ['website=&website=x', 403],
      ['web%73ite=x', 403],
      ['fax+number=1', 403],
      ['contact%5Bwebsite%5D=x', 403],
      ['contact[0][website][]=x', 403],
      ['a[b][c][d][e][f][g][website]=x', 403],
      ['website[]=', 201],
    ])('urlencoded %s: %i', async (text, status) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      expect((await app.post('/trap', text, { headers })).status).toBe(status);
      expect((await app.post(`/trap?${text}`, {})).status).toBe(status);
    });

    it.each([
      [
        'an empty trap',
        [
          ['name', 'Ada'],
          ['website', ''],
        ],
        201,
      ],
      [
        'a filled trap',
        [
          ['name', 'Ada'],
          ['website', 'x'],
        ],
        403,
      ],
      [
        'a trap behind a file',
        [
          ['file', 'x'.repeat(100_000), 'a.txt'],
          ['website', 'x'],
        ],
        403,
      ],
      ['a bracketed trap', [['contact[website]', 'x']], 403],
      ['a file in a trap', [['website', 'x', 'a.txt']], 403],
      ['a file without a trap', [['file', 'x'.repeat(100_000), 'a.txt']], 201],
    ] as [string, [string, string, string?][], number][])('multipart with %s', async (_, fields, status) => {
      const { body, headers } = form(...fields);
      const answer = await app.post('/upload', body, { headers });
      expect(answer.status).toBe(status);
      expect(handled).toBe(status === 201 ? 1 : 0);
      if (status === 403) expect(answer.json().code).toBe('GUARD_HONEYPOT');
    });

    it('breaks an upload off that is larger than allowed', async () => {
      const { body, headers } = form(['file', 'x'.repeat(1000), 'a.txt']);
      const start = body.slice(0, -'\r\n--frontier--\r\n'.length);
      const answer = await sendChunked(app, '/upload', start, 1000, headers);
      expect(answer.status).toBe(413);
      expect(answer.sent).toBeLessThanOrEqual(1000);
      expect(handled).toBe(0);
    });
  });
});

abstract class BoxController {
  @Post('box')
  @MaxRequestSize(100)
  box() {
    return 'stored';
  }
}

@Controller({ path: 'boxes', version: '1' })
class FirstBoxController extends BoxController {}

@Controller({ path: 'boxes', version: '2' })
class SecondBoxController extends BoxController {
  @Post('box')
  @MaxRequestSize(5000)
  override box() {
    return 'stored';
  }
}

@Controller({ path: 'crates', version: VERSION_NEUTRAL })
class CratesController extends BoxController {}

describe.each(PLATFORMS)('@MaxRequestSize on %s', (platform) => {
  it.each([
    ['uri', { type: VersioningType.URI } as const, (version: string) => [`/api/v${version}/boxes/box`, {}] as const],
    [
      'header',
      { type: VersioningType.HEADER, header: 'x-version' } as const,
      (version: string) => ['/api/boxes/box', { 'x-version': version }] as const,
    ],
  ])('follows the version by %s, the prefix and the class', async (_, versioning, target) => {
    const app = await startApp(platform, {
      controllers: [FirstBoxController, SecondBoxController, CratesController],
      config: {},
      configure: (nest) => nest.setGlobalPrefix('api').enableVersioning(versioning),
    });
    try {
      const post = async (path: string, headers: object, bytes: number) =>
        (await app.post(path, { a: 'x'.repeat(bytes) }, { headers: { ...headers } })).status;
      for (const [version, most] of [
        ['1', 100],
        ['2', 5000],
      ] as const) {
        const [path, headers] = target(version);
        expect(await post(path, headers, most - 10)).toBe(201);
        expect(await post(path, headers, most)).toBe(413);
      }
      expect(await post('/api/crates/box', {}, 50)).toBe(201);
      expect(await post('/api/crates/box', {}, 500)).toBe(413);
    } finally {
      await app.close();
    }
  });
});

@Catch(GuardException)
class RefusalFilter implements ExceptionFilter<GuardException> {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  catch(exception: GuardException, host: ArgumentsHost) {
    const response: unknown = host.switchToHttp().getResponse();
    this.host.httpAdapter.reply(response, { refused: exception.code }, exception.getStatus());
  }
}

describe.each(PLATFORMS)('refused bodies on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, {
      controllers: [BodiesController],
      providers: [{ provide: APP_FILTER, useClass: RefusalFilter }],
      config: {},
    });
  });
  afterAll(() => app.close());

  it("are answered by the application's exception filters, before and while they are read", async () => {
    const refused = { refused: 'GUARD_REQUEST_SIZE' };
    expect((await app.post('/small', { a: 'x'.repeat(200) })).json()).toEqual(refused);
    expect((await sendChunked(app, '/small', 'x'.repeat(1000), 5000)).json()).toEqual(refused);
  });

  it('disturb nobody when their clients are gone', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const head =
      'POST /small HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const socket = connect(app.port, '127.0.0.1').on('error', () => undefined);
        socket.write(`${head}c8\r\n${'x'.repeat(200)}\r\n`);
        await new Promise((resolve) => setTimeout(resolve, index));
        socket.resetAndDestroy();
      }),
    );
    expect((await app.post('/small', [1])).json()).toEqual({ body: [1] });
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('are refused without a server, too', async () => {
    if (platform === 'express') return;
    const { inject } = app.app.getHttpAdapter().getInstance();
    const send = async (payload: unknown, headers = {}) =>
      (await inject({ method: 'POST', url: '/small', payload, headers })).statusCode;
    expect(await send({ a: 'x' })).toBe(201);
    expect(await send({ a: 'x'.repeat(200) })).toBe(413);
    const chunked = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    expect(await send(Readable.from(['"'.padEnd(90, 'x'), 'x'.repeat(200), '"']), chunked)).toBe(413);
  });
});

describe.each(PLATFORMS)('@HoneypotDetection on %s where the application decodes bodies by itself', (platform) => {
  const FORM = 'application/x-www-form-urlencoded';
  const TYPES = [FORM, 'application/json', 'application/vnd.api+json', 'text/plain'];

  function acceptUnparsed(app: INestApplication, parseAs: 'string' | 'buffer') {
    if (platform === 'express') {
      (app as NestExpressApplication).useBodyParser(parseAs === 'string' ? 'text' : 'raw', { type: TYPES });
      return;
    }
    const instance = (app as NestFastifyApplication).getHttpAdapter().getInstance();
    instance.removeAllContentTypeParsers();
    instance.addContentTypeParser(TYPES, { parseAs }, (_request, body, done) => done(null, body));
  }

  describe.each(['string', 'buffer'] as const)('a %s', (parseAs) => {
    let app: RunningApp;
    beforeAll(async () => {
      app = await startApp(platform, {
        controllers: [BodiesController],
        config: { enablePenetrationDetection: false },
        nest: { bodyParser: false },
        configure: (nest) => acceptUnparsed(nest, parseAs),
      });
    });
    afterAll(() => app.close());

    it.each([
      [FORM, 'name=x&website=', 201],
      [FORM, 'name=x&contact%5Bwebsite%5D=x', 403],
      ['application/json', '{"website":""}', 201],
      ['application/json', '{"contact":[{"website":"x"}]}', 403],
      ['application/vnd.api+json', '{"website":"x"}', 403],
      ['application/vnd.api+json', '{"website":', 201],
      ['text/plain', 'website=x', 201],
    ])('%s: %s is answered %i', async (type, body, status) => {
      expect((await app.post('/trap', body, { headers: { 'content-type': type } })).status).toBe(status);
    });
  });
});

describe('@HoneypotDetection where Fastify parses multipart bodies before the guards', () => {
  it.each([[true], ['keyValues' as const]])('attachFieldsToBody: %s', async (attachFieldsToBody) => {
    const app = await startApp('fastify', {
      controllers: [BodiesController],
      config: { enablePenetrationDetection: false },
      configure: (nest) => nest.getHttpAdapter().getInstance().register(multipart, { attachFieldsToBody }),
    });
    try {
      const post = (...fields: [string, string, string?][]) => {
        const { body, headers } = form(...fields);
        return app.post('/trap', body, { headers });
      };
      expect((await post(['name', 'x'], ['website', ''])).status).toBe(201);
      expect((await post(['name', 'x'], ['website', 'x'])).status).toBe(403);
      expect((await post(['website', ''], ['website', 'x'])).status).toBe(403);
      expect((await post(['website', 'x', 'a.txt'])).status).toBe(403);
    } finally {
      await app.close();
    }
  });
});

describe('@MaxRequestSize over HTTP/2 on Fastify', () => {
  it('counts the bytes of a body without a length, and closes its stream only', async () => {
    const module = await Test.createTestingModule({
      controllers: [BodiesController],
      imports: [GuardModule.forRoot({})],
    }).compile();
    const app = module.createNestApplication(new FastifyAdapter({ http2: true } as never), { logger: false });
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as http.Server).address() as AddressInfo;
    const client = http2.connect(`http://127.0.0.1:${port}`);
    try {
      const send = (chunks: number, headers: object) =>
        new Promise<number>((resolve, reject) => {
          const stream = client.request({
            ':method': 'POST',
            ':path': '/small',
            'content-type': 'application/json',
            ...headers,
          });
          stream.on('response', (response) => resolve(Number(response[':status'])));
          stream.on('error', reject);
          for (let sent = 0; sent < chunks; sent++) stream.write('"'.padEnd(1000, 'x'));
          if (chunks === 0) stream.end('[1]');
        });
      expect(await send(0, {})).toBe(201);
      expect(await send(5, {})).toBe(413);
      expect(await send(5, { 'content-length': '5000' })).toBe(413);
      expect(await send(0, {})).toBe(201);
    } finally {
      client.destroy();
      await app.close();
    }
  });
});

describe('start-up', () => {
  const as = (value: unknown) => value as never;
  it.each<[string, MethodDecorator, RegExp]>([
    ['a negative size', MaxRequestSize(-1), /@MaxRequestSize: -1 is not accepted/],
    ['half a byte', MaxRequestSize(1.5), /@MaxRequestSize: 1.5 is not accepted/],
    ['a size as text', MaxRequestSize(as('1mb')), /@MaxRequestSize: "1mb" is not accepted/],
    ['no size', MaxRequestSize(as(undefined)), /@MaxRequestSize: has no argument/],
    ['no types', ContentTypeFilter([]), /@ContentTypeFilter: \[\] is empty/],
    ['half a type', ContentTypeFilter(['json']), /@ContentTypeFilter\[0\]: "json" is not a media type/],
    ['a type with parameters', ContentTypeFilter(['text/plain; charset=utf-8']), /@ContentTypeFilter\[0\]/],
    ['a wildcard in a type', ContentTypeFilter(['*/json']), /@ContentTypeFilter\[0\]/],
    ['a type that is no text', ContentTypeFilter(as([/json/])), /@ContentTypeFilter\[0\]/],
    ['no traps', HoneypotDetection([]), /@HoneypotDetection: \[\] is empty/],
    ['a trap as text', HoneypotDetection(as('website')), /@HoneypotDetection: "website" is not a list/],
    ['an empty trap', HoneypotDetection(['']), /@HoneypotDetection\[0\]: "" is no field name/],
  ])('does not happen with %s', async (_, decorator, message) => {
    class GuardedController {
      create() {
        return 'in';
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(GuardedController.prototype, 'create')!;
    Post('create')(GuardedController.prototype, 'create', descriptor);
    decorator(GuardedController.prototype, 'create', descriptor);
    Controller()(GuardedController);
    const started = startApp('express', { controllers: [GuardedController], config: {} });
    started.then(
      (app) => app.close(),
      () => undefined,
    );
    await expect(started).rejects.toThrow(message);
    await expect(started).rejects.toThrow(/GuardedController\.create/);
    await expect(started).rejects.toBeInstanceOf(GuardConfigError);
  });
});
