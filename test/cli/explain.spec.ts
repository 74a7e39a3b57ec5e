import { CompiledLibrary } from './compiled-library';

jest.setTimeout(60_000);

interface Explanation {
  readonly suspicious: boolean;
  readonly score: number;
  readonly limit: number;
  readonly strike: boolean;
  readonly refusedAt: string[];
  readonly forms: { readonly text: string; readonly layers: string[] }[];
  readonly threats: { readonly category: string; readonly path: string; readonly decoded: string[] }[];
}

const UNION = '1%2527%2520UNION%2520SELECT%2520password%2520FROM%2520users--';

describe('nestapi-guard explain', () => {
  let library: CompiledLibrary;
  beforeAll(() => {
    library = CompiledLibrary.create('explain');
  });
  afterAll(() => library.remove());

  async function explain(...args: string[]): Promise<Explanation> {
    const { out, err } = await library.run(['explain', '--json', ...args]);
    expect(err).toBe('');
    return JSON.parse(out) as Explanation;
  }

  it('shows the layers of a value, what was found under them, and the verdict', async () => {
    const { code, out } = await library.run(['explain', UNION, '--source', 'query']);
    expect(code).toBe(0);
    expect(out).toMatch(/^SUSPICIOUS {2}score \d+(\.\d+)?, refused: default sensitivity refuses from 4 on$/m);
    expect(out).toContain(`  as sent: ${UNION}`);
    expect(out).toContain('  percent: 1%27%20UNION%20SELECT%20password%20FROM%20users--');
    expect(out).toContain("  percent → percent: 1' UNION SELECT password FROM users--");
    expect(out).toMatch(/sql_injection: .+ \(sql-injection\)\n {5}in query, under percent → percent: 1' UNION/);
    expect(out).toContain('Refused at: low, default, high');
  });

  it('passes prose', async () => {
    const { suspicious, score, threats } = await explain('Select a plan from the list');
    expect({ suspicious, score, threats }).toEqual({ suspicious: false, score: 0, threats: [] });
  });

  it.each<[what: string, args: string[], path: string]>([
    ['a parameter', ['--source', 'query', '--name', 'q'], 'query.q'],
    ['a header', ['--source', 'header', '--name', 'Referer'], 'headers.referer'],
    ['a cookie', ['--source', 'cookie', '--name', 'theme'], 'cookies.theme'],
    ['a field of the body', ['--name', 'comment'], 'body.comment'],
  ])('reads a value as %s', async (_, args, path) => {
    const { threats } = await explain('<script>alert(document.cookie)</script>', ...args);
    expect(threats).toContainEqual(expect.objectContaining({ category: 'xss', path }));
  });

  it('judges by the sensitivity that it is told', async () => {
    const low = await explain(UNION, '--sensitivity', 'low');
    const high = await explain(UNION, '--sensitivity', 'high');
    expect([low.limit, high.limit]).toEqual([6, 3]);
  });

  it('reads the standard input, structures included', async () => {
    const { out } = await library.run(
      ['explain', '-', '--json'],
      '{"items":[{"name":"<img src=x onerror=alert(1)>"}]}\n',
    );
    const { threats } = JSON.parse(out) as Explanation;
    expect(threats[0]?.path).toBe('body.items[0].name');
  });

  it('takes a payload that begins with a dash behind two of them', async () => {
    const { out, code } = await library.run(['explain', '--', '--help']);
    expect({ code, first: out.split(' ')[0] }).toEqual({ code: 0, first: 'CLEAN' });
  });

  it('does nothing to the terminal that it prints to', async () => {
    const { out } = await library.run(['explain', '\u001b[2J<script>\u202ealert(1)</script>']);
    expect(out).toContain('\\u001b[2J');
    expect(out).not.toMatch(/[\u001b\u202e]/);
  });

  it.each<[what: string, args: string[], code: number]>([
    ['suspicious', [UNION, '--fail-on', 'suspicious'], 1],
    ['clean', ['hello', '--fail-on', 'suspicious'], 0],
    ['in a wrong source', ['hello', '--source', 'heder'], 2],
    ['missing', [], 2],
    ['in two arguments', ['hello', 'world'], 2],
  ])('exits with a code about a payload that is %s', async (_, args, code) => {
    expect((await library.run(['explain', ...args])).code).toBe(code);
  });
});
