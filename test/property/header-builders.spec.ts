import { validateHeaderName, validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { type CorsAnswer, compileCors, headerNamesProblems, methodsProblems } from '../../lib/response/cors';
import { originsProblems } from '../../lib/response/cors-origin';
import { appendVary, type HeaderField } from '../../lib/response/header-syntax';
import { compileSecurityHeaders, securityHeadersProblems } from '../../lib/response/security-headers';
import type { SecurityHeadersSetting } from '../../lib/response/security-headers.options';
import { patience, runs, same } from '../support/property';

/** Everything goes out as it stands: nothing that Node refuses, and nothing that a laxer parser would split. */
function writable(fields: Iterable<HeaderField>): void {
  for (const [name, value] of fields) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    if (/[\r\n\0\u0085\u2028\u2029]/.test(value)) throw new Error(`${name}: ${fc.stringify(value)}`);
  }
}

function throws(compile: () => unknown): boolean {
  try {
    compile();
    return false;
  } catch (error) {
    return error instanceof TypeError;
  }
}

const poison = fc.constantFrom(
  '\r\n',
  '\n',
  '\r',
  '\0',
  ';',
  ',',
  ' ',
  '"',
  "'",
  '\u2028',
  'é',
  '€',
  '\x7f',
  '\t',
  '\\',
  '=',
);
const word = fc.constantFrom(
  ...[
    "'self'",
    "'none'",
    'self',
    "'nonce'",
    'https:',
    'https://a.example',
    '*',
    'camera=()',
    'X-A',
    'GET',
    'DENY',
    '0',
  ],
  ...['no-referrer', 'same-origin', 'default-src', 'SAMEORIGIN', 'allow-scripts', 'null', '{{nonce}}'],
);
const text = fc.oneof(
  { weight: 4, arbitrary: word },
  {
    weight: 2,
    arbitrary: fc
      .tuple(word, poison, fc.nat({ max: 12 }))
      .map(([start, bad, at]) => start.slice(0, at) + bad + start.slice(at)),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
);
const anything = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 3, arbitrary: fc.array(text, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(true, false, null, undefined, 0, -1, 31_536_000, NaN) },
  { weight: 1, arbitrary: fc.anything({ maxDepth: 1, maxKeys: 2 }) },
);
const directive = fc.oneof(
  fc.constantFrom(
    'defaultSrc',
    'script-src',
    'imgSrc',
    'sandbox',
    'reportUri',
    'upgradeInsecureRequests',
    'reportOnly',
  ),
  text,
);
/** Sound values often enough that whole settings are sound, too. */
const mostly = (sound: fc.Arbitrary<unknown>, rest: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 9, arbitrary: sound }, { weight: 1, arbitrary: rest });

const source = fc.constantFrom("'self'", "'none'", 'https:', 'https://a.example', '*.a.example', 'data:');
const lines = fc.array(fc.constantFrom('camera=()', 'usb=(self)', '\r\n', '\n', ' ', '\t', ',', ', '), {
  minLength: 1,
  maxLength: 5,
});
const printable = fc.string({ unit: 'grapheme-ascii', maxLength: 20 });
const setting = fc.record(
  {
    enabled: mostly(fc.boolean(), text),
    csp: mostly(
      fc.dictionary(
        fc.constantFrom('defaultSrc', 'script-src', 'imgSrc', 'base-uri'),
        mostly(fc.array(source, { minLength: 1, maxLength: 1 }), anything),
        { minKeys: 1, maxKeys: 3 },
      ),
      fc.oneof(fc.dictionary(directive, anything, { maxKeys: 3 }), anything),
    ),
    custom: fc.dictionary(
      mostly(fc.constantFrom('X-A', 'X-B', 'Server'), text) as fc.Arbitrary<string>,
      mostly(printable, text),
      {
        maxKeys: 3,
      },
    ),
    permissionsPolicy: mostly(
      fc.dictionary(fc.constantFrom('camera', 'syncXhr'), fc.constantFrom([], ['self'], ['https://a.example']), {
        minKeys: 1,
      }),
      fc.oneof(
        text,
        lines.map((parts) => parts.join('')),
        fc.dictionary(text, anything, { maxKeys: 3 }),
      ),
    ),
    hsts: fc.record(
      { maxAge: mostly(fc.nat({ max: 2 ** 26 }), text), includeSubdomains: fc.boolean() },
      { requiredKeys: [] },
    ),
    frameOptions: mostly(fc.constantFrom('DENY', 'SAMEORIGIN', false), anything),
    referrerPolicy: mostly(fc.constantFrom('no-referrer', ['origin', 'strict-origin'], false), anything),
    crossOriginOpenerPolicy: mostly(fc.constantFrom('same-origin', 'unsafe-none'), text),
  },
  { requiredKeys: [] },
);

it(
  'security headers: what is not reported can be written, what is reported does not compile',
  () => {
    let sound = 0;
    let unsound = 0;
    fc.assert(
      fc.property(setting, (given) => {
        const asked = given as SecurityHeadersSetting;
        if (securityHeadersProblems(asked).length > 0) {
          unsound++;
          same(
            throws(() => compileSecurityHeaders(asked)),
            true,
          );
          return;
        }
        sound++;
        const { plain, secure, nonce } = compileSecurityHeaders(asked);
        writable(plain);
        writable(secure);
        if (nonce) writable([[nonce.name, nonce.value('AAAAAAAAAAAAAAAAAAAAAA==')]]);
        for (const list of [plain, secure]) {
          same(new Set(list.map(([name]) => name.toLowerCase())).size, list.length);
        }
        same(
          plain.some(([name]) => name.toLowerCase() === 'strict-transport-security'),
          false,
        );
      }),
      runs(8_000),
    );
    // Both sides of the rule were visited.
    expect(sound).toBeGreaterThan(100);
    expect(unsound).toBeGreaterThan(100);
  },
  patience(),
);

describe('CORS', () => {
  const ADMITTED = ['https://a.example', 'https://b.example:8443'];
  const origin = fc.oneof(
    fc.constantFrom(...ADMITTED, 'null', 'https://evil.example', 'https://a.example.evil.example', 'http://a.example'),
    fc.constantFrom(
      'https://A.example',
      'https://a.example/',
      'https://a.example:443',
      'https://a.example, https://evil.example',
    ),
    fc.tuple(fc.constantFrom(...ADMITTED), text).map(([start, rest]) => start + rest),
    text,
  );
  const options = fc.record({
    allowOrigins: fc.constantFrom<readonly (string | string[] | RegExp)[]>(
      ['*'],
      ADMITTED,
      ADMITTED.map((name) => new RegExp(`^${name.replaceAll('.', '\\.')}$`)),
    ),
    allowMethods: fc.oneof(fc.constantFrom(['*'], ['GET']), fc.array(text, { maxLength: 3 })),
    allowHeaders: fc.oneof(fc.constantFrom(['*'], ['X-A']), fc.array(text, { maxLength: 3 })),
    exposeHeaders: fc.oneof(fc.constantFrom(['*'], []), fc.array(text, { maxLength: 3 })),
    allowCredentials: fc.boolean(),
    allowPrivateNetwork: fc.boolean(),
  });
  const request = fc.record({
    method: fc.constantFrom('GET', 'OPTIONS', 'POST'),
    headers: fc.record(
      {
        origin,
        'access-control-request-method': fc.oneof(fc.constantFrom('PUT', 'patch'), text),
        'access-control-request-headers': fc.oneof(
          text,
          fc.array(text, { maxLength: 4 }).map((names) => names.join(',')),
        ),
        'access-control-request-private-network': fc.constantFrom('true', 'false'),
      },
      { requiredKeys: [] },
    ),
  });

  it(
    'whatever a client sends, the answer can be written and admits nobody else',
    () => {
      let sound = 0;
      fc.assert(
        fc.property(options, request, (given, asked) => {
          const { allowOrigins, allowMethods, allowHeaders, exposeHeaders } = given;
          const problems = [
            ...originsProblems(allowOrigins),
            ...methodsProblems(allowMethods),
            ...headerNamesProblems(allowHeaders),
            ...headerNamesProblems(exposeHeaders),
          ];
          if (problems.length > 0) {
            same(
              throws(() => compileCors(given as Parameters<typeof compileCors>[0])),
              true,
            );
            return;
          }
          sound++;
          const answer = compileCors(given as Parameters<typeof compileCors>[0]).answer(asked) as CorsAnswer;
          writable(answer.headers);
          const fields = new Map(answer.headers.map(([name, value]) => [name.toLowerCase(), value]));
          same(fields.size, answer.headers.length);
          const allowed = fields.get('access-control-allow-origin');
          if (allowOrigins[0] === '*') {
            same(allowed, '*');
            same(fields.has('access-control-allow-credentials'), false);
          } else {
            same(allowed, ADMITTED.includes(asked.headers.origin ?? '') ? asked.headers.origin : undefined);
            same(/(?:^|, )Origin(?:,|$)/.test(answer.vary ?? ''), true);
          }
          if (allowed === undefined) same(fields.size, 0);
          for (const name of ['access-control-allow-methods', 'access-control-allow-headers']) {
            same(/[^\w!#$%&'*+\-.^`|~, ]/.test(fields.get(name) ?? ''), false);
          }
        }),
        runs(8_000),
      );
      expect(sound).toBeGreaterThan(100);
    },
    patience(),
  );
});

it(
  'Vary keeps what it had and gains what is added, once',
  () => {
    const name = fc.constantFrom('Origin', 'origin', 'Accept', 'ACCEPT-ENCODING', 'X-A', '*', ' ', '');
    const value = fc.array(name, { maxLength: 5 }).map((names) => names.join(', '));
    const members = (list: string): Set<string> =>
      new Set(list.split(',').map((member) => member.trim().toLowerCase()).filter(Boolean)); // prettier-ignore
    fc.assert(
      fc.property(
        fc.oneof(value, fc.array(value, { maxLength: 3 })),
        fc.constantFrom('Origin', 'Origin, Accept'),
        (before, added) => {
          const after = appendVary(before, added);
          const expected = members(`${[before].flat().join(',')},${added}`);
          const found = members(after);
          if (expected.has('*')) same(after, '*');
          else same(found.size === expected.size && [...expected].every((member) => found.has(member)), true);
          same(appendVary(after, added), after);
        },
      ),
      runs(2_000),
    );
  },
  patience(),
);
