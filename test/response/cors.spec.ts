import { type IncomingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http';
import { compileCors, type CorsAnswer } from '../../lib/response/cors';
import type { CorsOptions, CorsOriginFunction } from '../../lib/response/cors.options';

const APP = 'https://app.example.com';
const EVIL = 'https://evil.example';

interface Asked {
  readonly origin?: string;
  readonly method?: string;
  readonly asksMethod?: string;
  readonly asksHeaders?: string;
  readonly asksPrivateNetwork?: string;
}

function ask(
  options: CorsOptions,
  { origin, method = 'GET', asksMethod, asksHeaders, asksPrivateNetwork }: Asked = {},
) {
  const headers: IncomingHttpHeaders = {};
  if (origin !== undefined) headers.origin = origin;
  if (asksMethod !== undefined) headers['access-control-request-method'] = asksMethod;
  if (asksHeaders !== undefined) headers['access-control-request-headers'] = asksHeaders;
  if (asksPrivateNetwork !== undefined) headers['access-control-request-private-network'] = asksPrivateNetwork;
  return compileCors(options).answer({ method, headers });
}

/** The answer as one object with short names, each field checked as Node will check it. */
function shown({ status, headers, vary }: CorsAnswer): Record<string, unknown> {
  for (const [name, value] of headers) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
  expect(new Set(headers.map(([name]) => name)).size).toBe(headers.length);
  const short = headers.map(([name, value]) => [name.replace('Access-Control-', ''), value]);
  return { ...(status && { status }), ...Object.fromEntries(short), ...(vary && { Vary: vary }) };
}

function now(answer: CorsAnswer | Promise<CorsAnswer>): Record<string, unknown> {
  if (answer instanceof Promise) throw new Error('expected a synchronous answer');
  return shown(answer);
}

const preflight = (origin?: string, more: Partial<Asked> = {}): Asked => ({
  origin,
  method: 'OPTIONS',
  asksMethod: 'PUT',
  ...more,
});
const METHODS = 'GET, POST, PUT, PATCH, DELETE, OPTIONS';

describe('an actual response', () => {
  const listed = { allowOrigins: [APP, 'http://localhost:3000'] };
  const own = { 'Allow-Origin': APP, Vary: 'Origin' };
  const silent = { Vary: 'Origin' };

  it.each<[string, CorsOptions, Asked, Record<string, unknown>]>([
    ['any origin', {}, { origin: EVIL }, { 'Allow-Origin': '*' }],
    ['any origin, none sent', {}, {}, { 'Allow-Origin': '*' }],
    ['any origin, null', {}, { origin: 'null' }, { 'Allow-Origin': '*' }],
    ['listed', listed, { origin: APP }, own],
    [
      'listed, with port',
      listed,
      { origin: 'http://localhost:3000' },
      { ...own, 'Allow-Origin': 'http://localhost:3000' },
    ],
    ['a single text', { allowOrigins: APP }, { origin: APP }, own],
    ['none sent', listed, {}, silent],
    ['not listed', listed, { origin: EVIL }, silent],
    ['other scheme', listed, { origin: 'http://app.example.com' }, silent],
    ['other port', listed, { origin: `${APP}:8443` }, silent],
    ['other case', listed, { origin: 'https://APP.example.com' }, silent],
    ['a longer host', listed, { origin: `${APP}.evil.example` }, silent],
    ['a suffix', listed, { origin: 'https://evil-app.example.com' }, silent],
    ['two joined origins', listed, { origin: `${APP}, ${APP}` }, silent],
    ['empty', listed, { origin: '' }, silent],
    ['null, not listed', listed, { origin: 'null' }, silent],
    ['null, listed', { allowOrigins: ['null'] }, { origin: 'null' }, { 'Allow-Origin': 'null', Vary: 'Origin' }],
    ['an inherited name', listed, { origin: 'constructor' }, silent],
    ['credentials', { ...listed, allowCredentials: true }, { origin: APP }, { ...own, 'Allow-Credentials': 'true' }],
    ['credentials, not listed', { ...listed, allowCredentials: true }, { origin: EVIL }, silent],
    ['any origin drops credentials', { allowCredentials: true }, { origin: APP }, { 'Allow-Origin': '*' }],
    [
      'any origin among others drops them too',
      { allowOrigins: [APP, '*'], allowCredentials: true },
      { origin: APP },
      { 'Allow-Origin': '*' },
    ],
    [
      'exposed headers',
      { ...listed, exposeHeaders: ['X-A', 'X-B'] },
      { origin: APP },
      { ...own, 'Expose-Headers': 'X-A, X-B' },
    ],
    ['exposed headers, not listed', { ...listed, exposeHeaders: ['X-A'] }, { origin: EVIL }, silent],
    ['everything exposed', { exposeHeaders: ['*'] }, {}, { 'Allow-Origin': '*', 'Expose-Headers': '*' }],
    [
      'everything exposed with credentials names nothing',
      { ...listed, allowCredentials: true, exposeHeaders: ['*', 'X-A'] },
      { origin: APP },
      { ...own, 'Allow-Credentials': 'true', 'Expose-Headers': 'X-A' },
    ],
    ['nobody listed', { allowOrigins: [] }, { origin: APP }, silent],
    ['OPTIONS that is no preflight', listed, { origin: APP, method: 'OPTIONS' }, own],
    ['OPTIONS without an origin', listed, { method: 'OPTIONS', asksMethod: 'PUT' }, silent],
    ['OPTIONS with an empty method', listed, { origin: APP, method: 'OPTIONS', asksMethod: '' }, own],
    ['preflight fields on another method', listed, { origin: APP, asksMethod: 'PUT' }, own],
  ])('%s', (_, options, asked, expected) => expect(now(ask(options, asked))).toEqual(expected));

  it('is the same object for a listed origin every time', () => {
    const cors = compileCors(listed);
    const request = { method: 'GET', headers: { origin: APP } };
    expect(cors.answer(request)).toBe(cors.answer(request));
  });
});

describe('a preflight', () => {
  const listed = { allowOrigins: [APP] };
  const withCredentials = { ...listed, allowCredentials: true };
  const usual = { status: 204, 'Allow-Methods': METHODS, 'Allow-Headers': '*, Authorization', 'Max-Age': '600' };
  const own = { 'Allow-Origin': APP, 'Allow-Credentials': 'true' };

  it.each<[string, CorsOptions, Asked, Record<string, unknown>]>([
    ['any origin', {}, preflight(EVIL), { ...usual, 'Allow-Origin': '*' }],
    ['listed', listed, preflight(APP), { ...usual, 'Allow-Origin': APP, Vary: 'Origin' }],
    ['not listed', listed, preflight(EVIL), { status: 204, Vary: 'Origin' }],
    ['max age', { maxAge: 5 }, preflight(APP), { ...usual, 'Allow-Origin': '*', 'Max-Age': '5' }],
    ['max age 0', { maxAge: 0 }, preflight(APP), { ...usual, 'Allow-Origin': '*', 'Max-Age': '0' }],
    [
      'lists',
      { allowMethods: ['GET', 'PURGE'], allowHeaders: ['X-A', 'content-type'] },
      preflight(APP),
      { ...usual, 'Allow-Origin': '*', 'Allow-Methods': 'GET, PURGE', 'Allow-Headers': 'X-A, content-type' },
    ],
    ['all methods', { allowMethods: ['*'] }, preflight(APP), { ...usual, 'Allow-Origin': '*', 'Allow-Methods': '*' }],
    [
      'Authorization is listed once',
      { allowHeaders: ['*', 'authorization'] },
      preflight(APP),
      { ...usual, 'Allow-Origin': '*', 'Allow-Headers': '*, authorization' },
    ],
    [
      'no headers allowed',
      { allowHeaders: [] },
      preflight(APP),
      { status: 204, 'Allow-Origin': '*', 'Allow-Methods': METHODS, 'Max-Age': '600' },
    ],
    [
      'exposed headers are not its business',
      { exposeHeaders: ['X-A'] },
      preflight(APP),
      { ...usual, 'Allow-Origin': '*' },
    ],
    [
      'credentials repeat the headers asked for',
      withCredentials,
      preflight(APP, { asksHeaders: 'authorization,x-a' }),
      { ...usual, ...own, 'Allow-Headers': 'authorization, x-a', Vary: 'Origin, Access-Control-Request-Headers' },
    ],
    [
      'credentials repeat the method asked for',
      { ...withCredentials, allowMethods: ['*'], allowHeaders: ['X-A'] },
      preflight(APP),
      {
        ...usual,
        ...own,
        'Allow-Methods': 'PUT',
        'Allow-Headers': 'X-A',
        Vary: 'Origin, Access-Control-Request-Method',
      },
    ],
    [
      'no origin gains credentials through any',
      { allowCredentials: true },
      preflight(APP, { asksHeaders: 'x-a' }),
      { ...usual, 'Allow-Origin': '*' },
    ],
    [
      'private network, not opted in',
      listed,
      preflight(APP, { asksPrivateNetwork: 'true' }),
      { ...usual, 'Allow-Origin': APP, Vary: 'Origin' },
    ],
    [
      'private network',
      { ...listed, allowPrivateNetwork: true },
      preflight(APP, { asksPrivateNetwork: 'true' }),
      {
        ...usual,
        'Allow-Origin': APP,
        'Allow-Private-Network': 'true',
        Vary: 'Origin, Access-Control-Request-Private-Network',
      },
    ],
    [
      'private network, not asked for',
      { ...listed, allowPrivateNetwork: true },
      preflight(APP),
      { ...usual, 'Allow-Origin': APP, Vary: 'Origin, Access-Control-Request-Private-Network' },
    ],
    [
      'private network, not listed',
      { ...listed, allowPrivateNetwork: true },
      preflight(EVIL, { asksPrivateNetwork: 'true' }),
      { status: 204, Vary: 'Origin, Access-Control-Request-Private-Network' },
    ],
  ])('%s', (_, options, asked, expected) => expect(now(ask(options, asked))).toEqual(expected));

  it.each(['x-a\r\nset-cookie: b=c', 'x a', 'x-a,"b"', 'x-é', ',', 'x'.repeat(2049)])(
    'never repeats header names that are none: %j',
    (asksHeaders) =>
      expect(now(ask(withCredentials, preflight(APP, { asksHeaders })))).not.toHaveProperty('Allow-Headers'),
  );

  it('never repeats a method that is none', () => {
    const answer = ask({ ...withCredentials, allowMethods: ['*'] }, preflight(APP, { asksMethod: 'PUT, GET' }));
    expect(now(answer)).not.toHaveProperty('Allow-Methods');
  });
});

describe('patterns and functions', () => {
  const subdomain = /^https:\/\/[a-z0-9-]+\.example\.com$/;

  it.each<[string, CorsOptions['allowOrigins'], string, boolean]>([
    ['pattern', subdomain, APP, true],
    ['pattern in a list', ['https://a.example', subdomain], APP, true],
    ['pattern, other host', subdomain, EVIL, false],
    ['pattern, longer host', subdomain, `${APP}.evil.example`, false],
    ['pattern, path', /^https:\/\/.*$/, `${APP}/x`, false],
    ['pattern, two origins', /^https:\/\/.*$/, `${APP}, ${EVIL}`, false],
    ['pattern, null', /^.*$/, 'null', false],
    ['pattern, user information', /^https:\/\/.*$/, 'https://app.example.com@evil.example', false],
    ['pattern, absurd length', /^https:\/\/.*$/, `https://${'a'.repeat(400)}`, false],
    [
      'pattern whose alternatives are half anchored',
      /^https:\/\/a\.example|b\.example$/,
      'https://evil.example/?b.example',
      false,
    ],
    [
      'pattern whose alternatives are half anchored, longer host',
      /^https:\/\/a\.example|b\.example$/,
      'https://a.example.evil.example',
      false,
    ],
    ['pattern with state', /^https:\/\/app\.example\.com$/g, APP, true],
    ['pattern without letter case', /^HTTPS:\/\/APP\.example\.com$/i, APP, true],
    ['function', (origin: string) => origin === APP, APP, true],
    ['function, no', () => false, APP, false],
    ['function, something true-ish', (() => 'yes') as unknown as CorsOriginFunction, APP, false],
    ['function, nothing', (() => undefined) as unknown as CorsOriginFunction, APP, false],
    ['function is not asked about null', () => true, 'null', false],
    ['function is not asked about two origins', () => true, `${APP}, ${EVIL}`, false],
    ['function after a pattern', [subdomain, (origin) => origin === EVIL], EVIL, true],
  ])('%s', (_, allowOrigins, origin, admitted) => {
    const cors = compileCors({ allowOrigins, allowCredentials: true });
    for (let round = 0; round < 2; round++) {
      expect(now(cors.answer({ method: 'GET', headers: { origin } }))).toEqual(
        admitted ? { 'Allow-Origin': origin, 'Allow-Credentials': 'true', Vary: 'Origin' } : { Vary: 'Origin' },
      );
    }
  });

  it.each<[string, CorsOriginFunction[], boolean]>([
    ['yes', [async () => true], true],
    ['no', [async () => false], false],
    ['true-ish', [(async () => 1) as unknown as CorsOriginFunction], false],
    ['no, then a later yes', [async () => false, () => false, async () => true], true],
    ['a rejection, then a later yes', [async () => Promise.reject(new Error('down')), () => true], true],
  ])('a promise: %s', async (_, allowOrigins, admitted) => {
    for (const asked of [{ origin: APP }, preflight(APP)]) {
      const answer = ask({ allowOrigins, allowMethods: ['*'] }, asked);
      expect(answer).toBeInstanceOf(Promise);
      expect(shown(await answer)['Allow-Origin']).toBe(admitted ? APP : undefined);
    }
  });

  it('asks no function about a listed origin or without one', () => {
    const decide = jest.fn(() => true);
    now(ask({ allowOrigins: [APP, decide] }, { origin: APP }));
    now(ask({ allowOrigins: [APP, decide] }));
    expect(decide).not.toHaveBeenCalled();
  });

  it('denies and tells when a function throws or rejects', async () => {
    const errors: unknown[] = [];
    const onOriginError = (error: unknown): void => void errors.push((error as Error).message);
    const thrower = (): never => {
      throw new Error('thrown');
    };
    expect(now(ask({ allowOrigins: thrower, onOriginError }, { origin: APP }))).toEqual({ Vary: 'Origin' });
    const rejecting = async (): Promise<boolean> => Promise.reject(new Error('rejected'));
    expect(shown(await ask({ allowOrigins: rejecting, onOriginError }, { origin: APP }))).toEqual({ Vary: 'Origin' });
    expect(now(ask({ allowOrigins: thrower }, { origin: APP }))).toEqual({ Vary: 'Origin' });
    expect(errors).toEqual(['thrown', 'rejected']);
  });
});

it.each<[CorsOptions, string]>([
  [{ allowOrigins: ['app.example.com'] }, 'allowOrigins[0]'],
  [{ allowMethods: ['patch'] }, 'allowMethods[0]'],
  [{ allowHeaders: ['X A'] }, 'allowHeaders[0]'],
  [{ exposeHeaders: ['X-A\n'] }, 'exposeHeaders[0]'],
  [{ maxAge: -1 }, 'maxAge'],
])('refuses to compile %j', (options, path) => expect(() => compileCors(options)).toThrow(path));
