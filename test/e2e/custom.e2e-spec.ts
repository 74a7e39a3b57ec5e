import {
  type ArgumentsHost,
  BadRequestException,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpException,
  Inject,
  Injectable,
  Module,
  Post,
  Scope,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import {
  Bypass,
  type CheckFailedEvent,
  CustomValidation,
  type CustomVerdict,
  GuardConfigError,
  type GuardConfigInput,
  GuardControl,
  GuardEvents,
  GuardException,
  type GuardedRequest,
  type RequestValidator,
} from 'nestapi-guard';
import { PLATFORMS, type RunningApp, type StartOptions, startApp } from '../support/platforms';
import { until } from '../support/until';

const QUIET: GuardConfigInput = { enableRateLimiting: false, enablePenetrationDetection: false };

/** What checks answer is asked for by a header. */
const VERDICTS: Record<string, () => unknown> = {
  nothing: () => undefined,
  null: () => null,
  true: () => true,
  false: () => false,
  text: () => 'Not you',
  status: () => ({ status: 418 }),
  'status and message': () => ({ status: 400, message: 'Missing custom header' }),
  'a body': () => ({ status: 409, body: { oops: ['conflict'] } }),
  headers: () => ({ status: 302, headers: { Location: 'https://example.com/' }, message: 'Moved' }),
  'an exception': () => new HttpException('Payment first', 402),
  thrown: () => {
    throw new BadRequestException(['name must not be empty']);
  },
  failure: () => {
    throw new Error('database down');
  },
  'an unusable object': () => ({ ok: false }),
  'an unusable status': () => ({ status: 99 }),
  'a header with a line break': () => ({ status: 403, headers: { 'x-reason': 'a\r\nb: c' } }),
  'headers that frame the answer': () => ({
    status: 409,
    message: 'Two at once',
    headers: {
      'Content-Length': '3',
      'transfer-encoding': 'chunked',
      Connection: 'upgrade',
      Upgrade: 'h2c',
      'content-encoding': 'gzip',
      'x-conflict': 'yes',
    },
  }),
  'a number': () => 1,
};

const standard = (statusCode: number, message: string, error: string, code: string) => ({
  statusCode,
  message,
  error,
  code,
});
const failed = standard(500, 'Internal server error', 'Internal Server Error', 'GUARD_CHECK_FAILED');

type Case = [verdict: string, status: number, body: (code: string) => unknown];

const CASES: Case[] = [
  ['nothing', 200, () => ({ served: true })],
  ['null', 200, () => ({ served: true })],
  ['true', 200, () => ({ served: true })],
  ['false', 403, (code) => standard(403, 'Forbidden', 'Forbidden', code)],
  ['text', 403, (code) => standard(403, 'Not you', 'Forbidden', code)],
  ['status', 418, (code) => standard(418, "I'm a Teapot", "I'm a Teapot", code)],
  ['status and message', 400, (code) => standard(400, 'Missing custom header', 'Bad Request', code)],
  ['a body', 409, () => ({ oops: ['conflict'] })],
  ['headers', 302, (code) => standard(302, 'Moved', 'Found', code)],
  ['an exception', 402, (code) => standard(402, 'Payment first', 'Payment Required', code)],
  ['thrown', 400, () => ({ statusCode: 400, message: ['name must not be empty'], error: 'Bad Request' })],
  ['failure', 500, () => failed],
  ['an unusable object', 500, () => failed],
  ['an unusable status', 500, () => failed],
  ['a header with a line break', 500, () => failed],
  ['a number', 500, () => failed],
];

function verdictOf(request: GuardedRequest): CustomVerdict {
  const asked = request.headers['x-verdict'];
  return (typeof asked === 'string' ? VERDICTS[asked]?.() : undefined) as CustomVerdict;
}

@Injectable()
class Tenants {
  readonly known = new Set(['acme']);
}

@Injectable()
class KnownTenant implements RequestValidator {
  constructor(@Inject(Tenants) private readonly tenants: Tenants) {}

  validate(request: GuardedRequest) {
    return this.tenants.known.has(String(request.headers['x-tenant'])) || { status: 400, message: 'Unknown tenant' };
  }
}

/** No provider of any module: Nest makes it. */
@Injectable()
class OnlyAda implements RequestValidator {
  async validate(request: GuardedRequest) {
    return request.headers['x-user'] === 'ada';
  }
}

@Module({ providers: [Tenants, KnownTenant], exports: [KnownTenant] })
class TenantModule {}

const asked: string[] = [];
const remember = (name: string) => () => void asked.push(name);

@Controller()
class OrdersController {
  @Get('sync')
  @CustomValidation(verdictOf)
  sync() {
    return { served: true };
  }

  @Get('async')
  @CustomValidation(async (request) => verdictOf(request))
  async() {
    return { served: true };
  }

  @Get('class')
  @CustomValidation(KnownTenant)
  byClass() {
    return { served: true };
  }

  @Get('made')
  @CustomValidation(OnlyAda)
  made() {
    return { served: true };
  }

  @Post('body')
  @CustomValidation(({ body }) => (body as { total: number }).total < 100 || 'Too much')
  body(@Body() body: unknown) {
    return body;
  }

  @Get('several')
  @CustomValidation(remember('first'))
  @CustomValidation(async () => void asked.push('second'))
  @CustomValidation((request) => asked.push('third') > 0 && request.headers['x-tenant'] === 'acme')
  @CustomValidation(remember('fourth'))
  several() {
    return { served: true };
  }

  @Get('context')
  @CustomValidation((_request, context?: ExecutionContext) => context?.getHandler().name === 'context')
  context() {
    return { served: true };
  }

  @Get('never')
  @CustomValidation(() => new Promise<void>(() => undefined))
  never() {
    return { served: true };
  }

  @Get('answers')
  @CustomValidation((request) => void request.response?.writeHead(202).end('by itself'))
  answers() {
    return { served: true };
  }

  @Get('plain')
  plain() {
    return { served: true };
  }

  @Get('bypassed')
  @Bypass(['custom_request'])
  bypassed() {
    return { served: true };
  }

  @Get('static/logo')
  excluded() {
    return { served: true };
  }
}

@Catch(GuardException)
class RefusalFilter implements ExceptionFilter<GuardException> {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  catch(exception: GuardException, host: ArgumentsHost) {
    const body = { shaped: exception.code, message: exception.message };
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), body, exception.getStatus());
  }
}

describe.each(PLATFORMS)('custom checks on %s', (platform) => {
  let app: RunningApp;

  function start(config: GuardConfigInput, options: Omit<StartOptions, 'config'> = {}): Promise<RunningApp> {
    return startApp(platform, {
      controllers: [OrdersController],
      imports: [TenantModule],
      ...options,
      config: { ...QUIET, ...config },
    });
  }
  const get = (path: string, headers: Record<string, string> = {}) => app.get(path, { headers });

  describe('@CustomValidation', () => {
    beforeAll(async () => {
      app = await start({ customCheckTimeout: 0.2 });
    });
    afterAll(() => app.close());

    describe.each(['/sync', '/async'])('%s', (path) => {
      it.each(CASES)('answers %s with %i', async (verdict, status, body) => {
        const answer = await get(path, { 'x-verdict': verdict });
        expect(answer.status).toBe(status);
        expect(answer.json()).toEqual(body('GUARD_CUSTOM_VALIDATION'));
      });
    });

    it('sets the headers of a refusal', async () => {
      const { headers } = await get('/sync', { 'x-verdict': 'headers' });
      expect(headers).toMatchObject({ location: 'https://example.com/', 'cache-control': 'no-store' });
    });

    it.each(['/sync', '/async'])('leaves out the headers of a refusal that frame the answer: %s', async (path) => {
      const { status, headers, json } = await get(path, { 'x-verdict': 'headers that frame the answer' });
      expect(status).toBe(409);
      expect(json()).toMatchObject({ message: 'Two at once' });
      expect(headers).toMatchObject({ 'x-conflict': 'yes', 'content-length': expect.stringMatching(/^\d\d/) });
      for (const name of ['transfer-encoding', 'upgrade', 'content-encoding']) expect(headers).not.toHaveProperty(name);
    });

    it('asks a class that a module provides', async () => {
      expect((await get('/class', { 'x-tenant': 'acme' })).status).toBe(200);
      const refused = await get('/class', { 'x-tenant': 'other' });
      expect(refused.json()).toMatchObject({ statusCode: 400, message: 'Unknown tenant' });
    });

    it('asks a class that nobody provides', async () => {
      expect((await get('/made', { 'x-user': 'ada' })).status).toBe(200);
      expect((await get('/made', { 'x-user': 'eve' })).status).toBe(403);
    });

    it('reads the parsed body', async () => {
      expect((await app.post('/body', { total: 99 })).status).toBe(201);
      expect((await app.post('/body', { total: 100 })).json()).toMatchObject({ statusCode: 403, message: 'Too much' });
    });

    it('asks several from top to bottom, until one refuses', async () => {
      asked.length = 0;
      expect((await get('/several')).status).toBe(403);
      expect(asked).toEqual(['first', 'second', 'third']);
      expect((await get('/several', { 'x-tenant': 'acme' })).status).toBe(200);
      expect(asked.slice(3)).toEqual(['first', 'second', 'third', 'fourth']);
    });

    it('hands over the context of the handler', async () => {
      expect((await get('/context')).status).toBe(200);
    });

    it('fails a check that never answers within customCheckTimeout', async () => {
      const events: CheckFailedEvent[] = [];
      const end = app.app.get(GuardEvents).on('check_failed', (event) => events.push(event));
      const answer = await get('/never');
      expect(answer.json()).toEqual(failed);
      await until(() => events.length > 0);
      end();
      expect(events[0]?.error).toMatch(/no answer within 0\.2 s$/);
    });

    it('leaves an answer that the check has given by itself', async () => {
      expect(await get('/answers')).toMatchObject({ status: 202, text: 'by itself' });
    });

    it('tells what failed, and where', async () => {
      const events: CheckFailedEvent[] = [];
      const end = app.app.get(GuardEvents).on('check_failed', (event) => events.push(event));
      await get('/sync', { 'x-verdict': 'failure' });
      await until(() => events.length > 0);
      end();
      expect(events[0]).toMatchObject({ check: 'custom_validation', error: 'Error: database down', refused: true });
      expect(events[0]?.origin).toContain('custom.e2e-spec');
    });
  });

  it('lets requests pass when a check fails and failSecure is off', async () => {
    app = await start({ failSecure: false, customCheckTimeout: 0.1 });
    expect((await get('/sync', { 'x-verdict': 'failure' })).status).toBe(200);
    expect((await get('/never')).status).toBe(200);
    expect((await get('/sync', { 'x-verdict': 'thrown' })).status).toBe(400);
    await app.close();
  });

  it('only reports in passiveMode', async () => {
    app = await start({ passiveMode: true, customRequestCheck: () => false });
    expect((await get('/sync', { 'x-verdict': 'false' })).status).toBe(200);
    expect((await get('/answers')).text).toBe('by itself');
    await app.close();
  });

  it('has its refusals shaped by customErrorResponses and by filters', async () => {
    app = await start({ customErrorResponses: { 403: { error: 'no' } } });
    expect((await get('/sync', { 'x-verdict': 'false' })).json()).toEqual({ error: 'no' });
    expect((await get('/sync', { 'x-verdict': 'a body' })).json()).toEqual({ oops: ['conflict'] });
    await app.close();
    app = await start({}, { providers: [{ provide: APP_FILTER, useClass: RefusalFilter }] });
    expect((await get('/sync', { 'x-verdict': 'text' })).json()).toEqual({
      shaped: 'GUARD_CUSTOM_VALIDATION',
      message: 'Not you',
    });
    await app.close();
  });

  describe('customRequestCheck', () => {
    beforeAll(async () => {
      app = await start({ customRequestCheck: verdictOf });
    });
    afterAll(() => app.close());

    it.each(CASES)('answers %s with %i', async (verdict, status, body) => {
      const answer = await get('/plain', { 'x-verdict': verdict });
      expect(answer.status).toBe(status);
      expect(answer.json()).toEqual(body('GUARD_CUSTOM_REQUEST'));
    });

    it.each([
      ['a request that matches no route', '/nothing', 418],
      ['a route that bypasses it', '/bypassed', 200],
      ['an excluded path', '/static/logo', 200],
    ])('is asked about %s', async (_, path, status) => {
      expect((await get(path, { 'x-verdict': 'status' })).status).toBe(status);
    });

    it('has the last word', async () => {
      const answer = await get('/sync', { 'x-verdict': 'false' });
      expect(answer.json().code).toBe('GUARD_CUSTOM_VALIDATION');
    });
  });

  it('may be asynchronous, and a class', async () => {
    app = await start({ customRequestCheck: async () => ({ status: 503, message: 'Later' }) });
    expect((await get('/plain')).json()).toMatchObject({ statusCode: 503, message: 'Later' });
    await app.close();
    app = await start({ customRequestCheck: KnownTenant });
    expect((await get('/plain')).status).toBe(400);
    expect((await get('/nothing')).status).toBe(400);
    expect((await get('/plain', { 'x-tenant': 'acme' })).status).toBe(200);
    await app.app.get(GuardControl).updateConfig({ customRequestCheck: OnlyAda });
    expect((await get('/plain', { 'x-tenant': 'acme' })).status).toBe(403);
    expect((await get('/plain', { 'x-user': 'ada' })).status).toBe(200);
    await app.close();
  });

  describe('at the start', () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest implements RequestValidator {
      validate() {
        return true;
      }
    }

    @Injectable()
    class Homeless implements RequestValidator {
      constructor(@Inject('nowhere') readonly nothing: unknown) {}

      validate() {
        return true;
      }
    }

    class Mute {}

    it.each<[string, unknown, RegExp]>([
      ['nothing', undefined, /RouteController\.route @CustomValidation: .*is no check/],
      ['a text', 'check', /RouteController\.route @CustomValidation: "check" is no check/],
      ['a class without the method', Mute, /RouteController\.route @CustomValidation: .*is no check/],
      ['a class that Nest cannot make', Homeless, /RouteController\.route @CustomValidation: .*cannot be made by Nest/],
      [
        'a request-scoped class',
        PerRequest,
        /RouteController\.route @CustomValidation: .*cannot be made by Nest.*\(PerRequest/,
      ],
    ])('names the handler with %s', async (_, check, message) => {
      @Controller()
      class RouteController {
        @Get()
        @CustomValidation(check as () => boolean)
        route() {
          return 'served';
        }
      }
      const starting = start({}, { controllers: [RouteController], providers: [PerRequest] });
      await expect(starting).rejects.toThrow(GuardConfigError);
      await expect(starting).rejects.toThrow(message);
    });

    it.each([
      ['customRequestCheck', 'check'],
      ['customRequestCheck', Mute],
      ['customCheckTimeout', 0],
      ['customCheckTimeout', 61],
      ['customResponseModifier', {}],
    ])('rejects %s %p', async (field, value) => {
      const starting = start({ [field]: value });
      await expect(starting).rejects.toThrow(GuardConfigError);
      await expect(starting).rejects.toThrow(field);
    });
  });
});
