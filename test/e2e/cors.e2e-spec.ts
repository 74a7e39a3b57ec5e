import { Controller, Get, type INestApplication, Options, Res } from '@nestjs/common';
import { type GuardConfigInput } from 'nestapi-guard';
import { ANSWER_KINDS, EveryAnswerController, REFUSED_CLIENT } from '../support/answer-kinds';
import {
  type Answer,
  PLATFORMS,
  type Platform,
  type RequestOptions,
  type RunningApp,
  startApp,
} from '../support/platforms';
import { RecordedLog } from '../support/recorded-log';

const ORIGIN = 'https://app.example';

interface FrameworkResponse {
  header(name: string, value: string): FrameworkResponse;
  send(body: string): void;
}

@Controller()
class VaryController {
  @Get('vary')
  vary(@Res() response: FrameworkResponse) {
    response.header('Vary', 'Accept').send('varied');
  }

  @Get('vary-all')
  varyAll(@Res() response: FrameworkResponse) {
    response.header('vary', '*').send('varied');
  }

  @Options('options')
  options() {
    return 'mine';
  }
}

const CONFIG: GuardConfigInput = {
  enableRateLimiting: false,
  enableCors: true,
  corsAllowOrigins: [ORIGIN],
  trustedProxies: ['loopback'],
  blacklist: [REFUSED_CLIENT],
};

function start(platform: Platform, config: GuardConfigInput = {}, configure?: (app: INestApplication) => unknown) {
  const controllers = [EveryAnswerController, VaryController];
  return startApp(platform, { controllers, config: { ...CONFIG, ...config }, configure });
}

function preflight(headers: Record<string, string> = {}): RequestOptions {
  return { method: 'OPTIONS', headers: { origin: ORIGIN, 'access-control-request-method': 'PUT', ...headers } };
}

/** The CORS headers of an answer, without their common beginning. */
function corsOf({ headers }: Answer): Record<string, string> {
  const prefix = 'access-control-';
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), String(value)]),
  );
}

const varies = (answer: Answer) => String(answer.headers.vary).split(', ').includes('Origin');

describe.each(PLATFORMS)('CORS on %s', (platform) => {
  let app: RunningApp;
  afterEach(() => app.close());

  it('is on every kind of answer', async () => {
    app = await start(platform, { corsAllowCredentials: true, corsExposeHeaders: ['X-Total'] });
    for (const [kind, status, path, options] of ANSWER_KINDS) {
      const answer = await app.send(path, { ...options, headers: { ...options.headers, origin: ORIGIN } });
      expect([kind, answer.status]).toEqual([kind, status]);
      const expected = { 'allow-origin': ORIGIN, 'allow-credentials': 'true', 'expose-headers': 'X-Total' };
      expect([kind, corsOf(answer)]).toEqual([kind, expected]);
      expect([kind, varies(answer)]).toEqual([kind, true]);
    }
  });

  it('varies by origin on every kind of answer that no origin may read', async () => {
    app = await start(platform);
    for (const [kind, , path, options] of ANSWER_KINDS) {
      for (const origin of [undefined, 'https://evil.example']) {
        const headers = origin === undefined ? options.headers : { ...options.headers, origin };
        const answer = await app.send(path, { ...options, headers });
        expect([kind, corsOf(answer)]).toEqual([kind, {}]);
        expect([kind, varies(answer)]).toEqual([kind, true]);
      }
    }
  });

  it('keeps Origin in a Vary that the application replaces', async () => {
    app = await start(platform);
    const vary = async (path: string) => (await app.get(path, { headers: { origin: ORIGIN } })).headers.vary;
    expect(await vary('/vary')).toBe('Accept, Origin');
    expect(await vary('/own')).toBe('Accept-Language, Origin');
    expect(await vary('/by-hand')).toBe('Accept, Origin');
    expect(await vary('/vary-all')).toBe('*');
    expect(await vary('/ok')).toBe('Origin');
  });

  it.each([
    ['an admitted origin', ORIGIN, true],
    ['another origin', 'https://evil.example', false],
    ['another scheme', 'http://app.example', false],
    ['another port', 'https://app.example:8443', false],
    ['a subdomain', 'https://a.app.example', false],
    ['a longer name', 'https://app.example.evil.example', false],
    ['null', 'null', false],
    ['two at once', `${ORIGIN}, ${ORIGIN}`, false],
    ['a trailing slash', `${ORIGIN}/`, false],
  ])('answers a preflight of %s', async (_, origin, admitted) => {
    app = await start(platform);
    const answer = await app.send('/private', preflight({ origin }));
    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
    expect(answer.headers['content-length']).toBeUndefined();
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(varies(answer)).toBe(true);
    const expected = {
      'allow-origin': ORIGIN,
      'allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
      'allow-headers': '*, Authorization',
      'max-age': '600',
    };
    expect(corsOf(answer)).toEqual(admitted ? expected : {});
  });

  it.each<[string, GuardConfigInput, Record<string, string>, Record<string, string | undefined>]>([
    ['corsAllowOrigins *', { corsAllowOrigins: '*' }, {}, { 'allow-origin': '*' }],
    ['corsAllowOrigins null', { corsAllowOrigins: ['null'] }, { origin: 'null' }, { 'allow-origin': 'null' }],
    ['a RegExp', { corsAllowOrigins: /^https:\/\/[a-z]+\.example$/ }, {}, { 'allow-origin': ORIGIN }],
    ['a function', { corsAllowOrigins: (origin) => origin === ORIGIN }, {}, { 'allow-origin': ORIGIN }],
    ['an async function', { corsAllowOrigins: [async (origin) => origin === ORIGIN] }, {}, { 'allow-origin': ORIGIN }],
    ['a function that denies', { corsAllowOrigins: [async () => false] }, {}, { 'allow-origin': undefined }],
    ['corsAllowMethods', { corsAllowMethods: ['GET', 'PURGE'] }, {}, { 'allow-methods': 'GET, PURGE' }],
    ['corsAllowHeaders', { corsAllowHeaders: ['X-A', 'X-B'] }, {}, { 'allow-headers': 'X-A, X-B' }],
    ['corsMaxAge', { corsMaxAge: 7 }, {}, { 'max-age': '7' }],
    ['corsAllowCredentials', { corsAllowCredentials: true }, {}, { 'allow-credentials': 'true' }],
    [
      'credentials, which make * a name',
      { corsAllowCredentials: true, corsAllowMethods: ['*'] },
      { 'access-control-request-headers': 'x-a, authorization' },
      { 'allow-methods': 'PUT', 'allow-headers': 'x-a, authorization' },
    ],
    [
      'credentials, which exclude *',
      { corsAllowCredentials: true, corsAllowOrigins: '*' },
      {},
      { 'allow-origin': '*', 'allow-credentials': undefined },
    ],
    [
      'no private network',
      {},
      { 'access-control-request-private-network': 'true' },
      { 'allow-private-network': undefined },
    ],
    [
      'corsAllowPrivateNetwork',
      { corsAllowPrivateNetwork: true },
      { 'access-control-request-private-network': 'true' },
      { 'allow-private-network': 'true' },
    ],
  ])('answers a preflight by %s', async (_, config, headers, expected) => {
    app = await start(platform, config);
    const cors = corsOf(await app.send('/ok', preflight(headers)));
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, cors[name]]))).toEqual(expected);
  });

  it('does not vary by origin when the answer is the same for all', async () => {
    app = await start(platform, { corsAllowOrigins: ['*'] });
    const answer = await app.get('/ok');
    expect(corsOf(answer)).toEqual({ 'allow-origin': '*' });
    expect(answer.headers.vary).toBeUndefined();
  });

  it('answers preflights after the rules of the door, before those of routes', async () => {
    app = await start(platform, { enforceHttps: true, trustXForwardedProto: true });
    const secure = { 'x-forwarded-proto': 'https' };
    expect((await app.send('/private', preflight(secure))).status).toBe(204);
    expect((await app.send('/nothing', preflight(secure))).status).toBe(204);
    const refused = await app.send('/private', { ...preflight(secure), from: REFUSED_CLIENT });
    expect(refused.status).toBe(403);
    expect(corsOf(refused)['allow-origin']).toBe(ORIGIN);
    const { GuardControl } = await import('nestapi-guard');
    await app.app.get(GuardControl).setEmergencyMode(true);
    expect((await app.send('/private', preflight(secure))).status).toBe(503);
  });

  it('leaves OPTIONS that are no preflight to the application', async () => {
    app = await start(platform);
    expect((await app.send('/options', { method: 'OPTIONS' })).text).toBe('mine');
    expect((await app.send('/options', { method: 'OPTIONS', headers: { origin: ORIGIN } })).text).toBe('mine');
    expect((await app.send('/options', preflight())).status).toBe(204);
  });

  it('is off by default', async () => {
    app = await start(platform, { enableCors: false });
    const answer = await app.get('/ok', { headers: { origin: ORIGIN } });
    expect(corsOf(answer)).toEqual({});
    expect(answer.headers.vary).toBeUndefined();
    expect((await app.send('/ok', preflight())).status).toBe(404);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no directory');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no directory'))],
  ])('denies and tells when an origin function %s', async (_, decide) => {
    const log = new RecordedLog();
    app = await start(platform, { corsAllowOrigins: decide }, (nest) => nest.useLogger(log));
    const answer = await app.get('/ok', { headers: { origin: ORIGIN } });
    expect(answer.status).toBe(200);
    expect(corsOf(answer)).toEqual({});
    expect(varies(answer)).toBe(true);
    expect(log.of('error').join('\n')).toMatch(/origin function.*no directory/);
  });

  it('denies when an origin function does not answer within five seconds', async () => {
    app = await start(platform, { corsAllowOrigins: () => new Promise<boolean>(() => undefined) });
    const answer = await app.get('/ok', { headers: { origin: ORIGIN } });
    expect(answer.status).toBe(200);
    expect(corsOf(answer)).toEqual({});
  });

  describe('beside app.enableCors()', () => {
    it('warns and answers preflights itself', async () => {
      const log = new RecordedLog();
      app = await start(platform, {}, (nest) => {
        nest.useLogger(log);
        nest.enableCors({ origin: 'https://other.example', maxAge: 1 });
      });
      expect(log.of('warn').join('\n')).toContain('GUARD_CORS_TWICE');
      expect(corsOf(await app.send('/ok', preflight()))).toMatchObject({ 'allow-origin': ORIGIN, 'max-age': '600' });
      const answer = await app.get('/ok', { headers: { origin: ORIGIN } });
      expect(corsOf(answer)['allow-origin']).toBe('https://other.example');
      expect(varies(answer)).toBe(true);
    });

    it('leaves CORS to it when enableCors is false', async () => {
      const log = new RecordedLog();
      app = await start(platform, { enableCors: false, corsAllowOrigins: ['*'] }, (nest) => {
        nest.useLogger(log);
        nest.enableCors({ origin: ORIGIN });
      });
      expect(log.of('warn').join('\n')).not.toContain('GUARD_CORS');
      expect(corsOf(await app.get('/ok', { headers: { origin: ORIGIN } }))['allow-origin']).toBe(ORIGIN);
      expect((await app.send('/ok', preflight())).status).toBe(204);
    });
  });
});
