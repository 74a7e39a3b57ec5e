import { validateHeaderName, validateHeaderValue } from 'node:http';
import { eachProblem } from './expect-problem';
import { compileSecurityHeaders, securityHeadersProblems } from '../../lib/response/security-headers';
import {
  OWASP_SECURITY_HEADERS,
  type SecurityHeadersOptions,
  type SecurityHeadersSetting,
} from '../../lib/response/security-headers.options';

const HSTS = 'Strict-Transport-Security';

function headersOf(setting: SecurityHeadersSetting | undefined, transport: 'plain' | 'secure' = 'plain') {
  const fields = compileSecurityHeaders(setting)[transport];
  expect(new Set(fields.map(([name]) => name.toLowerCase())).size).toBe(fields.length);
  for (const [name, value] of fields) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
  return Object.fromEntries(fields);
}

describe('defaults', () => {
  const expected = {
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'SAMEORIGIN',
    'X-XSS-Protection': '0',
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    'Permissions-Policy': 'geolocation=(), microphone=(), camera=()',
    'X-Permitted-Cross-Domain-Policies': 'none',
    'X-Download-Options': 'noopen',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };

  it.each([[undefined], [{}], [{ enabled: true }], [{ enabled: 'true' } as unknown as SecurityHeadersOptions]])(
    '%j gives the documented headers, HSTS on secure requests only',
    (setting) => {
      expect(headersOf(setting)).toEqual(expected);
      expect(headersOf(setting, 'secure')).toEqual({ ...expected, [HSTS]: 'max-age=31536000; includeSubDomains' });
    },
  );

  it.each<[SecurityHeadersSetting]>([
    [null],
    [false],
    [{ enabled: false }],
    [{ enabled: false, csp: { defaultSrc: "'self'" } }],
  ])('%j gives none', (setting) => expect(compileSecurityHeaders(setting)).toEqual({ plain: [], secure: [] }));
});

describe('single headers', () => {
  const off: SecurityHeadersOptions = {
    hsts: false,
    csp: false,
    frameOptions: false,
    contentTypeOptions: false,
    xssProtection: false,
    referrerPolicy: false,
    permissionsPolicy: false,
    permittedCrossDomainPolicies: false,
    downloadOptions: false,
    crossOriginOpenerPolicy: false,
    crossOriginResourcePolicy: false,
    crossOriginEmbedderPolicy: false,
  };

  it('false leaves each one out', () => expect(headersOf(off, 'secure')).toEqual({}));

  it.each<[SecurityHeadersOptions, string, string]>([
    [{ hsts: {} }, HSTS, 'max-age=31536000; includeSubDomains'],
    [{ hsts: { maxAge: 0, includeSubdomains: false } }, HSTS, 'max-age=0'],
    [{ hsts: { maxAge: '600' as unknown as number, includeSubdomains: false } }, HSTS, 'max-age=600'],
    [{ hsts: { maxAge: 31536000, preload: true } }, HSTS, 'max-age=31536000; includeSubDomains; preload'],
    [{ frameOptions: 'DENY' }, 'X-Frame-Options', 'DENY'],
    [{ frameOptions: 'deny' as 'DENY' }, 'X-Frame-Options', 'DENY'],
    [{ contentTypeOptions: 'nosniff' }, 'X-Content-Type-Options', 'nosniff'],
    [{ xssProtection: '1; mode=block' }, 'X-XSS-Protection', '1; mode=block'],
    [{ referrerPolicy: 'no-referrer' }, 'Referrer-Policy', 'no-referrer'],
    [{ referrerPolicy: ['no-referrer', 'same-origin'] }, 'Referrer-Policy', 'no-referrer, same-origin'],
    [
      { permissionsPolicy: 'camera=(self "https://a.example"), usb=*' },
      'Permissions-Policy',
      'camera=(self "https://a.example"), usb=*',
    ],
    [{ permissionsPolicy: '\n  camera=(),\r\n  usb=(self)\n' }, 'Permissions-Policy', 'camera=(), usb=(self)'],
    [
      {
        permissionsPolicy: {
          geolocation: [],
          pictureInPicture: 'none',
          camera: ['self', 'https://a.example'],
          usb: '*',
          midi: 'self',
        },
      },
      'Permissions-Policy',
      'geolocation=(), picture-in-picture=(), camera=(self "https://a.example"), usb=*, midi=(self)',
    ],
    [{ permittedCrossDomainPolicies: 'master-only' }, 'X-Permitted-Cross-Domain-Policies', 'master-only'],
    [{ downloadOptions: 'noopen' }, 'X-Download-Options', 'noopen'],
    [{ crossOriginOpenerPolicy: 'same-origin-allow-popups' }, 'Cross-Origin-Opener-Policy', 'same-origin-allow-popups'],
    [{ crossOriginResourcePolicy: 'cross-origin' }, 'Cross-Origin-Resource-Policy', 'cross-origin'],
    [{ crossOriginEmbedderPolicy: 'require-corp' }, 'Cross-Origin-Embedder-Policy', 'require-corp'],
    [{ csp: { defaultSrc: "'self'" } }, 'Content-Security-Policy', "default-src 'self'"],
    [{ custom: { 'X-Custom-Header': 'CustomValue' } }, 'X-Custom-Header', 'CustomValue'],
    [{ custom: { 'x-frame-options': 'ALLOWALL' } }, 'x-frame-options', 'ALLOWALL'],
  ])('%j', (options, name, value) => expect(headersOf({ ...off, ...options }, 'secure')).toEqual({ [name]: value }));

  it('a custom header takes the place of a default that was not asked for', () => {
    const headers = headersOf({ custom: { 'referrer-policy': 'origin' } });
    expect(headers['referrer-policy']).toBe('origin');
    expect(headers).not.toHaveProperty('Referrer-Policy');
  });

  it('takes the example of the seed', () => {
    const headers = headersOf(
      {
        enabled: true,
        hsts: { maxAge: 31536000, includeSubdomains: true, preload: false },
        csp: {
          'default-src': ["'self'"],
          'script-src': ["'self'", 'https://trusted.cdn.com'],
          'style-src': ["'self'", "'unsafe-inline'"],
          'img-src': ["'self'", 'data:', 'https:'],
          'frame-ancestors': ["'none'"],
        },
        frameOptions: 'DENY',
        contentTypeOptions: 'nosniff',
        xssProtection: '1; mode=block',
        referrerPolicy: 'strict-origin-when-cross-origin',
        permissionsPolicy: 'geolocation=(), microphone=(), camera=()',
        custom: { 'X-Custom-Header': 'CustomValue' },
      },
      'secure',
    );
    expect(headers).toMatchObject({
      [HSTS]: 'max-age=31536000; includeSubDomains',
      'Content-Security-Policy':
        "default-src 'self'; script-src 'self' https://trusted.cdn.com; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; frame-ancestors 'none'",
      'X-XSS-Protection': '1; mode=block',
      'X-Custom-Header': 'CustomValue',
    });
  });
});

describe("the preset 'owasp'", () => {
  it('is the published list', () => {
    expect(headersOf('owasp', 'secure')).toMatchObject({
      [HSTS]: 'max-age=31536000; includeSubDomains',
      'X-Frame-Options': 'DENY',
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy':
        "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'X-Permitted-Cross-Domain-Policies': 'none',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Embedder-Policy': 'require-corp',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Permissions-Policy': expect.stringContaining('camera=(), '),
      'Cache-Control': 'no-store',
    });
  });

  it('can be spread and changed', () => {
    expect(headersOf({ ...OWASP_SECURITY_HEADERS, csp: false })).not.toHaveProperty('Content-Security-Policy');
  });
});

describe('problems', () => {
  eachProblem(
    [
      ['owsap', '', /'owasp'/],
      [true, '', /'owasp'/],
      [[], '', /'owasp'/],
      [{ framOptions: 'DENY' }, '.framOptions', /not an option/, 'frameOptions'],
      [{ enabled: 'yes' }, '.enabled', /true or false/],
      [{ hsts: true }, '.hsts', /object or false/],
      [{ hsts: { maxage: 1 } }, '.hsts.maxage', /not an option/, 'maxAge'],
      [{ hsts: { includeSubDomains: true } }, '.hsts.includeSubDomains', /not an option/, 'includeSubdomains'],
      [{ hsts: { maxAge: -1 } }, '.hsts.maxAge', /whole number/],
      [{ hsts: { maxAge: 1.5 } }, '.hsts.maxAge', /whole number/],
      [{ hsts: { maxAge: '1y' } }, '.hsts.maxAge', /whole number/],
      [{ hsts: { maxAge: Infinity } }, '.hsts.maxAge', /whole number/],
      [{ hsts: { maxAge: 31535999, preload: true } }, '.hsts.preload', /31536000/],
      [{ hsts: { includeSubdomains: false, preload: true } }, '.hsts.preload', /includeSubdomains/],
      [{ frameOptions: 'ALLOW-FROM https://a.example' }, '.frameOptions', /'SAMEORIGIN', 'DENY' or false/],
      [{ frameOptions: 'SAMEORIGN' }, '.frameOptions', /must be/, 'SAMEORIGIN'],
      [{ frameOptions: null }, '.frameOptions', /or false/],
      [{ contentTypeOptions: true }, '.contentTypeOptions', /'nosniff' or false/],
      [{ xssProtection: 0 }, '.xssProtection', /'0'/, '0'],
      [{ referrerPolicy: 'no-referer' }, '.referrerPolicy', /must be/, 'no-referrer'],
      [{ referrerPolicy: ['same-origin', 'x'] }, '.referrerPolicy[1]', /must be/],
      [{ referrerPolicy: [] }, '.referrerPolicy', /empty/],
      [{ permissionsPolicy: "geolocation 'none'" }, '.permissionsPolicy', /geolocation=\(\)/],
      [{ permissionsPolicy: 'camera=()\r\nX: y' }, '.permissionsPolicy', /members/],
      [{ permissionsPolicy: '' }, '.permissionsPolicy', /members/],
      [{ permissionsPolicy: {} }, '.permissionsPolicy', /no feature/],
      [{ permissionsPolicy: { 'a b': [] } }, '.permissionsPolicy.a b', /feature name/],
      [{ permissionsPolicy: { camera: ["'self'"] } }, '.permissionsPolicy.camera[0]', /must be/, 'self'],
      [{ permissionsPolicy: { camera: ['https://a.example/"'] } }, '.permissionsPolicy.camera[0]', /must be/],
      [{ permissionsPolicy: { camera: true } }, '.permissionsPolicy.camera', /must be/],
      [{ permittedCrossDomainPolicies: 'some' }, '.permittedCrossDomainPolicies', /must be/],
      [{ downloadOptions: 'open' }, '.downloadOptions', /'noopen'/],
      [{ crossOriginOpenerPolicy: 'same-site' }, '.crossOriginOpenerPolicy', /must be/],
      [{ crossOriginResourcePolicy: 'none' }, '.crossOriginResourcePolicy', /must be/],
      [{ crossOriginEmbedderPolicy: true }, '.crossOriginEmbedderPolicy', /require-corp/],
      [{ custom: ['X-A: b'] }, '.custom', /object/],
      [{ custom: { 'X A': 'b' } }, '.custom.X A', /header name/],
      [{ custom: { 'X-A:': 'b' } }, '.custom.X-A:', /header name/],
      [{ custom: { '': 'b' } }, '.custom.', /header name/],
      [{ custom: { 'X-A': 1 } }, '.custom.X-A', /text/],
      [{ custom: { 'X-A': 'b\r\nX-B: c' } }, '.custom.X-A', /line breaks/],
      [{ custom: { 'X-A': 'b\nX-B: c' } }, '.custom.X-A', /line breaks/],
      [{ custom: { 'X-A': 'b\0' } }, '.custom.X-A', /control/],
      [{ custom: { 'X-A': '€' } }, '.custom.X-A', /latin-1/],
      [{ custom: { 'X-A': 'b', 'x-a': 'c' } }, '.custom.x-a', /twice/],
      [{ custom: { 'strict-transport-security': 'max-age=1' } }, '.custom.strict-transport-security', /hsts/],
      [{ custom: { 'Access-Control-Allow-Origin': '*' } }, '.custom.Access-Control-Allow-Origin', /enableCors/],
      [{ custom: { 'Content-Length': '0' } }, '.custom.Content-Length', /single answer/],
      [{ frameOptions: 'DENY', custom: { 'X-Frame-Options': 'DENY' } }, '.custom.X-Frame-Options', /own option/],
      [
        { csp: { imgSrc: '*' }, custom: { 'Content-Security-Policy': 'x' } },
        '.custom.Content-Security-Policy',
        /own option/,
      ],
    ],
    (setting) => {
      const found = securityHeadersProblems(setting);
      expect(() => compileSecurityHeaders(setting as SecurityHeadersSetting)).toThrow(
        `securityHeaders${found[0]?.path}`,
      );
      return found;
    },
  );

  it('lists all of them at once', () => {
    const setting = {
      hst: {},
      frameOptions: 'X',
      hsts: { maxAge: -1 },
      csp: { imgSrc: ['self', 'a;b'] },
      custom: { 'a b': '' },
    };
    expect(
      securityHeadersProblems(setting)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['.hst', '.frameOptions', '.hsts.maxAge', '.csp.imgSrc[0]', '.csp.imgSrc[1]', '.custom.a b'].sort());
  });

  it('reports what a switched-off section would do wrong', () => {
    expect(securityHeadersProblems({ enabled: false, frameOptions: 'X' })).toHaveLength(1);
  });
});
