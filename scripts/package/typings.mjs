// The typings, checked by the compilers of users in a project that has installed what is required and nothing else.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './process.mjs';

const RESOLUTIONS = [
  { typescript: '6', module: 'nodenext', moduleResolution: 'nodenext' },
  { typescript: '6', module: 'esnext', moduleResolution: 'bundler' },
  // TypeScript does not let CommonJS of this mode import ES modules, which Nest 12 and its typings are.
  { typescript: '6', module: 'node16', moduleResolution: 'node16', nest: '11' },
  { typescript: '6', module: 'node20', moduleResolution: 'node16', nest: '12' },
  { typescript: '5', module: 'nodenext', moduleResolution: 'nodenext' },
  // What `nest new` generated before Nest 11.
  { typescript: '5', module: 'commonjs', moduleResolution: 'node10' },
];

export const COMPILERS = { typescript: '~6.0.0', typescript5: 'npm:typescript@~5.9.0' };

export function checkTypings(folder, nest) {
  for (const { typescript, module, moduleResolution } of RESOLUTIONS.filter((each) => (each.nest ?? nest) === nest)) {
    const project = path.join(folder, 'typings.json');
    const compilerOptions = {
      target: 'es2022',
      lib: ['es2022'],
      module,
      moduleResolution,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      skipLibCheck: false,
      noEmit: true,
      types: ['node'],
    };
    writeFileSync(project, JSON.stringify({ compilerOptions, files: ['typings.ts'] }));
    const compiler = `node_modules/typescript${typescript === '5' ? '5' : ''}/bin/tsc`;
    run(process.execPath, [compiler, '-p', project], { cwd: folder });
    console.log(`Nest ${nest}: typings by TypeScript ${typescript}, ${module}/${moduleResolution}`);
  }
}
