import { runAtOnce } from '../../lib/network/slices';
import { sameness } from '../../lib/observability/guard-log.service';
import { LineFolding } from '../../lib/observability/line-folding';
import { jsonLine, type LogFields, type LogRecord, textLine } from '../../lib/observability/log-line';
import { quote } from '../../lib/observability/log-text';

const record = (fields: LogFields): LogRecord => ({
  at: new Date('2026-11-22T10:00:00Z'),
  level: 'WARNING',
  event: 'refused',
  fields,
});

const NASTY: [what: string, text: string, escaped: string][] = [
  ['a line feed', 'a\nrefused status=200', 'a\\nrefused status=200'],
  ['a carriage return', 'a\rb', 'a\\rb'],
  ['an escape sequence', '\u001b[2J', '\\u001b[2J'],
  ['a quote', 'a" client=1.1.1.1', 'a\\" client=1.1.1.1'],
  ['a backslash', 'a\\nb', 'a\\\\nb'],
  ['a C1 control', 'a\u0085b\u009bc', 'a\\u0085b\\u009bc'],
  ['a line separator', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
  ['a bidirectional override', 'a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
  ['an invisible mark', 'a\u200bb\ufeffc', 'a\\u200bb\\ufeffc'],
  ['half a surrogate pair', 'a\ud800b', 'a\\ud800b'],
  ['letters of other scripts', 'größe 東京', 'größe 東京'],
];

describe('a value of a line', () => {
  it.each(NASTY)('escapes %s', (_, text, escaped) => {
    expect(quote(text)).toBe(`"${escaped}"`);
    expect(JSON.parse(quote(text))).toBe(text);
  });

  it.each([
    ['plain text', 'x'.repeat(1000)],
    ['control characters', '\u0001'.repeat(1000)],
    ['emoji', '😀'.repeat(1000)],
    ['text that is longer once it is escaped', `${'x'.repeat(200)}${'\n'.repeat(56)}`],
  ])('takes 256 characters of %s', (_, text) => {
    const value = JSON.parse(quote(text)) as string;
    expect(quote(text).length).toBeLessThanOrEqual(258);
    expect(quote(text).length).toBeGreaterThan(245);
    expect(value.endsWith('…')).toBe(true);
    expect(text.startsWith(value.slice(0, -1))).toBe(true);
  });
});

describe('a line', () => {
  it('is text', () => {
    const fields = { status: 403, check: 'ip', reason: 'in blacklist', path: '/a b', none: undefined, done: true };
    expect(textLine(record(fields))).toBe('refused status=403 check=ip reason="in blacklist" path="/a b" done=true');
  });

  it('is JSON, in UTC', () => {
    expect(JSON.parse(jsonLine(record({ status: 403, reason: 'in blacklist', evidence: { a: ['b'] } })))).toEqual({
      time: '2026-11-22T10:00:00.000Z',
      level: 'WARNING',
      event: 'refused',
      status: 403,
      reason: 'in blacklist',
      evidence: { a: ['b'] },
    });
  });

  it.each(NASTY)('stays one line with %s', (_, text) => {
    const fields = { path: text, evidence: { excerpt: text } };
    expect(textLine(record(fields))).not.toMatch(/[\n\r\u0085\u2028\u2029\u202e\u001b\u200b]/);
    expect(JSON.parse(jsonLine(record(fields)))).toMatchObject({ path: text, evidence: { excerpt: text } });
  });

  it.each(['x', '\u009b', '東', '😀'])('fits into 2 kB however long its values are: %j', (character) => {
    const names = ['reason', 'client', 'method', 'path', 'route', 'id', 'more', 'evenMore'];
    const fields = Object.fromEntries(names.map((name) => [name, character.repeat(5000)]));
    const long = {
      ...fields,
      evidence: { threats: Array.from({ length: 100 }, () => ({ excerpt: character.repeat(100) })) },
    };
    const text = `2026-01-01T00:00:00.000Z CRITICAL ${textLine(record(long))}\n`;
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2048);
    const json = jsonLine(record(long));
    expect(Buffer.byteLength(json)).toBeLessThan(2048);
    expect(Object.keys(JSON.parse(json) as object)).toEqual(['time', 'level', 'event', ...names, 'evidence']);
  });

  it('survives evidence that is no JSON', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(textLine(record({ evidence: circle }))).toBe('refused evidence="[object Object]"');
  });
});

describe('folding', () => {
  const said = (folding: LineFolding): LogRecord['fields'][] => {
    const records: LogRecord[] = [];
    runAtOnce(folding.take((record) => records.push(record)));
    return records.map(({ fields }) => fields);
  };
  const says = (folding: LineFolding, line: string, fields: LogRecord['fields'] = {}): boolean => {
    if (folding.repeats(line)) return false;
    folding.remember(line, record(fields));
    return true;
  };

  it('counts what is repeated and forgets what is not', () => {
    const folding = new LineFolding();
    expect(says(folding, 'same', { check: 'ip', id: 'first' })).toBe(true);
    expect(says(folding, 'same', { check: 'ip', id: 'second' })).toBe(false);
    expect(says(folding, 'other')).toBe(true);
    expect(says(folding, 'same')).toBe(false);
    expect(said(folding)).toEqual([{ check: 'ip', id: undefined, repeated: 2 }]);
    expect(says(folding, 'same')).toBe(false);
    expect(says(folding, 'other')).toBe(true);
    expect(said(folding)).toHaveLength(1);
    expect(said(folding)).toHaveLength(0);
    expect(says(folding, 'same')).toBe(true);
  });

  it('is bounded: beyond its capacity lines are written', () => {
    const folding = new LineFolding(2);
    for (const line of ['a', 'b', 'c', 'c']) expect(says(folding, line)).toBe(true);
    expect(says(folding, 'a')).toBe(false);
  });

  it.each([
    ['an id that was found', { evidence: { id: 'a' } }, { evidence: { id: 'b' } }, false],
    ['a number and its text', { count: 1 }, { count: '1' }, false],
    ['a line feed in a value', { a: 'x\nb=y' }, { a: 'x', b: 'y' }, false],
    ['a shorter wait', { evidence: { limit: 'a', retryAfter: 9 } }, { evidence: { limit: 'a', retryAfter: 8 } }, true],
    ['what has no value', { mode: undefined, check: 'ip' }, { check: 'ip' }, true],
  ])('tells lines apart by %s, or not', (_, one, other, same) => {
    expect(sameness(one) === sameness(other)).toBe(same);
  });

  it('keeps lines that are new while the others are told', () => {
    const folding = new LineFolding();
    says(folding, 'old');
    const telling = folding.take(() => undefined);
    telling.next();
    says(folding, 'new');
    runAtOnce(telling);
    expect(folding.repeats('new')).toBe(true);
    expect(folding.repeats('old')).toBe(false);
  });
});
