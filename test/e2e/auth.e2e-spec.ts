import { createHash } from 'node:crypto';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Args, Context, GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Controller, Get, Inject, Injectable, Req } from '@nestjs/common';
import {
  ApiKeyAuth,
  type BasicCredential,
  type CredentialVerifier,
  GuardConfigError,
  GuardControl,
  type GuardedRequest,
  HoneypotDetection,
  MaxRequestSize,
  RequireAuth,
  RequireHeaders,
  RequireHttps,
  RequireReferrer,
} from 'nestapi-guard';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { SocketClient } from '../support/web-socket';
import { RecordedLog } from '../support/recorded-log';
import { answersOf, exchange } from '../support/raw-http';

const HASHED = createHash('sha256').update('hashed-key').digest('hex');

@Injectable()
class Sessions {
  readonly users = new Map([['good', { name: 'Ada' }]]);
}

@Injectable()
class TokenVerifier implements CredentialVerifier {
  constructor(@Inject(Sessions) private readonly sessions: Sessions) {}

  async verify(token: string): Promise<{ name: string } | undefined> {
    return this.sessions.users.get(token);
  }
}

const seen: { key: string; credentials: unknown }[] = [];

@Controller()
class DoorsController {
  @Get('bearer')
  @RequireAuth('bearer')
  bearer() {
    return 'in';
  }

  @Get('basic')
  @RequireAuth('Basic', { realm: 'back office' })
  basic() {
    return 'in';
  }

  @Get('digest')
  @RequireAuth('Digest')
  digest() {
    return 'in';
  }

  @Get('login')
  @RequireAuth('basic', {
    verify: ({ username, password }: BasicCredential, request: GuardedRequest) =>
      request.path === '/login' && username === 'Zoë' && password === 'a:b' && { username },
  })
  login(@Req() request: { user: unknown }) {
    return request.user;
  }

  @Get('session')
  @RequireAuth('bearer', { verify: TokenVerifier })
  session(@Req() request: { user: unknown }) {
    return request.user;
  }

  @Get('broken')
  @RequireAuth('bearer', {
    verify: (token) => {
      if (token === 'throws') throw new TypeError(`no ${token}`);
      if (token === 'rejects') return Promise.reject(new Error('no'));
      if (token === 'hangs') return new Promise(() => undefined);
      return { falsy: '', zero: 0, empty: null, later: Promise.resolve(false), fine: true }[token];
    },
  })
  broken(@Req() request: { user?: unknown }) {
    return { user: request.user ?? 'nobody' };
  }

  @Get('key')
  @ApiKeyAuth({ headerName: 'X-API-Key', keys: ['plain-key', 'a', `sha256:${HASHED.toUpperCase()}`] })
  key() {
    return 'in';
  }

  @Get('partner')
  @ApiKeyAuth({
    headerName: 'X-Partner',
    realm: 'partners',
    keys: ['one', 'two'],
    verify: (key, request) => {
      seen.push({ key, credentials: request.credentials });
      return key === 'one' && { partner: 1 };
    },
  })
  partner(@Req() request: { user: unknown }) {
    return request.user;
  }

  @Get('any-key')
  @ApiKeyAuth({ headerName: 'constructor' })
  anyKey() {
    return 'in';
  }

  @Get('both')
  @RequireAuth('bearer', { verify: (token) => token === 'good' && { token } })
  @ApiKeyAuth({ headerName: 'X-API-Key', verify: (key) => key === 'k' && { key } })
  both(@Req() request: { user: unknown }) {
    return request.user;
  }

  @Get('headers')
  @RequireHeaders({ 'X-Request-Id': 'required', 'x-version': '2', 'X-Trace': /^[0-9a-f]{4}$/ })
  headers() {
    return 'in';
  }

  @Get('odd-headers')
  @RequireHeaders({ constructor: 'required' })
  oddHeaders() {
    return 'in';
  }

  @Get('pictures')
  @RequireReferrer(['myapp.com', 'https://secure.example', 'port.example:8443', 'münchen.example', '192.0.2.7'])
  pictures() {
    return 'in';
  }
}

const basic = (pair: string | Buffer) => `Basic ${Buffer.from(pair).toString('base64')}`;

describe.each(PLATFORMS)('authentication on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, {
      controllers: [DoorsController],
      providers: [Sessions, TokenVerifier],
      config: {},
    });
  });
  afterAll(() => app.close());

  const status = async (path: string, headers: Record<string, string | string[]>) =>
    (await app.get(path, { headers })).status;

  it.each([
    ['/bearer', 'Bearer abc.DEF-1_~+/==', 200],
    ['/bearer', 'bearer abc', 200],
    ['/bearer', 'BEARER   abc', 200],
    ['/bearer', 'Bearer', 401],
    ['/bearer', 'Bearer ', 401],
    ['/bearer', 'Bearer a b', 401],
    ['/bearer', 'Bearer =', 401],
    ['/bearer', 'Bearer a=b', 401],
    ['/bearer', 'Bearer,abc', 401],
    ['/bearer', 'Bearer\tabc', 401],
    ['/bearer', 'Bearer abc, Bearer def', 401],
    ['/bearer', 'Bearer ÿ\x80', 401],
    ['/bearer', 'Bearertoken', 401],
    ['/bearer', basic('a:b'), 401],
    ['/bearer', '', 401],
    ['/basic', basic('user:pass'), 200],
    ['/basic', basic('user:pass').replace('Basic', 'bAsIc').replace(/=+$/, ''), 200],
    ['/basic', basic('user:'), 200],
    ['/basic', basic(':pass'), 200],
    ['/basic', basic(':'), 401],
    ['/basic', basic('user'), 401],
    ['/basic', basic(''), 401],
    ['/basic', basic('us\ner:pass'), 401],
    ['/basic', basic('us\0er:pass'), 401],
    ['/basic', basic(Buffer.from([0xff, 0xfe, 0x3a, 0xc3])), 401],
    ['/basic', 'Basic user:pass', 401],
    ['/basic', 'Basic dXNlcjpwYXNz!', 401],
    ['/basic', 'Basic ====', 401],
    ['/digest', 'Digest username="a", response="b"', 200],
    ['/digest', 'DIGEST x', 200],
    ['/digest', 'Digest', 401],
    ['/digest', 'Bearer x', 401],
    ['/digest', 'Digest \xe9', 401],
  ])('%s with %j: %i', async (path, authorization, expected) => {
    expect(await status(path, { authorization })).toBe(expected);
  });

  it.each([
    ['/bearer', {}, 'Bearer realm="api"'],
    ['/bearer', { authorization: 'Bearer a b' }, 'Bearer realm="api", error="invalid_token"'],
    ['/basic', {}, 'Basic realm="back office", charset="UTF-8"'],
    ['/digest', {}, 'Digest realm="api"'],
    ['/key', {}, 'ApiKey realm="api", header="X-API-Key"'],
    ['/key', { 'x-api-key': 'wrong' }, 'ApiKey realm="api", header="X-API-Key"'],
    ['/partner', {}, 'ApiKey realm="partners", header="X-Partner"'],
  ])('%s challenges %j', async (path, headers, challenge) => {
    const answer = await app.get(path, { headers });
    expect(answer.headers['www-authenticate']).toBe(challenge);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toEqual({
      statusCode: 401,
      message: 'Unauthorized',
      error: 'Unauthorized',
      code: 'GUARD_AUTHENTICATION',
    });
  });

  it('refuses a header that is sent twice, although Node shows only the first', async () => {
    for (const [path, ...lines] of [
      ['/bearer', 'Authorization: Bearer a', 'authorization: Bearer b'],
      ['/key', 'X-API-Key: plain-key', 'x-api-key: plain-key'],
    ]) {
      const [answer] = answersOf(
        await exchange(app.port, `GET ${path} HTTP/1.1`, 'Host: x', 'Connection: close', ...lines),
      );
      expect(answer!.status).toBe(401);
      expect(answer!.headers['www-authenticate']).toBeDefined();
    }
  });

  it('refuses credentials of 15 kB and more without a stir', async () => {
    const long = 'x'.repeat(15_000);
    expect(await status('/bearer', { authorization: `Bearer ${long}` })).toBe(200);
    expect(await status('/session', { authorization: `Bearer ${long}` })).toBe(401);
    expect(await status('/key', { 'x-api-key': long })).toBe(401);
    expect(await status('/basic', { authorization: `Basic ${long}` })).toBe(401);
  });

  it.each([
    ['the right password', 'Zoë:a:b', 200],
    ['another password', 'Zoë:a', 401],
    ['another user', 'zoë:a:b', 401],
  ])('verifies %s', async (_, pair, expected) => {
    const answer = await app.get('/login', { headers: { authorization: basic(pair) } });
    expect(answer.status).toBe(expected);
    if (expected === 200) expect(answer.json()).toEqual({ username: 'Zoë' });
  });

  it('asks a class of the container', async () => {
    const answer = await app.get('/session', { headers: { authorization: 'Bearer good' } });
    expect(answer.json()).toEqual({ name: 'Ada' });
    expect(await status('/session', { authorization: 'Bearer bad' })).toBe(401);
  });

  it.each(['throws', 'rejects', 'falsy', 'zero', 'empty', 'later', 'missing', 'constructor2'])(
    'denies when a verifier answers: %s',
    async (token) => {
      const answer = await app.get('/broken', { headers: { authorization: `Bearer ${token}` } });
      expect(answer.status).toBe(401);
      expect(answer.text).not.toContain(token);
    },
  );

  it('sets no user when a verifier only says yes', async () => {
    const answer = await app.get('/broken', { headers: { authorization: 'Bearer fine' } });
    expect(answer.json()).toEqual({ user: 'nobody' });
  });

  it('denies after five seconds without an answer', async () => {
    const started = process.hrtime.bigint();
    expect(await status('/broken', { authorization: 'Bearer hangs' })).toBe(401);
    expect(Number(process.hrtime.bigint() - started) / 1e9).toBeLessThan(6);
  });

  it.each([
    ['/key', 'plain-key', 200],
    ['/key', 'hashed-key', 200],
    ['/key', 'a', 200],
    ['/key', 'plain-kez', 401],
    ['/key', 'plain-key2', 401],
    ['/key', HASHED, 401],
    ['/key', `sha256:${HASHED}`, 401],
    ['/key', '', 401],
    ['/key', 'plain key', 401],
    ['/key', 'plain-key\xff', 401],
  ])('%s with the key %j: %i', async (path, key, expected) => {
    expect(await status(path, { 'x-api-key': key })).toBe(expected);
  });

  it('asks the verifier only about known keys', async () => {
    seen.length = 0;
    const answer = await app.get('/partner', { headers: { 'x-partner': 'one' } });
    expect(answer.json()).toEqual({ partner: 1 });
    expect(await status('/partner', { 'x-partner': 'two' })).toBe(401);
    expect(await status('/partner', { 'x-partner': 'three' })).toBe(401);
    expect(seen.map(({ key }) => key)).toEqual(['one', 'two']);
  });

  it('reads own properties of the headers only', async () => {
    expect(await status('/any-key', {})).toBe(401);
    expect(await status('/any-key', { constructor: 'x' })).toBe(200);
    expect(await status('/odd-headers', {})).toBe(400);
    expect(await status('/odd-headers', { constructor: 'x' })).toBe(200);
  });

  it('keeps the first user when a route asks twice', async () => {
    const good = { authorization: 'Bearer good', 'x-api-key': 'k' };
    expect((await app.get('/both', { headers: good })).json()).toEqual({ token: 'good' });
    expect(await status('/both', { ...good, 'x-api-key': 'other' })).toBe(401);
    expect(await status('/both', { ...good, authorization: 'Bearer other' })).toBe(401);
  });

  it('leaves a user alone that the application has set', async () => {
    @Controller()
    class OwnController {
      @Get('own')
      @RequireAuth('bearer', { verify: () => ({ name: 'ours' }) })
      own(@Req() request: { user: unknown }) {
        return request.user;
      }
    }
    const own = await startApp(platform, {
      controllers: [OwnController],
      config: {},
      configure: (nest) => {
        const instance = nest.getHttpAdapter().getInstance();
        if (platform === 'fastify') {
          instance.addHook('preHandler', (request: { user: unknown }, _reply: unknown, done: () => void) => {
            request.user = { name: 'theirs' };
            done();
          });
        } else {
          nest.use((request: { user: unknown }, _response: unknown, next: () => void) => {
            request.user = { name: 'theirs' };
            next();
          });
        }
      },
    });
    try {
      const answer = await own.get('/own', { headers: { authorization: 'Bearer x' } });
      expect(answer.json()).toEqual({ name: 'theirs' });
    } finally {
      await own.close();
    }
  });

  const complete = { 'x-request-id': '1', 'x-version': '2', 'x-trace': '00ff' };
  it.each([
    ['all of them', {}, 200],
    ['an empty one', { 'x-request-id': '' }, 400],
    ['blanks', { 'x-request-id': '  ' }, 400],
    ['another value', { 'x-version': '3' }, 400],
    ['a value within another', { 'x-version': '22' }, 400],
    ['two lines of one', { 'x-version': ['2', '2'] }, 400],
    ['what the expression does not match', { 'x-trace': '00fg' }, 400],
    ['a required one missing', { 'x-request-id': undefined }, 400],
    ['an exact one missing', { 'x-version': undefined }, 400],
    ['a matched one missing', { 'x-trace': undefined }, 400],
  ])('requires headers: %s', async (_, changed, expected) => {
    const headers = Object.fromEntries(
      Object.entries({ ...complete, ...changed }).filter(([, value]) => value !== undefined),
    );
    const answer = await app.get('/headers', { headers });
    expect(answer.status).toBe(expected);
    if (expected === 400) expect(answer.json().code).toBe('GUARD_REQUIRED_HEADERS');
  });

  it.each([
    ['https://myapp.com/page?q', 200],
    ['http://myapp.com:8080/', 200],
    ['https://a.b.MYAPP.com', 200],
    ['https://myapp.com./', 200],
    ['https://myapp.com/@ada?to=a@b.example', 200],
    ['https://myapp.com../', 403],
    ['https://ada@myapp.com/', 403],
    ['https://ada:pw@myapp.com/', 403],
    ['https://@myapp.com/', 403],
    ['https://myapp.com/page#part', 403],
    ['https://notmyapp.com/', 403],
    ['https://myapp.com.evil.example/', 403],
    ['https://myapp.com@evil.example/', 403],
    ['http://evil.example:.myapp.com/', 403],
    ['http://evil.example\\.myapp.com/', 403],
    ['http://evil.example/#.myapp.com', 403],
    ['http://evil.example?.myapp.com', 403],
    ['javascript://myapp.com/', 403],
    ['//myapp.com/', 403],
    ['myapp.com', 403],
    ['', 403],
    ['https://secure.example/', 200],
    ['http://secure.example/', 403],
    ['https://port.example:8443/', 200],
    ['https://port.example/', 403],
    ['https://xn--mnchen-3ya.example/x', 200],
    ['http://192.0.2.7/', 200],
    ['http://192.0.2.77/', 403],
  ])('referrer %j: %i', async (referer, expected) => {
    const answer = await app.get('/pictures', { headers: { referer } });
    expect(answer.status).toBe(expected);
    if (expected === 403) expect(answer.json().code).toBe('GUARD_REFERRER');
  });

  it('refuses without a referrer', async () => {
    expect(await status('/pictures', {})).toBe(403);
  });
});

@Resolver()
class SecretsResolver {
  @Query(() => String, { nullable: true })
  @RequireAuth('bearer', { verify: (token) => token === 'good' && { name: 'Ada' } })
  @MaxRequestSize(300)
  secret(@Context() context: { req: { user: { name: string } } }): string {
    return context.req.user.name;
  }

  @Mutation(() => Boolean, { nullable: true })
  @HoneypotDetection(['website'])
  contact(@Args('website', { nullable: true }) _website: string): boolean {
    return true;
  }
}

describe.each(PLATFORMS)('route rules of GraphQL fields on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, {
      imports: [GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true })],
      providers: [SecretsResolver],
      config: { enablePenetrationDetection: false },
    });
  });
  afterAll(() => app.close());

  const ask = async (query: string, headers = {}) => (await app.post('/graphql', { query }, { headers })).json();

  it('verify credentials', async () => {
    expect(await ask('{ secret }', { authorization: 'Bearer good' })).toEqual({ data: { secret: 'Ada' } });
    const { errors } = await ask('{ secret }', { authorization: 'Bearer bad' });
    expect(errors[0].extensions.code).toBe('GUARD_AUTHENTICATION');
  });

  it('limit the size of the whole request', async () => {
    const { errors } = await ask(`{ secret } #${'x'.repeat(400)}`, { authorization: 'Bearer good' });
    expect(errors[0].extensions.code).toBe('GUARD_REQUEST_SIZE');
  });

  it('find traps among the arguments', async () => {
    expect(await ask('mutation { contact(website: "") }')).toEqual({ data: { contact: true } });
    const { errors } = await ask('mutation { contact(website: "x") }');
    expect(errors[0].extensions.code).toBe('GUARD_HONEYPOT');
  });
});

@WebSocketGateway()
class SecretsGateway {
  @SubscribeMessage('secret')
  @RequireAuth('bearer', { verify: (token) => token === 'good' && { name: 'Ada' } })
  @RequireHeaders({ 'X-Version': '2' })
  secret() {
    return { event: 'told', data: 'secret' };
  }

  @SubscribeMessage('encrypted')
  @RequireHttps()
  encrypted() {
    return { event: 'told', data: 'secret' };
  }

  @SubscribeMessage('contact')
  @HoneypotDetection(['website'])
  contact() {
    return { event: 'told', data: 'human' };
  }
}

describe.each(PLATFORMS)('route rules of WebSocket messages on %s', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, {
      providers: [SecretsGateway],
      config: { enablePenetrationDetection: false },
      configure: (nest) => nest.useWebSocketAdapter(new WsAdapter(nest)),
    });
  });
  afterAll(() => app.close());

  it('ask for the headers of the handshake, and for what the message holds', async () => {
    const url = `ws://127.0.0.1:${app.port}`;
    const insider = await SocketClient.open(url, { headers: { authorization: 'Bearer good', 'x-version': '2' } });
    const outsider = await SocketClient.open(url, { headers: { authorization: 'Bearer bad', 'x-version': '2' } });
    try {
      const told = { event: 'told', data: 'secret' };
      expect(await insider.ask({ event: 'secret', data: {} })).toEqual(told);
      const refused = (code: string) => ({ event: 'exception', data: expect.objectContaining({ code }) });
      expect(await outsider.ask({ event: 'secret', data: {} })).toEqual(refused('GUARD_AUTHENTICATION'));
      expect(await insider.ask({ event: 'encrypted', data: {} })).toEqual(refused('GUARD_HTTPS'));
      expect(await insider.ask({ event: 'contact', data: { website: '' } })).toMatchObject({ event: 'told' });
      expect(await insider.ask({ event: 'contact', data: { website: 'x' } })).toEqual(refused('GUARD_HONEYPOT'));
    } finally {
      insider.close();
      outsider.close();
    }
  });
});

describe('start-up', () => {
  it('names the routes that verify nothing', async () => {
    const log = new RecordedLog();
    const app = await startApp('express', {
      controllers: [DoorsController],
      providers: [Sessions, TokenVerifier],
      config: {},
      configure: (nest) => nest.useLogger(log),
    });
    try {
      const warned = log.of('warn').filter((line) => line.includes('GUARD_AUTH_UNVERIFIED'));
      const routes = ['bearer @RequireAuth', 'basic @RequireAuth', 'digest @RequireAuth', 'anyKey @ApiKeyAuth'];
      expect(warned).toHaveLength(routes.length);
      for (const route of routes) expect(warned.join('\n')).toContain(`DoorsController.${route} demands`);
    } finally {
      await app.close();
    }
  });

  it('keeps no plain key where policies are shown', async () => {
    const app = await startApp('express', {
      controllers: [DoorsController],
      providers: [Sessions, TokenVerifier],
      config: {},
    });
    try {
      const shown = JSON.stringify(app.app.get(GuardControl).policies());
      expect(shown).toContain('sha256:');
      expect(shown).not.toContain('plain-key');
      expect(shown).not.toMatch(/sha256:[0-9a-f]/);
    } finally {
      await app.close();
    }
  });

  const guarded = (decorator: MethodDecorator) => {
    class GuardedController {
      read() {
        return 'in';
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(GuardedController.prototype, 'read')!;
    Get('read')(GuardedController.prototype, 'read', descriptor);
    decorator(GuardedController.prototype, 'read', descriptor);
    Controller()(GuardedController);
    return startApp('express', { controllers: [GuardedController], config: {} });
  };
  class Missing implements CredentialVerifier {
    verify() {
      return true;
    }
  }
  const as = (value: unknown) => value as never;

  it.each<[string, MethodDecorator, RegExp]>([
    ['no scheme', RequireAuth(as(undefined)), /@RequireAuth: is not a scheme/],
    ['a scheme with blanks', RequireAuth('be arer'), /@RequireAuth: "be arer" is not a scheme/],
    ['verify as text', RequireAuth('bearer', { verify: as('me') }), /@RequireAuth.verify: "me" is neither/],
    [
      'verify that an import cycle left undefined',
      RequireAuth('bearer', { verify: undefined }),
      /\.verify: is neither/,
    ],
    [
      'a class without verify',
      RequireAuth('bearer', { verify: as(class Nothing {}) }),
      /a class without a method verify/,
    ],
    [
      'a class nobody provides',
      RequireAuth('bearer', { verify: Missing }),
      /@RequireAuth.verify: .*cannot be provided/,
    ],
    ['a realm with quotes', RequireAuth('basic', { realm: '"' }), /@RequireAuth.realm/],
    ['an unknown option', RequireAuth('bearer', as({ verfy: 1 })), /@RequireAuth.verfy: is not known/],
    ['no header name', ApiKeyAuth(as({})), /@ApiKeyAuth.headerName: is not the name of a header/],
    ['no options', ApiKeyAuth(as(undefined)), /@ApiKeyAuth: has no argument/],
    ['verify of keys left undefined', ApiKeyAuth({ headerName: 'X-K', verify: undefined }), /\.verify: is neither/],
    ['keys left undefined', ApiKeyAuth({ headerName: 'X-K', keys: undefined }), /@ApiKeyAuth.keys: is not a list/],
    ['no keys', ApiKeyAuth({ headerName: 'X-K', keys: [] }), /@ApiKeyAuth.keys: is empty/],
    [
      'a key with blanks',
      ApiKeyAuth({ headerName: 'X-K', keys: ['a b'] }),
      /keys\[0\]: \[redacted\] can match no header/,
    ],
    ['half a hash', ApiKeyAuth({ headerName: 'X-K', keys: ['sha256:ab'] }), /keys\[0\]: \[redacted\] is no hash/],
    ['no headers', RequireHeaders({}), /@RequireHeaders: {} asks for nothing/],
    ['a header name with blanks', RequireHeaders({ 'a b': 'required' }), /is not the name of a header/],
    ['a header twice', RequireHeaders({ 'X-A': '1', 'x-a': '2' }), /is given twice/],
    ['an empty value', RequireHeaders({ 'X-A': '' }), /@RequireHeaders.X-A: "" can match no header/],
    ['a slow expression', RequireHeaders({ 'X-A': /(a+)+$/ }), /@RequireHeaders.X-A: .* is refused: it backtracks/],
    ['no referrers', RequireReferrer([]), /@RequireReferrer: \[\] is empty/],
    [
      'a referrer with a path',
      RequireReferrer(['myapp.com/shop']),
      /@RequireReferrer\[0\]: "myapp.com\/shop" is not a host/,
    ],
    ['a referrer with a wildcard', RequireReferrer(['*.myapp.com']), /is not a host/],
    ['a referrer of ftp', RequireReferrer(['ftp://myapp.com']), /is not a host/],
  ])('does not happen with %s', async (_, decorator, message) => {
    const started = guarded(decorator);
    started.then(
      (app) => app.close(),
      () => undefined,
    );
    await expect(started).rejects.toThrow(message);
    await expect(started).rejects.toThrow(/GuardedController\.read/);
    await expect(started).rejects.toBeInstanceOf(GuardConfigError);
  });
});
