import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { CompiledLibrary, type Outcome } from './compiled-library';

jest.setTimeout(60_000);

interface Finding {
  readonly check: string;
  readonly reason: string;
  readonly route?: string;
  readonly place?: string;
  readonly count: number;
  readonly clients: number;
  readonly first: string;
  readonly exclusions: { readonly code: string; readonly where: string }[];
}

interface Summary {
  readonly format: string;
  readonly requests: number;
  readonly refused: number;
  readonly unreadable: number;
  readonly untimed: number;
  readonly from: string;
  readonly to: string;
  readonly unjudged: { readonly check: string; readonly requests: number }[];
  readonly rehearsal: {
    readonly total: number;
    readonly bans: number;
    readonly byCheck: { readonly check: string; readonly count: number }[];
    readonly findings: Finding[];
    readonly candidates: Finding[];
  };
}

const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const ATTACK = '/cats?q=1%27%20UNION%20SELECT%20password%20FROM%20users--%20';

/** A line as nginx writes it with `log_format combined`, so many seconds after midnight. */
function line(ip: string, seconds: number, target = '/cats', status = 200, agent = AGENT): string {
  const clock = new Date(seconds * 1000).toISOString().slice(11, 19);
  return `${ip} - - [10/Nov/2026:${clock} +0000] "GET ${target} HTTP/1.1" ${status} 512 "-" "${agent}"\n`;
}

describe('nestapi-guard replay', () => {
  let library: CompiledLibrary;
  beforeAll(() => {
    library = CompiledLibrary.create('replay');
    library.addSources(path.join(__dirname, 'fixture'));
    cpSync(path.join(__dirname, 'nginx-access.txt'), path.join(library.folder, 'access.log'));
  });
  afterAll(() => library.remove());

  function config(fields: object): string {
    return library.write(`config-${Math.random()}.json`, JSON.stringify(fields));
  }

  async function replay(log: string, ...args: string[]): Promise<Summary> {
    const outcome = await library.run(['replay', log, '--json', ...args]);
    return summaryOf(outcome);
  }

  function summaryOf({ out, err, code }: Outcome): Summary {
    expect({ err, code }).toEqual({ err: '', code: 0 });
    return JSON.parse(out) as Summary;
  }

  describe('with a log of nginx', () => {
    it('prints what would have been refused, and how to silence it', async () => {
      const { out, code } = await library.run(['replay', 'access.log', '--module', 'app.module.js']);
      expect(code).toBe(0);
      expect(out).toContain('12 requests (combined), 2026-11-10T07:00:00.000Z to 2026-11-10T07:01:10.000Z');
      expect(out).toContain('3 of them (25.00%) would have been refused');
      expect(out).toContain('2 lines tell of no request: lines 11, 12');
      expect(out).toContain('authentication was not asked about 1 request: what it needs is not recorded');
      expect(out).toContain('rate_limit: "limit reached" on GET /cats: 1 by 1 client');
      expect(out).toContain("@SuspiciousDetection({ exclude: { params: ['q'] } })  on CatsController.list");
    });

    it('applies the decorators of the application, whose verifiers nobody calls', async () => {
      const { rehearsal, requests, unreadable } = await replay('access.log', '--module', 'app.module.js');
      expect({ requests, unreadable }).toEqual({ requests: 12, unreadable: 2 });
      expect(rehearsal.findings.map(({ check, reason, route }) => [check, reason, route])).toEqual(
        expect.arrayContaining([
          ['rate_limit', 'limit reached', 'GET /cats'],
          ['penetration', 'sql_injection', 'GET /cats'],
          ['user_agent', 'blocked user agent', 'GET /cats'],
        ]),
      );
      expect(rehearsal.total).toBe(3);
    });

    it('lets the recorded time drive the limits', async () => {
      // Four requests within three seconds, and one a minute later: the fourth is one too many of @RateLimit's three.
      const { rehearsal } = await replay('access.log', '--module', 'app.module.js');
      const limited = rehearsal.findings.find(({ check }) => check === 'rate_limit');
      expect(limited).toMatchObject({ count: 1, clients: 1, first: '2026-11-10T07:00:03.000Z' });
    });

    it('judges by a configuration alone where there is no module', async () => {
      const file = config({ blacklist: ['203.0.113.66'], endpointRateLimits: { '/cats/:id': [1, 60] } });
      library.write('ids.log', line('198.51.100.1', 0, '/cats/1') + line('198.51.100.1', 1, '/cats/2'));
      const listed = await replay('access.log', '--config', file);
      expect(listed.rehearsal.byCheck).toContainEqual({ check: 'ip', count: 1 });
      const { rehearsal } = await replay('ids.log', '--config', file);
      expect(rehearsal.findings).toEqual([
        expect.objectContaining({ check: 'rate_limit', route: 'GET /cats/:id', count: 1 }),
      ]);
    });

    it('reads a configuration that is a module, and one compressed log like another', async () => {
      library.write('guard.config.mjs', 'export default () => ({ blockedUserAgents: [/^SQLMAP/i] });');
      library.write('access.log.gz', gzipSync(readFileSync(path.join(library.folder, 'access.log'))));
      const { rehearsal, requests } = await replay('access.log.gz', '--config', 'guard.config.mjs');
      expect(requests).toBe(12);
      expect(rehearsal.byCheck).toContainEqual({ check: 'user_agent', count: 1 });
    });
  });

  describe('bans', () => {
    const strikes = [0, 1, 2].map((second) => line('198.51.100.9', second, ATTACK)).join('');
    const later = line('198.51.100.9', 10) + line('198.51.100.9', 1000);

    it('hold for their recorded time, as when the policy is enforced', async () => {
      const file = config({ autoBanThreshold: 3, autoBanDuration: 600 });
      library.write('bans.log', strikes + later);
      const { refused, rehearsal } = await replay('bans.log', '--config', file);
      expect({ refused, bans: rehearsal.bans }).toEqual({ refused: 4, bans: 1 });
      expect(rehearsal.byCheck).toContainEqual({ check: 'ip_ban', count: 1 });
    });

    it('are only counted with --passive, and every check is asked', async () => {
      const file = config({ autoBanThreshold: 3, autoBanDuration: 600, blockedUserAgents: ['firefox'] });
      library.write('passive.log', strikes + later);
      const { refused, rehearsal } = await replay('passive.log', '--config', file, '--passive');
      expect(refused).toBe(5);
      expect(rehearsal.bans).toBe(1);
      expect(rehearsal.byCheck).toEqual([
        { check: 'user_agent', count: 5 },
        { check: 'penetration', count: 3 },
      ]);
    });
  });

  it('ranks what many clients ran into first', async () => {
    const many = [1, 2, 3, 4].map((host) => line(`198.51.100.${host}`, host, '/cats?filter=1%20or%201=1--')).join('');
    library.write('many.log', strikesOf('203.0.113.1', 9) + many);
    const { rehearsal } = await replay('many.log', '--config', config({ enableIpBanning: false }));
    expect(rehearsal.candidates[0]).toMatchObject({ place: 'query.filter', clients: 4 });
    expect(rehearsal.candidates[0]?.exclusions[0]?.code).toBe("detectionExclude: { params: ['filter'] }");
  });

  function strikesOf(ip: string, count: number): string {
    return Array.from({ length: count }, (_, index) => line(ip, index, ATTACK)).join('');
  }

  it('the exclusion it advises silences the finding', async () => {
    library.write('advice.log', line('198.51.100.1', 0, ATTACK));
    const before = await replay('advice.log', '--config', config({}));
    expect(before.rehearsal.candidates[0]?.exclusions[0]?.code).toBe("detectionExclude: { params: ['q'] }");
    const after = await replay('advice.log', '--config', config({ detectionExclude: { params: ['q'] } }));
    expect(after.refused).toBe(0);
  });

  it('counts what reached no route against its own limit', async () => {
    const missed = [0, 1, 2, 3].map((second) => line('198.51.100.1', second, `/wp-${second}.php`, 404)).join('');
    library.write('missed.log', missed);
    const { rehearsal } = await replay('missed.log', '--config', config({ rateLimit: 2 }));
    expect(rehearsal.byCheck).toEqual([{ check: 'rate_limit', count: 2 }]);
  });

  it("believes X-Forwarded-For of nginx's main format only behind trusted proxies", async () => {
    const behind = (client: string) => line('10.0.0.1', 0).trimEnd() + ` "${client}"\n`;
    library.write('main.log', behind('203.0.113.66') + behind('198.51.100.1'));
    const trusting = config({ trustedProxies: ['10.0.0.1'], blacklist: ['203.0.113.66'] });
    const distrusting = config({ blacklist: ['203.0.113.66'] });
    expect((await replay('main.log', '--config', trusting)).refused).toBe(1);
    expect((await replay('main.log', '--config', distrusting)).refused).toBe(0);
  });

  const PINO = {
    level: 30,
    time: 1794294000000,
    req: {
      method: 'POST',
      url: '/cats',
      headers: { 'user-agent': 'sqlmap/1.9', 'content-type': 'application/json' },
      remoteAddress: '198.51.100.1',
    },
    res: { statusCode: 201 },
  };
  const NGINX_JSON = {
    time_iso8601: '2026-11-10T08:00:00+01:00',
    remote_addr: '198.51.100.1',
    request: 'GET /cats?page=2 HTTP/1.1',
    http_user_agent: 'sqlmap/1.9',
    status: '200',
  };

  it.each<[what: string, record: object]>([
    ['pino-http', PINO],
    ['nginx', NGINX_JSON],
    [
      'an application',
      { ip: '198.51.100.1', method: 'get', path: '/cats', userAgent: 'sqlmap', timestamp: 1794294000 },
    ],
  ])('reads the JSON lines of %s', async (_, record) => {
    library.write('lines.json', `${JSON.stringify(record)}\nnot json\n${JSON.stringify({ msg: 'started' })}\n`);
    const summary = await replay('lines.json', '--config', config({ blockedUserAgents: ['sqlmap'] }));
    expect(summary).toMatchObject({ format: 'json', requests: 1, refused: 1, unreadable: 2, untimed: 0 });
    expect(summary.from).toBe('2026-11-10T07:00:00.000Z');
  });

  it('asks about recorded headers and bodies, and about nothing that is not recorded', async () => {
    const attack = { ...PINO, req: { ...PINO.req, headers: {}, body: { name: '<script>alert(1)</script>' } } };
    library.write('bodies.json', `${JSON.stringify(attack)}\n`);
    const { rehearsal } = await replay('bodies.json', '--config', config({}));
    expect(rehearsal.findings).toEqual([expect.objectContaining({ check: 'penetration', place: 'body.name' })]);
    const find = { ...PINO, req: { ...PINO.req, method: 'GET', url: '/cats/42', headers: {} } };
    library.write('headers.json', `${JSON.stringify(find)}\n`);
    const { rehearsal: asked } = await replay('headers.json', '--module', 'app.module.js');
    expect(asked.findings).toEqual([expect.objectContaining({ check: 'required_headers', route: 'GET /cats/:id' })]);
  });

  it('never takes requests of nobody knows whom for those of one client', async () => {
    const anonymous = `${JSON.stringify({ method: 'GET', url: '/cats' })}\n`;
    library.write('anonymous.json', anonymous.repeat(3));
    const file = config({ rateLimit: 2 });
    const summary = await replay('anonymous.json', '--config', file);
    expect(summary).toMatchObject({ requests: 3, refused: 0 });
    expect(summary.unjudged).toContainEqual({ check: 'rate_limit', requests: 3 });
    expect((await replay('anonymous.json', '--config', file, '--client', '198.51.100.1')).refused).toBe(1);
    const lookedUp = ['a', 'b', 'c'].map((name) => line(`${name}.crawler.example`, 0)).join('');
    library.write('names.log', lookedUp);
    expect(await replay('names.log', '--config', file)).toMatchObject({ requests: 3, refused: 0 });
  });

  it('reads a HAR file of a browser', async () => {
    const entry = (method: string, url: string, text?: string) => ({
      startedDateTime: '2026-11-10T08:00:00.000+01:00',
      request: {
        method,
        url,
        headers: [
          { name: ':authority', value: 'shop.example' },
          { name: 'User-Agent', value: AGENT },
          { name: 'Content-Type', value: 'application/json' },
        ],
        postData: text === undefined ? undefined : { mimeType: 'application/json', text },
      },
      response: { status: 200, content: { text: '{"entries":[{"] }"}' } },
    });
    const entries = [
      entry('GET', 'https://shop.example/cats?page=2'),
      entry('POST', 'http://shop.example/cats', '{"bio":"<script>alert(1)</script>"}'),
      { request: 'broken' },
    ];
    library.write(
      'browser.har',
      JSON.stringify({ log: { version: '1.2', pages: [{ id: 'entries' }], entries } }, null, 2),
    );
    const file = config({ enforceHttps: true, blacklist: ['203.0.113.7'] });
    const summary = await replay('browser.har', '--config', file, '--passive');
    expect(summary).toMatchObject({ format: 'har', requests: 2, refused: 1, unreadable: 1 });
    expect(summary.rehearsal.byCheck.map(({ check }) => check)).toEqual(['https', 'penetration']);
    expect(summary.unjudged).toContainEqual({ check: 'ip', requests: 2 });
    const named = await replay('browser.har', '--config', file, '--client', '203.0.113.7');
    expect(named.refused).toBe(2);
  });

  it('holds no more of a log than it needs', () => {
    const lines = Array.from({ length: 60_000 }, (_, index) =>
      line(`198.51.${index % 100}.${index % 250}`, index % 86_400),
    );
    library.write('large.log', lines.join(''));
    const bin = path.join(library.folder, 'node_modules/nestapi-guard/dist/cli/main.js');
    const args = ['--max-old-space-size=60', bin, 'replay', 'large.log', '--config', config({}), '--json'];
    const { stdout, status } = spawnSync(process.execPath, args, { cwd: library.folder, encoding: 'utf8' });
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as Summary).requests).toBe(60_000);
  });

  it('skips what is too long for a line', async () => {
    library.write('long.log', `${line('198.51.100.1', 0)}${'x'.repeat(3_000_000)}\n${line('198.51.100.1', 1)}`);
    const { requests, unreadable } = await replay('long.log', '--config', config({}));
    expect({ requests, unreadable }).toEqual({ requests: 2, unreadable: 1 });
  });

  it('answers CI', async () => {
    const args = ['replay', 'access.log', '--module', 'app.module.js', '--fail-on', 'refused'];
    expect((await library.run(args)).code).toBe(1);
  });

  it.each<[what: string, args: string[], message: string]>([
    ['no file', ['--config', 'empty.json'], '<access log | HAR> is missing'],
    ['no policy', ['access.log'], '--config or --module is missing'],
    ['a file that is not there', ['nowhere.log', '--config', 'empty.json'], 'nowhere.log cannot be read'],
    ['an empty file', ['empty.log', '--config', 'empty.json'], 'empty.log is empty'],
    ['another kind of file', ['prose.log', '--config', 'empty.json'], 'tells of a request in the format combined'],
    ['an unknown format', ['access.log', '--format', 'xml', '--config', 'empty.json'], 'use combined, json, har'],
    ['an invalid client', ['access.log', '--client', 'me', '--config', 'empty.json'], 'is no IP address'],
    ['an invalid policy', ['access.log', '--config', 'wrong.json'], 'rateLimit'],
  ])('says what is wrong with %s', async (_, args, message) => {
    library.write('empty.json', '{}');
    library.write('wrong.json', '{ "rateLimit": "many" }');
    library.write('empty.log', '');
    library.write('prose.log', 'Dear diary,\ntoday nothing happened.\n');
    const { code, out, err } = await library.run(['replay', ...args]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});
