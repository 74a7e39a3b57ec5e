import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { transformSync } from '@swc/core';

const root = path.resolve(__dirname, '../..');

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The library and applications around it, compiled to JavaScript in a folder of their own, as a user has them. */
export class CompiledLibrary {
  private constructor(readonly folder: string) {}

  /** Compiles the library as it stands into `node_modules/nestapi-guard` of a new folder. */
  static create(name: string): CompiledLibrary {
    const folder = path.join(root, '.tmp', `${name}-${process.pid}`);
    const installed = path.join(folder, 'node_modules/nestapi-guard');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(installed, { recursive: true });
    cpSync(path.join(root, 'package.json'), path.join(installed, 'package.json'));
    // A package of its own: in that of the library, its name would mean whatever was built last.
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
    const files = readdirSync(path.join(root, 'lib'), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((each) => each.endsWith('.ts'))) {
      const source = path.join(root, 'lib', file);
      compile(source, path.join(installed, 'dist', file.replace(/\.ts$/, '.js')));
    }
    return new CompiledLibrary(folder);
  }

  /** Compiles files of a folder with TypeScript sources beside the library, `.mts` as ES modules. */
  addSources(folder: string): void {
    for (const file of readdirSync(folder)) {
      if (!/\.m?ts$/.test(file)) continue;
      compile(path.join(folder, file), path.join(this.folder, file.replace(/\.(m?)ts$/, '.$1js')));
    }
  }

  write(file: string, content: string | Buffer): string {
    writeFileSync(path.join(this.folder, file), content);
    return file;
  }

  /** Runs the command as npx does, in the folder of the applications. */
  run(args: readonly string[], input = ''): Promise<Outcome> {
    const bin = path.join(this.folder, 'node_modules/nestapi-guard/dist/cli/main.js');
    const child = spawn(process.execPath, [bin, ...args], { cwd: this.folder });
    const chunks = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (chunks.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (chunks.err += chunk.toString()));
    child.stdin.end(input);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, ...chunks }));
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function compile(source: string, target: string): void {
  const esModule = source.endsWith('.mts');
  const { code } = transformSync(readFileSync(source, 'utf8'), {
    filename: source,
    swcrc: false,
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      keepClassNames: true,
    },
    // `import()` loads ES modules and CommonJS alike, as it does in what tsc makes of it.
    module: esModule ? { type: 'es6' } : { type: 'commonjs', ignoreDynamic: true, exportInteropAnnotation: true },
  });
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, code);
}
