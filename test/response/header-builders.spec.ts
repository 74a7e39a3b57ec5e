import { validateHeaderName, validateHeaderValue } from 'node:http';
import { compileCors, headerNamesProblems, methodsProblems } from '../../lib/response/cors';
import type { CorsOptions } from '../../lib/response/cors.options';
import { originsProblems } from '../../lib/response/cors-origin';
import type { HeaderField } from '../../lib/response/header-syntax';
import { compileSecurityHeaders, securityHeadersProblems } from '../../lib/response/security-headers';
import type { SecurityHeadersSetting } from '../../lib/response/security-headers.options';

const ROUNDS = 20_000;

/** A small seeded generator (mulberry32), so that a failing round can be repeated. */
function random(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(next() * choices.length)]!;
  const list = <T>(make: () => T): T[] => Array.from({ length: Math.floor(next() * 4) }, make);
  return { next, pick, list };
}

type Random = ReturnType<typeof random>;

const PIECES = [
  'self',
  "'self'",
  "'none'",
  "'nonce'",
  'https:',
  'https://a.example',
  '*',
  'camera=()',
  'X-A',
  'GET',
  'DENY',
  '0',
  'no-referrer',
  'same-origin',
];
const POISON = ['\r\n', '\n', '\0', ';', ',', ' ', '"', '\u2028', 'é', '€', '\x7f', ':', '=', '(', ')', '\t'];

function text({ next, pick }: Random): string {
  const piece = pick(PIECES);
  if (next() < 0.6) return piece;
  const at = Math.floor(next() * (piece.length + 1));
  return piece.slice(0, at) + pick(POISON) + piece.slice(at);
}

function anything(source: Random): unknown {
  const { pick, list, next } = source;
  return pick<() => unknown>([
    () => text(source),
    () => list(() => text(source)),
    () => pick([true, false, null, undefined, 0, -1, 31536000]),
    () => Object.fromEntries(list(() => [text(source), next() < 0.5 ? text(source) : list(() => text(source))])),
  ])();
}

function setting(source: Random): unknown {
  const { pick, list, next } = source;
  const directives = [
    'defaultSrc',
    'script-src',
    'imgSrc',
    'sandbox',
    'reportUri',
    'upgradeInsecureRequests',
    'reportOnly',
  ];
  const made: [string, () => unknown][] = [
    ['csp', () => Object.fromEntries(list(() => [pick(directives), anything(source)]))],
    ['custom', () => Object.fromEntries(list(() => [text(source), text(source)]))],
    [
      'permissionsPolicy',
      () =>
        pick([
          text(source),
          Object.fromEntries(list(() => [pick(['camera', 'syncXhr', text(source)]), anything(source)])),
        ]),
    ],
    ['hsts', () => ({ maxAge: pick<unknown>([0, 31536000, '5', text(source)]), preload: pick([true, false]) })],
    ['frameOptions', () => text(source)],
    ['referrerPolicy', () => anything(source)],
    ['crossOriginOpenerPolicy', () => text(source)],
  ];
  return Object.fromEntries(made.filter(() => next() < 0.3).map(([field, make]) => [field, make()]));
}

// Plain conditions: an `expect` for each of half a million headers would take most of the time.
function check(fields: Iterable<HeaderField>): void {
  for (const [name, value] of fields) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    // Nothing that a parser less strict than Node's would split.
    if (/[\r\n\0\u2028]/.test(value)) throw new Error(`${name} holds a line break: ${JSON.stringify(value)}`);
  }
}

function rejects(compile: () => unknown): boolean {
  try {
    compile();
    return false;
  } catch (error) {
    return error instanceof TypeError;
  }
}

it('security headers: what is not reported is writable, what is reported does not compile', () => {
  const source = random(20261122);
  let sound = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const given = setting(source) as SecurityHeadersSetting;
    if (securityHeadersProblems(given).length > 0) {
      if (!rejects(() => compileSecurityHeaders(given))) throw new Error(`compiled ${JSON.stringify(given)}`);
      continue;
    }
    sound++;
    const { plain, secure, nonce } = compileSecurityHeaders(given);
    check(plain);
    check(secure);
    if (nonce) check([[nonce.name, nonce.value('AAAAAAAAAAAAAAAAAAAAAA==')]]);
    const policy = plain.find(([name]) => name === 'Content-Security-Policy')?.[1] ?? '';
    const asked = Object.entries((given as { csp?: object }).csp ?? {}).filter(
      ([, value]) => value !== false && value !== undefined,
    );
    if (policy !== '')
      expect(policy.split(/[;,]/)).toHaveLength(asked.filter(([name]) => name !== 'reportOnly').length);
  }
  // Both sides of the rule were really visited.
  expect(sound).toBeGreaterThan(ROUNDS / 20);
  expect(sound).toBeLessThan(ROUNDS * 0.9);
});

it('CORS: whatever a client sends, the answer is writable and names no origin that was not admitted', () => {
  const source = random(42);
  const { pick, list, next } = source;
  const origins = ['https://a.example', 'https://b.example', 'null'];
  const subdomain = /^https:\/\/a\.[a-z]+$/;
  for (let round = 0; round < ROUNDS; round++) {
    const options: CorsOptions = {
      allowOrigins: pick<CorsOptions['allowOrigins']>([
        ['*'],
        ['https://a.example'],
        subdomain,
        (origin) => origin === 'https://a.example',
      ]),
      allowMethods: pick([['*'], ['GET'], list(() => text(source))]),
      allowHeaders: pick([['*'], ['X-A'], list(() => text(source))]),
      exposeHeaders: pick([['*'], [], list(() => text(source))]),
      allowCredentials: next() < 0.5,
    };
    const problems = [
      ...originsProblems(options.allowOrigins),
      ...methodsProblems(options.allowMethods),
      ...headerNamesProblems(options.allowHeaders),
      ...headerNamesProblems(options.exposeHeaders),
    ];
    if (problems.length > 0) {
      if (!rejects(() => compileCors(options))) throw new Error(`compiled ${JSON.stringify(options)}`);
      continue;
    }
    const answer = compileCors(options).answer({
      method: pick(['GET', 'OPTIONS']),
      headers: {
        origin: pick([undefined, ...origins, origins.join(', '), text(source), `https://a.example${text(source)}`]),
        'access-control-request-method': pick([undefined, 'PUT', text(source)]),
        'access-control-request-headers': pick([undefined, 'x-a', list(() => text(source)).join(',')]),
      },
    });
    if (answer instanceof Promise) throw new Error('expected a synchronous answer');
    check(answer.headers);
    const fields = Object.fromEntries(answer.headers);
    const allowed = fields['Access-Control-Allow-Origin'];
    if (allowed === '*') expect(fields).not.toHaveProperty('Access-Control-Allow-Credentials');
    else
      expect([allowed ?? 'https://a.example', answer.vary]).toEqual([
        expect.stringMatching(/^https:\/\/a\.[a-z]+$/),
        expect.stringMatching(/^Origin/),
      ]);
  }
});
