import { GuardConfigError } from '../../lib/config/config-problem';
import { configWarnings, resolveConfig } from '../../lib/config/resolve-config';
import { compileCors, headerNamesProblems, methodsProblems } from '../../lib/response/cors';
import { CorsConfig, corsOptionsOf } from '../../lib/response/cors.config';
import { originsProblems } from '../../lib/response/cors-origin';
import { ErrorBodyConfig } from '../../lib/response/error-body.config';
import { SecurityHeadersConfig } from '../../lib/response/security-headers.config';
import { eachProblem } from './expect-problem';

const APP = 'https://app.example.com';
const SECTIONS = [CorsConfig, SecurityHeadersConfig, ErrorBodyConfig];

function warningsOf(input: object): string[] {
  return configWarnings(SECTIONS, resolveConfig(SECTIONS, input)).map(({ code, path }) => `${code} ${path}`);
}

describe('origins', () => {
  it.each([
    ['*'],
    ['null'],
    [APP],
    ['http://localhost:3000'],
    ['http://[::1]:3000'],
    ['http://192.0.2.7'],
    ['https://xn--mnchen-3ya.example'],
    ['capacitor://localhost'],
    ['chrome-extension://abcdefghijklmnop'],
    [/^https:\/\/[a-z]+\.example\.com$/],
    [() => true],
  ])('%p', (origin) => {
    expect(originsProblems(origin)).toEqual([]);
    expect(originsProblems([origin])).toEqual([]);
  });

  eachProblem(
    [
      [`${APP}/`, '', /no path/, APP],
      [[APP, `${APP}/path?query`], '[1]', /no path/, APP],
      [`${APP}:443`, '', /default port/, APP],
      ['HTTPS://App.Example.com', '', /lower case/, APP],
      ['https://münchen.example', '', /browser/, 'https://xn--mnchen-3ya.example'],
      ['https://user:secret@app.example.com', '', /browser/, APP],
      ['app.example.com', '', /scheme/, APP],
      ['capacitor://localhost/', '', /no path/, 'capacitor://localhost'],
      ['file:///', '', /scheme/],
      ['', '', /scheme/],
      ['NULL', '', /scheme/, 'https://null'],
      [`${APP},https://b.example`, '', /scheme/],
      ['https://*.example.com', '', /RegExp/, '/^https:\\/\\/[a-z0-9-]+\\.example\\.com$/'],
      [true, '', /RegExp or a function/],
      [null, '', /RegExp or a function/],
      [[[APP]], '[0]', /RegExp or a function/],
    ],
    originsProblems,
  );

  it.each([
    /example\.com/,
    /^https:\/\/app\.example\.com/,
    /https:\/\/app\.example\.com$/,
    /^https:\/\/app\.example\.com\$/,
  ])('a pattern that does not span the origin: %p', (pattern) =>
    expect(originsProblems([pattern])).toMatchObject([
      { path: '[0]', message: expect.stringContaining('whole') as string },
    ]),
  );

  it('a pattern that backtracks', () => {
    expect(originsProblems([/^https:\/\/([a-z]+)+$/])).toMatchObject([
      { path: '[0]', message: expect.stringContaining('backtracks') as string },
    ]);
  });

  it('suggests a pattern that is accepted and does what the placeholder meant', () => {
    const [problem] = originsProblems('https://*.example.com');
    const pattern = new RegExp(problem!.suggestion!.slice(1, -1));
    expect(originsProblems(pattern)).toEqual([]);
    expect([APP, 'https://example.com', 'https://a.b.example.com'].map((origin) => pattern.test(origin))).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('methods', () => {
  eachProblem(
    [
      ['GET', '', /list/],
      [['GET', 'patch'], '[1]', /upper case/, 'PATCH'],
      [['GET,POST'], '[0]', /method/],
      [[''], '[0]', /method/],
      [[1], '[0]', /method/],
    ],
    methodsProblems,
  );
});

describe('header names', () => {
  eachProblem(
    [
      ['X-A', '', /list/],
      [['X-A', 'X B'], '[1]', /header name/],
      [['X-A: b'], '[0]', /header name/],
      [['X-A\r\nX-B'], '[0]', /header name/],
      [[null], '[0]', /header name/],
    ],
    headerNamesProblems,
  );
});

describe('the configuration', () => {
  it('has the documented defaults', () => {
    expect(resolveConfig(SECTIONS, undefined)).toEqual({
      enableCors: false,
      corsAllowOrigins: ['*'],
      corsAllowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      corsAllowHeaders: ['*'],
      corsAllowCredentials: false,
      corsExposeHeaders: [],
      corsMaxAge: 600,
      corsAllowPrivateNetwork: false,
      securityHeaders: {},
      customErrorResponses: {},
    });
  });

  it('reaches every option of the compiled rules', () => {
    const config = resolveConfig(SECTIONS, {
      enableCors: 'true',
      corsAllowOrigins: [APP],
      corsAllowMethods: ['GET'],
      corsAllowHeaders: ['X-A'],
      corsAllowCredentials: true,
      corsExposeHeaders: ['X-B'],
      corsMaxAge: '5',
      corsAllowPrivateNetwork: true,
    });
    const cors = compileCors(corsOptionsOf(config));
    expect(cors.answer({ method: 'GET', headers: { origin: APP } })).toMatchObject({
      headers: [
        ['Access-Control-Allow-Origin', APP],
        ['Access-Control-Allow-Credentials', 'true'],
        ['Access-Control-Expose-Headers', 'X-B'],
      ],
    });
    const headers = {
      origin: APP,
      'access-control-request-method': 'GET',
      'access-control-request-private-network': 'true',
    };
    expect(cors.answer({ method: 'OPTIONS', headers })).toMatchObject({
      status: 204,
      headers: [
        ['Access-Control-Allow-Origin', APP],
        ['Access-Control-Allow-Credentials', 'true'],
        ['Access-Control-Allow-Methods', 'GET'],
        ['Access-Control-Allow-Headers', 'X-A'],
        ['Access-Control-Max-Age', '5'],
        ['Access-Control-Allow-Private-Network', 'true'],
      ],
    });
  });

  it('names every wrong field at once, by its full path', () => {
    const resolve = (): unknown =>
      resolveConfig(SECTIONS, {
        corsAllowOrigins: [`${APP}/`],
        corsAllowMethods: ['patch'],
        corsAllowHeaders: ['X A'],
        corsExposeHeaders: 'X-A',
        corsMaxAge: -1,
        securityHeaders: { hsts: { maxage: 1 } },
        customErrorResponses: { 200: 'fine' },
      });
    expect(resolve).toThrow(GuardConfigError);
    try {
      resolve();
    } catch (error) {
      expect((error as GuardConfigError).problems.map(({ path }) => path).sort()).toEqual([
        'corsAllowHeaders[0]',
        'corsAllowMethods[0]',
        'corsAllowOrigins[0]',
        'corsExposeHeaders',
        'corsMaxAge',
        'customErrorResponses.200',
        'securityHeaders.hsts.maxage',
      ]);
    }
  });

  it.each<[string[], object]>([
    [[], {}],
    [[], { enableCors: true }],
    [[], { enableCors: true, corsAllowOrigins: [APP], corsAllowCredentials: true, corsExposeHeaders: ['X-A'] }],
    [['GUARD_CORS_WILDCARD_CREDENTIALS corsAllowCredentials'], { enableCors: true, corsAllowCredentials: true }],
    [['GUARD_CORS_WILDCARD_ORIGINS corsAllowOrigins'], { enableCors: true, corsAllowOrigins: ['*', APP] }],
    [['GUARD_CORS_NO_ORIGIN corsAllowOrigins'], { enableCors: true, corsAllowOrigins: [] }],
    [
      ['GUARD_CORS_NULL_CREDENTIALS corsAllowOrigins'],
      { enableCors: true, corsAllowOrigins: ['null'], corsAllowCredentials: true },
    ],
    [
      ['GUARD_CORS_WILDCARD_EXPOSE corsExposeHeaders'],
      { enableCors: true, corsAllowOrigins: [APP], corsAllowCredentials: true, corsExposeHeaders: ['*'] },
    ],
    [
      [
        'GUARD_CORS_DISABLED corsAllowOrigins',
        'GUARD_CORS_DISABLED corsAllowCredentials',
        'GUARD_CORS_DISABLED corsExposeHeaders',
        'GUARD_CORS_DISABLED corsAllowPrivateNetwork',
      ],
      {
        corsAllowOrigins: [APP],
        corsAllowCredentials: true,
        corsExposeHeaders: ['X-A'],
        corsAllowPrivateNetwork: true,
      },
    ],
  ])('warns %j', (expected, input) => expect(warningsOf(input)).toEqual(expected));
});
