import { DetectionEngine } from '../../lib/detection/detection-engine';
import { NamePatterns } from '../../lib/detection/name-patterns';
import { graphqlStrings } from '../../lib/detection/values/graphql-document';
import { boundaryOf, multipartParts } from '../../lib/detection/values/multipart-parts';
import { MultipartStream, type StreamedPart } from '../../lib/detection/values/multipart-stream';
import { queryPairs } from '../../lib/detection/values/query-string';
import { xmlValues } from '../../lib/detection/values/xml-values';

const ATTACK = "1' or '1'='1";
const engine = new DetectionEngine();

describe('Queries', () => {
  it.each([
    [
      'a=1&a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['a[b]=1', [['a[b]', '1']]],
    ['a', [['a', '']]],
    ['=b', [['', 'b']]],
    ['a=b=c', [['a', 'b=c']]],
    ['a+b=c+d', [['a b', 'c d']]],
    ['%61=%62', [['a', 'b']]],
    ['__proto__=x', [['__proto__', 'x']]],
    ['&&', []],
    ['', []],
  ])('%j', (text, pairs) => {
    expect([...queryPairs(text, 100)].map(({ name, value }) => [name, value])).toEqual(pairs);
  });
});

describe('Multipart bodies', () => {
  const body = [
    '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1',
    '\r\n--x\r\ncontent-disposition:form-data;name=b; filename="c.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\nworld',
    '\r\n--x\r\nContent-Disposition: form-data; name="empty"\r\n\r\n\r\n--x--',
  ].join('');

  it.each([
    ['multipart/form-data; boundary=x', 'x'],
    ['multipart/form-data; charset=utf-8; boundary="a b"', 'a b'],
    ['multipart/form-data', undefined],
  ])('boundary of %j', (type, boundary) => expect(boundaryOf(type)).toBe(boundary));

  it('are read as a whole', () => {
    expect([...multipartParts(body, 'x')]).toEqual([
      { name: 'a', content: '1' },
      { name: 'b', filename: 'c.txt', contentType: 'text/plain', content: 'hello\r\nworld' },
      { name: 'empty', content: '' },
    ]);
  });

  it.each([1, 2, 3, 7, 1000])('are read in chunks of %i bytes', (size) => {
    const parts: StreamedPart[] = [];
    const stream = new MultipartStream('x', (part) => parts.push(part));
    for (let start = 0; start < body.length; start += size) stream.write(Buffer.from(body.slice(start, start + size)));
    expect(parts.map(({ name, filename, content }) => [name, filename, content])).toEqual([
      ['a', undefined, '1'],
      ['b', 'c.txt', ''],
      ['b', 'c.txt', 'hello\r\nworld'],
      ['empty', undefined, ''],
    ]);
  });

  it('keep the ends of a long field and say so', () => {
    const parts: StreamedPart[] = [];
    const stream = new MultipartStream('x', (part) => parts.push(part));
    stream.write(
      Buffer.from(`--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nBEGIN${'-'.repeat(500_000)}END\r\n--x--`),
    );
    expect(parts).toHaveLength(1);
    expect(parts[0]).toMatchObject({ shortened: true });
    expect(parts[0]?.content).toMatch(/^BEGIN-+END$/);
    expect(parts[0]?.content.length).toBeLessThan(100_000);
  });

  it('may never end', () => {
    const stream = new MultipartStream('x', () => undefined);
    expect(() => {
      for (let round = 0; round < 100; round++) stream.write(Buffer.from('--x\r\nno blank line'.repeat(100)));
    }).not.toThrow();
  });
});

describe('GraphQL documents', () => {
  it.each([
    ['query GetUser($id: ID!) { user(id: $id) { name } }', []],
    ['{ viewer { login } }', []],
    ['mutation { post(text: "a \\"b\\" c") { id } }', ['a \\"b\\" c']],
    ['query { a(s: """block "x" """) }', ['block "x" ']],
    ['{ a # comment\n }', [' comment']],
    ["query { a(b: 'x') }", undefined],
    ['{"a": 1}', undefined],
    ['{{7*7}}', undefined],
    ['query { a', undefined],
    ['select * from users', undefined],
  ])('%j', (text, strings) => expect(graphqlStrings(text)).toEqual(strings));

  it('are inspected by their strings and variables', () => {
    const inspect = (query: string, variables: object) =>
      engine.inspect({ method: 'POST', path: '/graphql', headers: {}, body: { query, variables } }).suspicious;
    const document = 'query Search($q: String!) { search(q: $q, sort: {name: "asc"}) { id } }';
    expect(inspect(document, { q: 'shoes' })).toBe(false);
    expect(inspect(document, { q: ATTACK })).toBe(true);
    expect(inspect(`{ search(q: "${ATTACK}") { id } }`, {})).toBe(true);
  });
});

describe('XML documents', () => {
  it('are taken apart', () => {
    const xml = '<?xml version="1.0"?><a b="1 &lt; 2"><!-- x --><c><![CDATA[<d>]]></c>text</a>';
    expect([...xmlValues(xml)]).toEqual(
      expect.arrayContaining([
        { name: 'b', text: '1 < 2' },
        { name: 'c', text: '<d>' },
        { name: 'c', text: 'text' },
      ]),
    );
  });

  it.each(['<', '<a', '<a b="', '<![CDATA[', '<<<>>>', '</', ''])('%j ends', (text) => {
    expect([...xmlValues(text)].length).toBeLessThan(5);
  });
});

describe('Headers', () => {
  const inspect = (headers: Record<string, string>) => engine.inspect({ method: 'GET', path: '/', headers });

  it.each(['if-none-match', 'if-modified-since', 'date', 'dnt', 'te', 'keep-alive', 'content-md5', 'x-other'])(
    '%s is inspected',
    (name) => {
      expect(inspect({ [name]: ATTACK }).suspicious).toBe(true);
      expect(inspect({ [name]: '../../../../etc/passwd' }).suspicious).toBe(true);
      expect(inspect({ [name]: 'http://169.254.169.254/latest/meta-data/' }).suspicious).toBe(true);
    },
  );

  it.each([
    ['if-none-match', 'W/"5e15153d-120f", "abc--gzip"'],
    ['if-modified-since', 'Sat, 29 Oct 1994 19:43:31 GMT'],
    ['connection', 'keep-alive, Upgrade, HTTP2-Settings'],
    ['te', 'trailers, deflate;q=0.5'],
    ['keep-alive', 'timeout=5, max=1000'],
    ['host', '127.0.0.1:3000'],
    ['host', 'host.docker.internal'],
    ['expect', '100-continue'],
    ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ])('%s: %s is what it says', (name, value) => {
    expect(inspect({ [name]: value }).threats).toEqual([]);
  });

  it.each([1, 300, 301, 2000])('every cookie is inspected, after %i others too', (others) => {
    expect(inspect({ cookie: `${'a=1; '.repeat(others)}b=${encodeURIComponent(ATTACK)}` }).suspicious).toBe(true);
  });
});

describe('Bodies that nobody has parsed', () => {
  const body = Buffer.from(`\u0001=&a=${encodeURIComponent(ATTACK)}`);

  it.each([
    ['text/plain', true],
    ['application/xml; charset=utf-8', true],
    ['application/problem+json', true],
    ['application/x-www-form-urlencoded', true],
    ['image/png', false],
    ['application/octet-stream', false],
    [undefined, false],
  ])('of the type %s are read as texts: %s', (contentType, read) => {
    expect(engine.inspect({ method: 'POST', path: '/', headers: {}, body, contentType }).suspicious).toBe(read);
  });
});

describe('Name patterns', () => {
  it.each([
    ['html', 'HTML', true],
    ['html', 'html2', false],
    ['*_html', 'body_html', true],
    ['x-*', 'x-forwarded-for', true],
    ['*', '', true],
    ['a*b*c', 'aXbXbc', true],
    ['a*b', 'ac', false],
  ])('%j on %j: %s', (pattern, name, matches) => {
    expect(new NamePatterns([pattern]).matches(name)).toBe(matches);
  });
});

describe('Exclusions', () => {
  it.each([
    ['params', { path: `/?html=${encodeURIComponent(ATTACK)}` }],
    ['headers', { path: '/', headers: { html: ATTACK } }],
    ['cookies', { path: '/', headers: { cookie: `html=${encodeURIComponent(ATTACK)}` } }],
    ['bodyFields', { path: '/', body: { html: ATTACK } }],
    ['bodyFields', { path: '/', body: { html: { deep: [ATTACK] } } }],
    [
      'bodyFields',
      { path: '/', rawBody: `html=${encodeURIComponent(ATTACK)}`, contentType: 'application/x-www-form-urlencoded' },
    ],
  ] as const)('%s', (kind, part) => {
    const request = { method: 'POST', headers: {}, ...part };
    expect(engine.inspect(request).suspicious).toBe(true);
    expect(new DetectionEngine({ exclude: { [kind]: ['ht*'] } }).inspect(request).suspicious).toBe(false);
  });

  it('by path', () => {
    const excluding = new DetectionEngine({ exclude: { bodyFields: ['items.html'] } });
    const body = (field: string) => ({ method: 'POST', path: '/', headers: {}, body: { [field]: [{ html: ATTACK }] } });
    expect(excluding.inspect(body('items')).suspicious).toBe(false);
    expect(excluding.inspect(body('others')).suspicious).toBe(true);
  });
});

describe('Verdicts', () => {
  it('name the place, the category and the evidence', () => {
    const { threats, score, suspicious } = engine.inspect({
      method: 'POST',
      path: '/',
      headers: {},
      body: { items: [{}, { name: ATTACK }] },
    });
    expect(suspicious).toBe(true);
    expect(score).toBeGreaterThanOrEqual(6);
    expect(threats[0]).toMatchObject({
      category: 'sql_injection',
      detector: 'sql-injection',
      source: 'body',
      path: 'body.items[1].name',
      decoded: [],
    });
    expect(threats[0]?.excerpt).toContain("or '1'");
  });

  it('escape control characters in excerpts', () => {
    const { threats } = engine.inspectValue('x\r\nSet-Cookie: a=b\u202e', 'query');
    expect(threats[0]?.excerpt).not.toMatch(/[\r\n\u202e]/);
  });

  it('are the same a second time', () => {
    const request = {
      method: 'GET',
      path: `/?q=${encodeURIComponent(ATTACK)}`,
      headers: { 'x-a': '<script>x</script>' },
    };
    const [first, second, third] = [engine.inspect(request), engine.inspect(request), engine.inspect(request)];
    expect(second).toEqual(first);
    expect(third).toEqual(first);
  });

  it('are restricted to categories', () => {
    const only = new DetectionEngine({ categories: ['xss'] });
    expect(only.inspectValue(ATTACK).suspicious).toBe(false);
    expect(only.inspectValue('<script>x</script>').suspicious).toBe(true);
  });

  it('count obfuscation in what is doubtful', () => {
    const doubtful = 'drop%2520table%2520lamps';
    const strict = new DetectionEngine({ semanticThreshold: 0 }).inspectValue(doubtful, 'query').score;
    const lenient = new DetectionEngine({ semanticThreshold: 1 }).inspectValue(doubtful, 'query').score;
    expect(strict).toBeGreaterThan(lenient);
  });
});
