import { DetectionEngine } from '../../lib/detection/detection-engine';
import { type InspectedRequest } from '../../lib/detection/detection.types';

const MEGABYTE = 1 << 20;

function nested(levels: number): unknown {
  let value: unknown = 'x';
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

function circular(): object {
  const value: Record<string, unknown> = { name: 'x' };
  value['self'] = value;
  return value;
}

const request = (part: Partial<InspectedRequest>): InspectedRequest => ({
  method: 'POST',
  path: '/',
  headers: {},
  ...part,
});
const form = { contentType: 'application/x-www-form-urlencoded' };
const multipart = { contentType: 'multipart/form-data; boundary=xyz' };

describe('Bad input', () => {
  const engine = new DetectionEngine();

  it.each<[string, InspectedRequest, boolean]>([
    ['20,000 nested arrays', request({ body: nested(20_000) }), true],
    [
      '100,000 keys',
      request({ body: Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, 'v'])) }),
      true,
    ],
    ['100,000 items', request({ body: Array.from({ length: 100_000 }, () => 'v') }), true],
    ['a structure that contains itself', request({ body: circular() }), false],
    ['1 MB of one letter', request({ body: { a: 'a'.repeat(MEGABYTE) } }), false],
    ['1 MB of blanks', request({ body: { a: ' '.repeat(MEGABYTE) } }), false],
    ['1 MB of quotes', request({ body: { a: "'".repeat(MEGABYTE) } }), false],
    ['half a surrogate pair', request({ body: { a: 'x\ud800', '\udc00': 'y' } }), false],
    ['NULs', request({ body: { 'a\0b': '\0\0\0' } }), false],
    ['invalid percent escapes', request({ path: '/%zz/%', query: 'a=%&b=%z&c=%u12&%=%%' }), false],
    ['invalid UTF-8 escapes', request({ path: '/', query: 'a=%ff%fe%c3%28' }), false],
    [
      'invalid UTF-8 bytes',
      request({ body: Buffer.from([0x61, 0xff, 0xfe, 0xc3, 0x28]), contentType: 'text/plain' }),
      false,
    ],
    ['a form of separators', request({ rawBody: '&=&=&'.repeat(1000), ...form }), false],
    ['a form of 50,000 pairs', request({ rawBody: 'a=1&'.repeat(50_000), ...form }), true],
    [
      'a multipart body without an end',
      request({ body: '--xyz\r\nContent-Disposition: form-data; name="a"\r\n\r\nb', ...multipart }),
      false,
    ],
    ['a multipart body without a part', request({ body: 'nothing', ...multipart }), false],
    ['broken JSON in a text', request({ body: '{"a":', contentType: 'text/plain' }), false],
    ['an empty body', request({ body: '' }), false],
    ['a null body', request({ body: null }), false],
    ['a number', request({ body: 5 }), false],
    ['no headers at all', request({ headers: Object.create(null) as InspectedRequest['headers'] }), false],
    [
      'binary data',
      request({ body: Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7) & 255)) }),
      false,
    ],
    ['a JSON number of 10,000 digits', request({ body: JSON.parse(`{"a":${'9'.repeat(10_000)}}`) as unknown }), false],
  ])('gives a verdict on %s', (_name, input, truncated) => {
    const start = process.cpuUsage();
    const result = engine.inspect(input);
    const { user } = process.cpuUsage(start);
    expect(result.truncated !== undefined).toBe(truncated);
    // Ten times the budget: this asks whether the work is bounded at all, on whatever machine.
    expect(user / 1000).toBeLessThan(250);
  });

  it('never throws on random structures', () => {
    let seed = 1;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const pieces = [
      "'",
      '"',
      '<',
      '>',
      '${',
      '}}',
      '{{',
      '%',
      '%25',
      '\\',
      '\\u',
      '../',
      ';',
      '|',
      '(',
      ')',
      '\0',
      '\ud800',
      'é',
      ' or ',
      'select',
      '&#x',
      'a',
      '1',
    ];
    const text = (): string => Array.from({ length: random(12) }, () => pieces[random(pieces.length)]).join('');
    for (let round = 0; round < 5000; round++) {
      const body = { [text()]: text(), list: [text(), { [text()]: text() }] };
      expect(() =>
        engine.inspect(
          request({
            path: `/${text()}`,
            query: `${text()}=${text()}`,
            headers: { 'x-a': text(), cookie: `${text()}=${text()}` },
            body,
          }),
        ),
      ).not.toThrow();
    }
  });
});

describe('Budgets', () => {
  it('names the depth', () => {
    expect(new DetectionEngine().inspect(request({ body: nested(65) })).truncated).toEqual(['depth']);
    expect(new DetectionEngine().inspect(request({ body: nested(60) })).truncated).toBeUndefined();
  });

  it('names the nodes', () => {
    const engine = new DetectionEngine({ budget: { nodes: 10 } });
    for (const item of ['a', 1, true, null, {}]) {
      expect(engine.inspect(request({ body: Array(20).fill(item) })).truncated).toEqual(['nodes']);
    }
  });

  it('names the text', () => {
    const engine = new DetectionEngine({ budget: { text: 1000 } });
    expect(
      engine.inspect(request({ body: Array(20).fill("it's (quite) long; isn't it? ".repeat(5)) })).truncated,
    ).toEqual(['text']);
  });

  it('names the time, counting a pause as a pause', () => {
    let now = 0;
    const slow = new DetectionEngine({}, () => (now += 3));
    const values = Array(3000).fill("it's (a) test");
    expect(slow.inspect(request({ body: values })).truncated).toEqual(['time']);
    let paused = 0;
    const stalled = new DetectionEngine({}, () => (paused = paused === 0 ? 1 : 5000));
    expect(stalled.inspect(request({ body: values.slice(0, 100) })).truncated).toBeUndefined();
  });

  it('finds an attack in the middle and at the end of a long value', () => {
    const engine = new DetectionEngine();
    const filler = 'All work and no play makes Jack a dull boy. '.repeat(2000);
    for (const text of [`${filler}<script>x()</script>${filler}`, `${filler}${filler}<script>x()</script>`]) {
      expect(engine.inspect(request({ body: { text } })).suspicious).toBe(true);
    }
    expect(engine.inspect(request({ body: { text: filler + filler } }))).toMatchObject({ suspicious: false });
    expect(engine.inspect(request({ body: { text: filler + filler } })).truncated).toBeUndefined();
  });
});
