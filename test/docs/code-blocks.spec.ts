import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const root = path.resolve(__dirname, '../..');

const pages = [
  'README.md',
  ...readdirSync(path.join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

interface Block {
  /** `docs/cors.md:12`, the line on which it begins. */
  readonly name: string;
  readonly file: string;
  readonly code: string;
}

const blocks: Block[] = pages.flatMap((page) => {
  const text = readFileSync(path.join(root, page), 'utf8');
  return [...text.matchAll(/^```(?:ts|typescript)\n([\s\S]*?)^```$/gm)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length;
    const file = path.join(root, 'test/docs', `${page.replace(/\W/g, '_')}_${line}.ts`);
    return { name: `${page}:${line}`, file, code: `${match[1]}\nexport {};\n` };
  });
});

function typeErrors(): Map<string, string[]> {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const codeByFile = new Map(blocks.map(({ file, code }) => [file, code]));
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (file) => codeByFile.get(file) ?? readFile.call(host, file);
  host.fileExists = (file) => codeByFile.has(file) || fileExists.call(host, file);
  const program = ts.createProgram([...codeByFile.keys()], { ...options, noEmit: true, noUnusedLocals: false }, host);
  return new Map(
    blocks.map(({ file, name }) => {
      const source = program.getSourceFile(file);
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [name, found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))];
    }),
  );
}

describe('code in the documentation', () => {
  let errors: Map<string, string[]>;
  beforeAll(() => {
    errors = typeErrors();
  }, 120_000);

  it.each(blocks)('$name compiles', ({ name }) => {
    expect(errors.get(name)).toEqual([]);
  });

  it('exists', () => {
    expect(blocks.length).toBeGreaterThan(10);
  });
});
