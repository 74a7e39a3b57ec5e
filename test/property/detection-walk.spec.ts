import fc from 'fast-check';
import { DetectionEngine } from '../../lib/detection/detection-engine';
import type { InspectedRequest } from '../../lib/detection/detection.types';
import { inspectedRequest } from '../../lib/testing';
import { patience, runs, same } from '../support/property';

/** Fragments in which every decoder and every grammar begins, and which none of them ends. */
const FRAGMENTS = [
  ...[
    "'",
    '"',
    '`',
    '<',
    '>',
    '<!--',
    '-->',
    '<![CDATA[',
    '<?xml',
    '<!DOCTYPE',
    '&#',
    '&#x',
    '&lt;',
    '%',
    '%25',
    '%u00',
    '\\u',
    '\\x',
  ],
  ...[
    '{{',
    '}}',
    '${',
    '#{',
    '$(',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '../',
    '..\\',
    '/*',
    '*/',
    '--',
    '#',
    ';',
    '|',
    '&&',
    '\0',
    '\r\n',
  ],
  ...[
    'UNION SELECT',
    'script',
    'onerror=',
    'javascript:',
    'jndi:',
    'file://',
    '0x',
    'eyJ',
    'PHNjcmlwdD4=',
    '+ADw-',
    '\u{1F600}',
    '\ud800',
  ],
  ...[
    '\u202e',
    'ＳＥＬＥＣＴ',
    'query {',
    'a=b',
    '__proto__',
    '=',
    '&',
    ' ',
    'the quick brown fox',
    '999999999999999999999',
  ],
];
const fragment = fc.constantFrom(...FRAGMENTS);
const hostile = fc.oneof(
  { weight: 4, arbitrary: fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fragment, fc.integer({ min: 1, max: 2_000 })).map(([part, times]) => part.repeat(times)),
  },
);
const headerText = hostile.map((text) => Buffer.from(text.replace(/[\r\n\0]/g, '')).toString('latin1'));
const document = fc.object({
  key: hostile,
  values: [hostile, fc.integer(), fc.constant(null)],
  maxDepth: 4,
  maxKeys: 5,
});
const contentType = fc.constantFrom(
  ...[
    'application/json',
    'text/xml',
    'application/x-www-form-urlencoded',
    'text/plain',
    'multipart/form-data; boundary=b',
  ],
  ...[
    'multipart/form-data',
    'multipart/mixed; boundary=""',
    'application/octet-stream',
    '',
    'application/graphql',
    ';;=,',
  ],
);
const rawBody = fc.oneof(
  hostile,
  document.map((value) => JSON.stringify(value)),
  fc
    .array(fc.tuple(hostile, hostile), { maxLength: 3 })
    .map(
      (parts) =>
        parts
          .map(([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
          .join('') + '--b--',
    ),
);

const engine = new DetectionEngine();
const inspectWithin = (work: () => ReturnType<DetectionEngine['inspect']>, milliseconds: number): void => {
  const started = process.cpuUsage();
  const { score, threats, suspicious } = work();
  const { user, system } = process.cpuUsage(started);
  if (user + system > milliseconds * 1_000) throw new Error(`took ${user + system} µs of the processor`);
  same(Number.isFinite(score), true);
  same(threats.length <= 200, true);
  for (const { excerpt } of threats) same(excerpt.length <= 120 * 6 && !/[\r\n\0]/.test(excerpt), true);
  if (suspicious) same(threats.length > 0, true);
};

// Milliseconds of the processor: the budget is 25, the rest the collector's and that of a single detector at its worst.
const PATIENT = 500;

it(
  'inspecting a request never throws and ends in time, whatever it carries',
  () => {
    fc.assert(
      fc.property(
        fc.record({
          target: fc.tuple(hostile, hostile).map(([path, query]) => `/${path}?${query}`),
          headers: fc.dictionary(
            fc.constantFrom('user-agent', 'referer', 'x-a', 'authorization', 'cookie', 'range'),
            headerText,
          ),
          type: contentType,
          raw: fc.option(rawBody, { nil: undefined }),
          body: fc.oneof(
            document,
            fc.constant(undefined),
            hostile,
            fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
          ),
          files: fc.array(fc.record({ field: hostile, filename: hostile }), { maxLength: 2 }),
        }),
        ({ target, headers, type, raw, body, files }) => {
          const request = {
            ...inspectedRequest({ path: target, headers, body }),
            contentType: type,
            rawBody: raw,
            files,
          };
          inspectWithin(() => engine.inspect(request satisfies InspectedRequest), PATIENT);
        },
      ),
      runs(200),
    );
  },
  patience(),
);

it(
  'inspecting a value never throws, and two looks at it find the same',
  () => {
    const source = fc.constantFrom('query', 'path', 'header', 'cookie', 'body');
    fc.assert(
      fc.property(fc.oneof(hostile, document, fc.anything()), source, (value, from) => {
        inspectWithin(() => engine.inspectValue(value, from), PATIENT);
        const [one, other] = [engine.inspectValue(value, from), engine.inspectValue(value, from)];
        // A slow machine may cut one of them short.
        if (one.truncated === undefined && other.truncated === undefined) {
          same(JSON.stringify(one.threats), JSON.stringify(other.threats));
        }
      }),
      runs(250),
    );
  },
  patience(),
);

describe('the budget', () => {
  const shape = fc.record({
    depth: fc.integer({ min: 1, max: 30_000 }),
    width: fc.integer({ min: 1, max: 3 }),
    array: fc.boolean(),
    leaf: fc.oneof(hostile, fc.constant(0)),
  });

  it(
    'ends the walk of a deep structure without recursion, and says so',
    () => {
      fc.assert(
        fc.property(shape, ({ depth, width, array, leaf }) => {
          let value: unknown = leaf;
          for (let level = 0; level < depth; level++)
            value = array ? Array(width).fill(value) : { [`k${level % 9}`]: value };
          const { truncated, threats } = engine.inspectValue(value);
          if (depth > engine.policy.budget.depth) same((truncated ?? []).length > 0 || threats.length > 0, true);
          const text = depth < 2_000 && !(array && width > 1) ? JSON.stringify(value) : '['.repeat(depth);
          inspectWithin(() => engine.inspectValue(text), PATIENT);
        }),
        runs(60),
      );
    },
    patience(),
  );

  it(
    'ends the walk of a wide one after its nodes, and never reads a clean verdict out of the rest',
    () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 60_000 }), fc.boolean(), (count, list) => {
          const entries = Array.from({ length: count }, (_, index) => [`k${index}`, 'plain'] as const);
          const value = list ? entries.map(([, text]) => text) : Object.fromEntries(entries);
          const { truncated = [], suspicious } = engine.inspectValue(value);
          same(suspicious, false);
          // A list costs a node per member and one for itself.
          if (count + 1 > engine.policy.budget.nodes) same(truncated.length > 0, true);
        }),
        runs(25),
      );
    },
    patience(),
  );
});
