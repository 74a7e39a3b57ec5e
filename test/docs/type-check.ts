import path from 'node:path';
import ts from 'typescript';
import { type CodeBlock, root } from './code-block';

const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile) as { config: object };
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);

/** What was parsed for one program serves the next. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** A program of files that exist in memory only, compiled as the project is. */
export function programOf(codeByFile: ReadonlyMap<string, string>): ts.Program {
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.getSourceFile = (file, ...how) => {
    if (!parsed.has(file)) parsed.set(file, getSourceFile.call(host, file, ...how));
    return parsed.get(file);
  };
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
