import path from 'node:path';
import { CompiledLibrary } from './compiled-library';

interface Route {
  readonly route: string;
  readonly protection: string;
  readonly checks: string[];
  readonly rules: { readonly field: string; readonly source: string }[];
}

jest.setTimeout(60_000);

describe('nestapi-guard policies', () => {
  let library: CompiledLibrary;
  beforeAll(() => {
    library = CompiledLibrary.create('policies');
    library.addSources(path.join(__dirname, 'fixture'));
  });
  afterAll(() => library.remove());

  async function routesOf(...args: string[]): Promise<Map<string, Route>> {
    const { out, err, code } = await library.run(['policies', ...args, '--json']);
    expect({ err, code }).toEqual({ err: '', code: 0 });
    const { routes } = JSON.parse(out) as { routes: Route[] };
    return new Map(routes.map((route) => [route.route, route]));
  }

  // The fixture's database throws when it is created, and its Redis is at an address that nobody answers at.
  it('tells what protects each route, and creates nothing of the application', async () => {
    const { code, out, err } = await library.run(['policies', 'app.module.js']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^\(every request\) .*enableIpBanning true ← default$/m);
    expect(out).toMatch(/^ +excludePaths \["\/docs",.*\] ← default$/m);
    expect(out).toContain('blacklist ["203.0.113.66"] ← config');
    expect(out).toMatch(/^GET \/cats\/:id +CatsController\.find +required_headers, .*rate_limit, penetration/m);
    expect(out).toContain('rateLimit [{"requests":3,"window":60}] ← class');
    expect(out).toContain('requireHeaders {"X-Tenant":"required"} ← method');
    expect(out).toMatch(/^GET \/health +OpenController\.health +UNPROTECTED \(bypasses all\)/m);
    expect(out).toMatch(/^GET \/docs\/intro +OpenController\.intro +UNPROTECTED \(excluded path\)/m);
    expect(out).toContain('6 routes, 3 unprotected');
  });

  it('judges each route, and names the source of each rule', async () => {
    const routes = await routesOf('app.module.js');
    const judged = [...routes].map(([route, { protection }]) => [route, protection]);
    expect(judged).toEqual([
      ['GET /cats', 'protected'],
      ['GET /cats/:id', 'protected'],
      ['POST /cats', 'protected'],
      ['GET /health', 'unprotected'],
      ['GET /docs/intro', 'unprotected'],
      ['GET /office', 'unprotected'],
    ]);
    expect(routes.get('POST /cats')?.checks).toEqual(expect.arrayContaining(['authentication', 'rate_limit']));
    expect(routes.get('POST /cats')?.rules.map(({ field, source }) => `${field} ${source}`)).toEqual([
      'blockUserAgents config',
      'rateLimit class',
      'requireAuth method',
    ]);
  });

  it('tells what holds for every request, and whether anybody said so', async () => {
    library.write('same.json', '{ "enableIpBanning": true, "excludePaths": ["/static"], "enforceHttps": true }');
    const { out } = await library.run(['policies', 'app.module.js', '--config', 'same.json', '--json']);
    expect((JSON.parse(out) as { everyRequest: unknown }).everyRequest).toEqual([
      { field: 'enableIpBanning', source: 'default', value: true },
      { field: 'enforceHttps', source: 'config', value: true },
      { field: 'excludePaths', source: 'config', value: ['/static'] },
    ]);
  });

  it('prints a Markdown table whose cells no value can break', async () => {
    const { out } = await library.run(['policies', 'app.module.js', '--markdown']);
    const rows = out.split('\n').filter((line) => line.startsWith('|'));
    expect(rows).toHaveLength(9);
    for (const row of rows) expect(row.replaceAll('\\|', '').match(/\|/g)).toHaveLength(5);
  });

  it('knows of the global prefix, also where it takes a path out of the excluded ones', async () => {
    const routes = await routesOf('app.module.js', '--global-prefix', 'api/v1');
    expect(routes.get('GET /api/v1/cats/:id')?.protection).toBe('protected');
    expect(routes.get('GET /api/v1/docs/intro')?.protection).toBe('protected');
  });

  it.each([
    ['forRootAsync with useFactory', 'async.module.js', 7],
    ['forRootAsync with useClass', 'class.module.js', 8],
    ['an ES module', 'esm.module.mjs', 9],
  ])('reads the configuration of %s', async (_, file, limit) => {
    const { out, err, code } = await library.run(['policies', file]);
    expect({ err, code }).toEqual({ err: '', code: 0 });
    expect(out).toContain(`rateLimit [{"requests":${limit},"window":60}] ← config`);
  });

  it('takes another configuration, such as the one of production', async () => {
    library.write('rehearsal.json', '{ "passiveMode": true }');
    const routes = await routesOf('app.module.js', '--config', 'rehearsal.json');
    expect(routes.get('GET /cats')?.protection).toBe('rehearsed');
    expect(routes.get('GET /health')?.protection).toBe('unprotected');
  });

  it('counts only the guards that stand before a route when they are placed by hand', async () => {
    const routes = await routesOf('by-hand.module.js');
    expect(routes.get('GET /all')).toMatchObject({ protection: 'protected', checks: ['rate_limit', 'penetration'] });
    expect(routes.get('GET /limited')).toMatchObject({ protection: 'protected', checks: ['rate_limit'] });
    expect(routes.get('GET /none')).toMatchObject({ protection: 'unprotected', checks: [] });
  });

  it.each<[what: string, args: string[], code: number]>([
    ['an unprotected route', ['app.module.js', '--fail-on', 'unprotected'], 1],
    ['no unprotected route', ['async.module.js', '--fail-on', 'unprotected'], 0],
    ['a rehearsed route', ['async.module.js', '--config', 'passive.json', '--fail-on', 'rehearsed'], 1],
    ['a rehearsed route that may be', ['async.module.js', '--config', 'passive.json', '--fail-on', 'unprotected'], 0],
  ])('answers CI about %s', async (_, args, code) => {
    library.write('passive.json', '{ "passiveMode": true }');
    expect((await library.run(['policies', ...args])).code).toBe(code);
  });

  it.each<[what: string, args: string[], message: string]>([
    ['no file', [], '<compiled app module> is missing'],
    ['a file that is not there', ['nowhere.js'], 'nowhere.js does not exist'],
    ['a source file', ['app.module.ts'], 'does not exist'],
    ['a file without a module', ['empty.js'], 'exports no Nest module'],
    ['a file that throws', ['broken.js'], 'broken.js cannot be loaded: broken on purpose'],
    ['an unguarded application', ['unguarded.module.js'], 'does not import the GuardModule'],
    ['an unknown option', ['app.module.js', '--fial-on', 'x'], "Unknown option '--fial-on'"],
    ['an unknown value', ['app.module.js', '--fail-on', 'everything'], 'use unprotected, rehearsed'],
    ['an invalid configuration', ['app.module.js', '--config', 'typo.json'], 'did you mean "rateLimit"?'],
    ['no JSON', ['app.module.js', '--config', 'none.json'], 'none.json is no JSON'],
    ['a factory that needs the application', ['needy.module.js'], 'give the configuration with --config'],
  ])('says what is wrong with %s', async (_, args, message) => {
    library.write('empty.js', 'exports.answer = 42;');
    library.write('broken.js', 'throw new Error("broken on purpose");');
    library.write('typo.json', '{ "ratelimit": 5 }');
    library.write('none.json', '{');
    const { code, out, err } = await library.run(['policies', ...args]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(err).toMatch(/^nestapi-guard policies: /);
    expect(err).not.toMatch(/^ {4}at /m);
  });

  it('lists the mistakes of the configuration and of the decorators together', async () => {
    const { code, err } = await library.run(['policies', 'mistaken.module.js']);
    expect(code).toBe(2);
    expect(err).toMatch(/^nestapi-guard policies: nestapi-guard: 3 problems found \(GUARD_CONFIG_INVALID/);
    expect([...err.matchAll(/^ {2}- (.*?):/gm)].map(([, path]) => path)).toEqual([
      'rateLimit',
      'CatsController.list @Bypass[0]',
      'CatsController.list @RateLimit[0].requests',
    ]);
  });

  it.each(['policies', 'explain', 'replay'])('%s --help tells how it is used', async (command) => {
    const { code, out } = await library.run([command, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^nestapi-guard ${command} <`));
  });

  it.each([
    ['without a command', [], 2],
    ['with an unknown command', ['polices'], 2],
    ['with --help', ['--help'], 0],
  ])('lists the commands %s', async (_, args, code) => {
    const outcome = await library.run(args);
    expect(outcome.code).toBe(code);
    expect(outcome.out + outcome.err).toContain('what protects each route');
  });
});
