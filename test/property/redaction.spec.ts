import fc from 'fast-check';
import { LiveConfig } from '../../lib/config/live-config';
import { resolveConfig } from '../../lib/config/resolve-config';
import { GUARD_CONFIG_SECTIONS } from '../../lib/guard.config-sections';
import { jsonLine, textLine } from '../../lib/observability/log-line';
import { Redaction } from '../../lib/observability/redaction.service';
import type { GuardedRequest } from '../../lib/platform/guarded-request';
import { guardedRequest } from '../../lib/testing';
import { patience, runs, same } from '../support/property';

const logSensitive = { headers: ['X-Patient'], params: ['invite'], bodyFields: ['iban'] };
const config = resolveConfig(GUARD_CONFIG_SECTIONS, { logSensitive });
const redaction = new Redaction(new LiveConfig(config, GUARD_CONFIG_SECTIONS));
redaction.protectHeader('X-Partner');

/** No line holds this by chance, and no part of a secret is cut so that it loses it. */
const MARK = 'zqxplanted';
const edge = fc.string({ unit: fc.constantFrom(...'abcXYZ0189-_.~+/=!*$\'"\\,:;&%#?@ éß{}[]<>'), maxLength: 6 });
const secret = fc
  .tuple(edge, fc.nat({ max: 9_999 }), edge)
  .map(([head, number, tail]) => `${head}${MARK}${number}${tail}`);
/** Without what a header or a cookie cannot carry. */
const headerSecret = secret.map((text) => text.replace(/[^\x21-\x7e]|[;,"\\]/g, 'x'));

const planted = fc.record({
  bearer: headerSecret,
  basic: secret,
  key: headerSecret,
  partner: headerSecret,
  patient: headerSecret,
  cookie: headerSecret,
  token: secret,
  invite: secret,
  password: secret,
  iban: fc.oneof(secret, fc.array(secret, { minLength: 1, maxLength: 2 }), fc.record({ value: secret })),
  scheme: fc.constantFrom('Bearer', 'bearer', 'Token', 'Basic', 'Custom'),
});
type Planted = typeof planted extends fc.Arbitrary<infer Value> ? Value : never;

function requestWith(secrets: Planted): GuardedRequest {
  const { bearer, basic, key, partner, patient, cookie, token, invite, password, iban, scheme } = secrets;
  const credential = scheme === 'Basic' ? Buffer.from(`ada:${basic}`).toString('base64') : bearer;
  const query = new URLSearchParams({ token, page: '2', invite }).toString();
  return guardedRequest({
    method: 'POST',
    path: `/orders?${query}`,
    headers: {
      authorization: `${scheme} ${credential}`,
      'x-api-key': key,
      'x-partner': partner,
      'x-patient': patient,
      cookie: `theme=${cookie}; lang=en`,
    },
    body: { user: { name: 'ada', password }, iban, items: [{ accessToken: token }] },
  });
}

/** What code that fails, checks that explain themselves and detectors that quote may say about a request. */
const QUOTATIONS: readonly ((request: GuardedRequest, secrets: Planted) => string)[] = [
  ({ url }) => `no route for ${url}`,
  ({ rawQuery }) => `query ${rawQuery}`,
  ({ rawQuery }) => `query ${decodeURIComponent(rawQuery.replaceAll('+', ' '))}`,
  ({ query }) => JSON.stringify(query),
  ({ headers }) => `headers ${JSON.stringify(headers)}`,
  ({ headers }) =>
    Object.entries(headers)
      .map(([name, value]) => `${name}: ${String(value)}`)
      .join('\r\n'),
  ({ headers }) => `bad credentials ${String(headers.authorization)}`,
  ({ headers }) => `session ${String(headers.cookie)} expired`,
  ({ body }) => `body ${JSON.stringify(body)}`,
  ({ body }) => JSON.stringify(body, null, 2),
  ({ body }) => JSON.stringify(JSON.stringify(body)),
  (_, { basic, scheme }) => (scheme === 'Basic' ? `ada:${basic} is unknown` : ''),
  (_, { password }) => `weak password: ${password}`,
  (_, { token }) => `token ${token} is unknown`,
  (_, { cookie, key, partner, patient }) => `no theme ${cookie}, no keys ${key} and ${partner}, no patient ${patient}`,
  (_, { bearer, scheme }) => (scheme === 'Basic' ? '' : `jwt malformed: ${bearer}`),
  (_, { iban }) => `iban ${typeof iban === 'string' ? iban : JSON.stringify(iban)} is wrong`,
];
const quotation = fc.constantFrom(...QUOTATIONS);

const clean = (text: string): void => {
  if (text.includes(MARK)) throw new Error(`a secret is in ${text}`);
};

function lines(fields: object): string[] {
  const record = {
    at: new Date(0),
    level: 'WARNING',
    event: 'refused',
    fields: fields as Record<string, object>,
  } as const;
  return [textLine(record), jsonLine(record)];
}

it(
  'no text that quotes a request holds one of its secrets',
  () => {
    fc.assert(
      fc.property(planted, quotation, quotation, (secrets, quote, other) => {
        const request = requestWith(secrets);
        const text = redaction.text(`${quote(request, secrets)} and ${other(request, secrets)}`, request);
        clean(text);
        lines({ reason: text }).forEach(clean);
      }),
      runs(800),
    );
  },
  patience(),
);

it(
  'no evidence holds one, wherever in it a secret stands',
  () => {
    const paths = [
      'headers.authorization',
      'cookies.theme',
      'query.token',
      'query.invite',
      'body.user.password',
      'body.iban.value',
    ];
    fc.assert(
      fc.property(planted, quotation, fc.constantFrom(...paths), fc.nat({ max: 20 }), (secrets, quote, path, cut) => {
        const request = requestWith(secrets);
        const whole = quote(request, secrets);
        const evidence = {
          // A part of the secret alone: only its place tells what it is.
          threats: [{ path, excerpt: secrets.password.slice(cut) + secrets.bearer, score: 5 }],
          error: new Error(whole),
          note: whole,
          nested: [{ deeper: [whole] }, { password: secrets.password.slice(cut) }],
          user: { token: secrets.token },
        };
        const told = redaction.evidence(evidence, request);
        clean(JSON.stringify(told));
        lines({ evidence: told }).forEach(clean);
      }),
      runs(500),
    );
  },
  patience(),
);

it(
  'a line stays one line of bounded length, and valid JSON, whatever it is told',
  () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.double(),
      fc.boolean(),
      fc.object({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: fc.constantFrom(...'abc_'), minLength: 1, maxLength: 6 }), value, {
          maxKeys: 6,
        }),
        (fields) => {
          const [text = '', json = ''] = lines(fields);
          for (const line of [text, json]) {
            same(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(line), false);
            same(Buffer.byteLength(line) <= 2_048, true);
          }
          JSON.parse(json);
        },
      ),
      runs(500),
    );
  },
  patience(),
);
