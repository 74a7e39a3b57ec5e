import { setTimeout as pause } from 'node:timers/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpCode,
  Inject,
  Post,
  Redirect,
  Res,
  Sse,
  StreamableFile,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { type GuardConfigInput, GuardEvents, GuardException } from 'nestapi-guard';
import { interval, map, take } from 'rxjs';
import { Readable } from 'node:stream';
import type { SecurityCheck, Stage } from '../../lib/policy/security-check';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { exchange, open } from '../support/raw-http';
import { onlyChecks } from '../support/stand-in-check';
import { until } from '../support/until';

interface AnyReply {
  raw?: ServerResponse;
  hijack?(): void;
}

@Controller()
class AnswersController {
  @Get('text')
  text() {
    return 'text';
  }

  @Post('empty')
  @HttpCode(204)
  empty() {}

  @Get('moved')
  @Redirect('/text', 302)
  moved() {}

  @Get('broken')
  broken() {
    throw new Error('of the application');
  }

  @Sse('events')
  events() {
    return interval(1).pipe(
      take(2),
      map((count) => ({ data: { count } })),
    );
  }

  @Get('stream')
  stream() {
    return new StreamableFile(Readable.from(['a', 'b', 'c'].map((part) => Buffer.from(part))));
  }

  @Get('raw')
  raw(@Res() reply: AnyReply & ServerResponse) {
    reply.hijack?.();
    const response = reply.raw ?? reply;
    response.writeHead(200, { 'X-Frame-Options': 'DENY' });
    response.write('ra');
    response.end('w');
  }

  @Get('own-header')
  ownHeader(@Res({ passthrough: true }) reply: { header(name: string, value: string): void }) {
    reply.header('X-Frame-Options', 'DENY');
    return 'own';
  }

  @Post('json')
  json(@Body() body: unknown) {
    return body;
  }
}

const CONFIG: GuardConfigInput = {
  trustedProxies: ['loopback'],
  blacklist: ['203.0.113.0/24'],
  enableRateLimiting: false,
};

describe.each(PLATFORMS)('answers on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, { controllers: [AnswersController], config: CONFIG });
  });
  afterAll(() => app.close());

  it.each<[string, string, number, string | undefined]>([
    ['text', '/text', 200, 'text'],
    ['a redirect', '/moved', 302, undefined],
    ['an error of the application', '/broken', 500, undefined],
    ['no such path', '/none', 404, undefined],
    ['server-sent events', '/events', 200, undefined],
    ['a stream', '/stream', 200, 'abc'],
    ['an answer past the framework', '/raw', 200, 'raw'],
  ])('%s has the security headers, once', async (_, path, status, text) => {
    const answer = await app.get(path);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(answer.headers['x-powered-by']).toBeUndefined();
    if (text !== undefined) expect(answer.text).toBe(text);
  });

  it('streams events as they happen', async () => {
    const { text, headers } = await app.get('/events');
    expect(headers['content-type']).toContain('text/event-stream');
    expect(text).toContain('data: {"count":1}');
  });

  it('204 has them, too', async () => {
    const answer = await app.post('/empty', {});
    expect(answer).toMatchObject({ status: 204, headers: { 'x-content-type-options': 'nosniff' } });
  });

  it.each(['/raw', '/own-header'])('%s keeps the header that the application set', async (path) => {
    expect((await app.get(path)).headers['x-frame-options']).toBe('DENY');
  });
});

@Catch(GuardException)
class HouseFilter implements ExceptionFilter<GuardException> {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  catch(exception: GuardException, host: ArgumentsHost) {
    const { httpAdapter } = this.host;
    const response: unknown = host.switchToHttp().getResponse();
    httpAdapter.setHeader(response, 'X-House', 'yes');
    httpAdapter.reply(response, { refused: exception.code }, 418);
  }
}

describe.each(PLATFORMS)("the application's exception filter on %s", (platform) => {
  it.each([
    ['a route', 'GET /text HTTP/1.1', 'X-Forwarded-For: 203.0.113.9'],
    ['an unknown path', 'GET /none HTTP/1.1', 'X-Forwarded-For: 203.0.113.9'],
    ['an undecodable path', 'GET /%zz HTTP/1.1', 'X-Forwarded-For: 203.0.113.9'],
    ['OPTIONS *', 'OPTIONS * HTTP/1.1', 'X-Forwarded-For: 203.0.113.9'],
    ['an upgrade', 'GET /text HTTP/1.1', 'X-Forwarded-For: 203.0.113.9\r\nConnection: Upgrade\r\nUpgrade: websocket'],
    ['an unmatched path, behind the door', 'GET /none HTTP/1.1', 'User-Agent: sqlmap'],
    ['a guard', 'GET /text HTTP/1.1', 'User-Agent: sqlmap'],
  ])('shapes the refusal of %s', async (_, target, header) => {
    const app = await startApp(platform, {
      controllers: [AnswersController],
      providers: [{ provide: APP_FILTER, useClass: HouseFilter }],
      config: { ...CONFIG, blockedUserAgents: ['sqlmap'] },
      // Without anybody who listens for upgrades Node treats one as the request that it also is.
      configure: (nest) => (nest.getHttpServer() as Server).on('upgrade', (_raw, socket) => socket.destroy()),
    });
    const stream = await exchange(app.port, target, 'Host: x', header);
    expect(stream).toMatch(/^HTTP\/1\.1 418 /);
    expect(stream).toMatch(/x-house: yes/i);
    expect(stream).toMatch(/x-content-type-options: nosniff/i);
    expect(stream).toContain('{"refused":"GUARD_');
    await app.close();
  });
});

/** A check that says nothing until it is told to. */
class SlowCheck implements SecurityCheck {
  readonly name = 'custom_request';
  asked = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    readonly stage: Stage,
    private readonly verdict: 'admit' | 'refuse' | 'throw',
  ) {}

  compile() {
    return async () => {
      this.asked++;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
      if (this.verdict === 'throw') throw new Error('of the check');
      return this.verdict === 'admit'
        ? undefined
        : ({ status: 403, message: 'No', check: this.name, reason: 'slow' } as const);
    };
  }

  release() {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

const STAGES = ['door', 'access', 'limits', 'detection'] as const;
const VERDICTS = ['admit', 'refuse', 'throw'] as const;

describe.each(PLATFORMS)('a client that hangs up on %s', (platform) => {
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown) => rejections.push(reason);
  beforeEach(() => process.on('unhandledRejection', onRejection));
  afterEach(async () => {
    await pause(10);
    process.off('unhandledRejection', onRejection);
    expect(rejections.splice(0)).toEqual([]);
  });

  it.each(STAGES.flatMap((stage) => VERDICTS.map((verdict) => [stage, verdict] as const)))(
    'while the stage %s waits does no harm when it decides to %s',
    async (stage, verdict) => {
      const check = new SlowCheck(stage, verdict);
      const app = await startApp(platform, {
        controllers: [AnswersController],
        config: {},
        override: onlyChecks(check),
      });
      const failed: string[] = [];
      app.app.get(GuardEvents).on('check_failed', ({ error }) => failed.push(String(error)));
      const connections = () =>
        new Promise<number>((resolve) =>
          (app.app.getHttpServer() as Server).getConnections((_, count) => resolve(count)),
        );

      for (const target of ['/text', '/none', '/events']) {
        const before = check.asked;
        const socket = open(app.port);
        socket.on('error', () => undefined);
        socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
        await until(() => check.asked > before);
        socket.resetAndDestroy();
        await until(async () => (await connections()) === 0);
        check.release();
        await pause(5);
      }
      expect(failed).toEqual(verdict === 'throw' ? Array(3).fill('Error: of the check') : []);

      // Whoever stays is answered as ever.
      const staying = app.get('/text');
      const asked = check.asked;
      await until(() => check.asked > asked);
      check.release();
      expect((await staying).status).toBe({ admit: 200, refuse: 403, throw: 500 }[verdict]);
      await app.close();
    },
  );

  it('in the middle of headers, a body, an answer or an upgrade does no harm', async () => {
    const app = await startApp(platform, {
      controllers: [AnswersController],
      config: CONFIG,
      configure: (nest) =>
        (nest.getHttpServer() as Server).on('upgrade', (_raw: IncomingMessage, socket) => socket.destroy()),
    });
    for (const bytes of [
      'GET /te',
      'GET /text HTTP/1.1\r\nHost: x\r\nX-Forw',
      'POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a":',
      'POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a"',
      'GET /events HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /stream HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /text HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      'GET /text HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    ]) {
      const socket = open(app.port);
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('connect', resolve));
      await new Promise((resolve) => socket.write(bytes, resolve));
      await pause(5);
      socket.resetAndDestroy();
    }
    expect((await app.get('/text')).status).toBe(200);
    await app.close();
  });
});
