import dns, { type LookupOptions } from 'node:dns';
import { type AddressInfo, isIP, Server } from 'node:net';
import { type DynamicModule, type INestApplication, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GuardControl, GuardModule } from 'nestapi-guard';
import { type CodeBlock, documentedBlocks } from './code-block';
import { transpile } from './type-check';
import pages from '../../docs/.vitepress/pages.json';

type Exports = Readonly<Record<string, unknown>>;

type LookupCallback = (error: Error | null, address: string | dns.LookupAddress[], family?: number) => void;

const says = (line: RegExp) => (block: CodeBlock) => line.test(block.code);
const blocks = documentedBlocks();
const suites = blocks.filter(says(/^(?:describe|it)\(/m));
const mains = blocks.filter(says(/^export async function main\(/m));
const parts = blocks
  .filter(says(/^@(?:Module|Controller|Injectable)\(|^export const guard = /m))
  .filter((block) => !suites.includes(block) && !mains.includes(block));

/** Runs a block as a module of its own, in the realm of the tests, whose `describe` and `it` it may call. */
function run(block: CodeBlock): Exports {
  const module = { exports: {} as Exports };
  const load = Reflect.construct(Function, ['require', 'module', 'exports', transpile(block)]) as (
    ...scope: object[]
  ) => void;
  load(require, module, module.exports);
  return module.exports;
}

/** What a block exports, as an application: its module, or a module around its controllers and providers. */
function applicationOf(exported: Exports): Type {
  const classes = Object.values(exported).filter((value): value is Type => typeof value === 'function');
  const carrying = (mark: string) => classes.filter((type) => Reflect.hasMetadata(mark, type));
  const [whole] = carrying('imports');
  if (whole !== undefined) return whole;
  const metadata: ModuleMetadata = {
    imports: [(exported.guard as DynamicModule | undefined) ?? GuardModule.forRoot()],
    controllers: carrying('__controller__'),
    providers: carrying('__injectable__'),
  };
  @Module(metadata)
  class Around {}
  return Around;
}

/** Asks for every route once, or for the root where there is none. */
async function expectAnswers(app: INestApplication): Promise<void> {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const routes = app.get(GuardControl).policies();
  const asked = routes.map(({ route }) => route.split(' '));
  for (const [method, path] of asked.length === 0 ? [['GET', '/'] as const] : asked) {
    const body = method === 'GET' ? {} : { body: '{}', headers: { 'content-type': 'application/json' } };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, redirect: 'manual', ...body });
    expect(`${method} ${path} ${answer.status}`).not.toMatch(/ 5..$/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  }
}

describe('applications in the documentation', () => {
  let app: INestApplication | undefined;
  beforeEach(() => {
    // Nothing leaves the machine, whatever an application would download in the background.
    const { lookup } = dns;
    jest.spyOn(dns, 'lookup').mockImplementation(((name: string, ...rest: [LookupOptions, LookupCallback]) => {
      if (isIP(name) > 0) return lookup(name, ...rest);
      process.nextTick(rest[1], new Error(`${name} is not looked up in tests`));
    }) as typeof lookup);
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    jest.restoreAllMocks();
  });

  it.each(parts)('$name starts and answers', async (block) => {
    app = await NestFactory.create(applicationOf(run(block)), { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
    await expectAnswers(app);
  });

  it.each(mains)('$name starts and answers', async (block) => {
    const created = jest.spyOn(NestFactory, 'create');
    const listen = Server.prototype.listen as (port: number, host: string, listening: unknown) => Server;
    // Not on port 3000, which may be somebody else's.
    jest.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server, ...args: unknown[]) {
      return listen.call(this, 0, '127.0.0.1', args.at(-1));
    });
    await (run(block) as { main(): Promise<void> }).main();
    const started: INestApplication = await created.mock.results[0]!.value;
    app = started;
    await expectAnswers(started);
  });

  // The examples of the command line are commands, which `test/cli` runs.
  const features = pages
    .filter(({ section }) => !['Start', 'Migration', 'Reference'].includes(section))
    .flatMap((section) => section.pages.map(({ page }) => `docs/${page}.md`))
    .filter((page) => page !== 'docs/cli.md');

  it.each(['README.md', 'docs/getting-started.md', 'docs/roll-out.md', ...features])('are on %s', (page) => {
    expect([...parts, ...mains, ...suites].map((block) => block.page)).toContain(page);
  });
});

describe.each(suites)('the tests of $name', (block) => {
  run(block);
});
