import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CompiledLibrary } from './compiled-library';

const { version } = JSON.parse(readFileSync(path.resolve(__dirname, '../../package.json'), 'utf8')) as {
  version: string;
};

describe('nestapi-guard', () => {
  let library: CompiledLibrary;
  beforeAll(() => {
    library = CompiledLibrary.create('main');
  });
  afterAll(() => library.remove());

  it.each(['--version', '-v'])('tells its version with %s', async (option) => {
    expect(await library.run([option])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it.each<[args: string[], code: number]>([
    [['--help'], 0],
    [['help'], 0],
    [[], 2],
  ])('lists its commands with %j', async (args, code) => {
    const outcome = await library.run(args);
    expect(outcome.code).toBe(code);
    expect(outcome.out).toMatch(/^nestapi-guard <command>[^]+policies[^]+explain[^]+replay/);
  });

  it('names what is no command', async () => {
    const { code, out, err } = await library.run(['--versoin']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^nestapi-guard: "--versoin" is no command\n/);
  });
});
