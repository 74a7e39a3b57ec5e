import path from 'node:path';
import ts from 'typescript';
import { type CodeBlock, commentedExamples, root } from './code-block';
import { programOf } from './type-check';

const examples = commentedExamples();

/** Where a reader of an example takes its names from: the package, Nest, and, inside of the package, the file itself. */
const MODULES = [
  'nestapi-guard',
  'nestapi-guard/testing',
  '@nestjs/common',
  '@nestjs/config',
  '@nestjs/core',
  '@nestjs/swagger',
  '@nestjs/terminus',
  '@nestjs/testing',
  '@nestjs/throttler',
  'node:http',
  ...new Set(examples.map(({ page }) => `../../${page.replace(/\.ts$/, '')}`)),
];

/** By name, how to import it; the first module of the list wins. */
function exportedNames(): Map<string, string> {
  const file = path.join(root, 'test/docs/names.ts');
  const code = MODULES.map((module, index) => `export * as m${index} from '${module}';`).join('\n');
  const program = programOf(new Map([[file, code]]));
  const checker = program.getTypeChecker();
  const names = new Map<string, string>();
  const symbol = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  for (const [index, module] of checker.getExportsOfModule(symbol).entries()) {
    const from = MODULES[index];
    for (const exported of checker.getExportsOfModule(checker.getAliasedSymbol(module))) {
      const { name } = exported;
      const { flags } = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const kind = flags & ts.SymbolFlags.Value ? '' : 'type ';
      if (!names.has(name)) names.set(name, `import { ${kind}${name} } from '${from}';`);
    }
  }
  return names;
}

/** An example as a module of its own: handlers get a class around them, awaiting lines a function, every name its import. */
function complete(example: CodeBlock, names: ReadonlyMap<string, string>): CodeBlock {
  const code = enclosed(example.code);
  const used = new Set(code.replace(/'[^'\n]*'/g, '').match(/\b[A-Za-z]\w*/g));
  const declared = new Set([...code.matchAll(/\b(?:class|const|function) (\w+)/g)].map(([, name]) => name!));
  const imports = [...used].filter((name) => !declared.has(name)).map((name) => names.get(name) ?? '');
  if (used.has('AppModule') && !declared.has('AppModule')) imports.push('class AppModule {}');
  return { ...example, code: `${imports.join('\n')}\n${code}` };
}

function enclosed(code: string): string {
  const { diagnostics } = ts.transpileModule(code, {
    reportDiagnostics: true,
    compilerOptions: { experimentalDecorators: true },
  });
  if (diagnostics?.length) return `class Example {\n${code}}`;
  return /\bawait\b/.test(code) && !/\basync\b/.test(code) ? `export async function example() {\n${code}}` : code;
}

/** The examples of the library, ready to be compiled. */
export function completeExamples(): CodeBlock[] {
  const names = exportedNames();
  return examples.map((example) => complete(example, names));
}
