import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export const root = path.resolve(__dirname, '../..');

export interface CodeBlock {
  /** `docs/cors.md:12`, the line on which it begins. */
  readonly name: string;
  readonly page: string;
  readonly code: string;
}

/** The blocks of TypeScript in the README and in `docs/`. */
export function documentedBlocks(): CodeBlock[] {
  const docs = readdirSync(path.join(root, 'docs')).filter((file) => file.endsWith('.md'));
  return ['README.md', ...docs.map((file) => `docs/${file}`)].flatMap((page) =>
    blocksOf(page, /^()```(?:ts|typescript)\n([\s\S]*?)^```$/gm),
  );
}

const sources = readdirSync(path.join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `lib/${file}`);

/** The examples in the comments of the library. */
export function commentedExamples(): CodeBlock[] {
  return sources
    .flatMap((file) => blocksOf(file, /@example\n *\* (`{3})ts\n([\s\S]*?)^ *\* ```$/gm))
    .map((block) => ({ ...block, code: block.code.replace(/^ *\* ?/gm, '') }));
}

/** Where an example is none that `commentedExamples` finds. */
export function unfencedExamples(): string[] {
  return sources.filter((file) => /@example(?!\n *\* ```ts\n)/.test(readFileSync(path.join(root, file), 'utf8')));
}

function blocksOf(page: string, fence: RegExp): CodeBlock[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  return [...text.matchAll(fence)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length;
    return { name: `${page}:${line}`, page, code: match[2]! };
  });
}

const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile) as { config: object };
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);

/** A program of files that exist in memory only, compiled as the project is. */
export function programOf(codeByFile: ReadonlyMap<string, string>): ts.Program {
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (file) => codeByFile.get(file) ?? readFile.call(host, file);
  host.fileExists = (file) => codeByFile.has(file) || fileExists.call(host, file);
  return ts.createProgram([...codeByFile.keys()], { ...options, noEmit: true, noUnusedLocals: false }, host);
}

/** What the compiler has against each block, by its name. */
export function typeErrors(blocks: readonly CodeBlock[]): Map<string, string[]> {
  const fileOf = ({ name }: CodeBlock) => path.join(root, 'test/docs', `${name.replace(/\W/g, '_')}.ts`);
  const program = programOf(new Map(blocks.map((block) => [fileOf(block), `${block.code}\nexport {};\n`])));
  return new Map(
    blocks.map((block) => {
      const source = program.getSourceFile(fileOf(block));
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [block.name, found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))];
    }),
  );
}

/** The JavaScript of a block, as a CommonJS module. */
export function transpile({ code }: CodeBlock): string {
  const module = ts.ModuleKind.CommonJS;
  const compilerOptions = { ...options, module, moduleResolution: undefined, sourceMap: false };
  return ts.transpileModule(code, { compilerOptions }).outputText;
}
