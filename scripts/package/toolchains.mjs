// What users build, run and test with. Each is built once, by the Node version that runs this script, and run by several.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './process.mjs';

/** Installed beside the consumers, which have Nest and the library to themselves. */
export const TOOLS = [
  '@nestjs/cli@12',
  'webpack@5',
  'webpack-node-externals@3',
  'ts-loader@9',
  'fork-ts-checker-webpack-plugin@9',
  'tsconfig-paths-webpack-plugin@4',
  '@swc/cli@0.8',
  '@swc/core@1',
  'esbuild@0.28',
  'tsx@4',
  'jest@30',
  'ts-jest@29',
  '@swc/jest@0.2',
  '@types/jest@30',
  'vitest@4',
  'vite@8',
  'unplugin-swc@2',
];

// What Nest asks for and does without.
const OPTIONAL = [
  '@nestjs/microservices',
  '@nestjs/websockets',
  '@fastify/static',
  '@fastify/view',
  '@fastify/multipart',
  'class-transformer',
];

const WITH_METADATA = 'served and refused, with decorator metadata\n';
const WITHOUT_METADATA = 'served and refused, without decorator metadata\n';

/**
 * `build(consumer)` has the folder, `tool(name)` the script of a tool and `deploy(file)`, which moves a file to where no package
 * is in reach, as a container has it. `main` is a file that Node starts, `deployed` one that was moved, `command` a tool that
 * compiles as it runs. Test runners print nothing to compare: the last test asserts what `prints` does.
 */
export const TOOLCHAINS = [
  {
    name: 'tsc, CommonJS',
    build: ({ folder }) => run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], { cwd: folder }),
    main: 'dist/main.js',
    prints: WITH_METADATA,
  },
  {
    name: 'tsc, ES modules',
    build: ({ folder }) => {
      asModules(folder);
      run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'esm'], { cwd: folder });
    },
    main: 'esm/dist/main.js',
    prints: WITH_METADATA,
  },
  {
    name: 'swc',
    build: ({ folder, tool }) =>
      run(tool('swc'), ['src', '-d', 'swc', '--strip-leading-paths', '--config-file', 'swc.json'], { cwd: folder }),
    main: 'swc/main.js',
    prints: WITH_METADATA,
  },
  {
    name: 'esbuild, packages external',
    build: ({ folder, tool }) =>
      run(tool('esbuild'), [...ESBUILD, '--packages=external', '--outfile=esbuild/main.js'], { cwd: folder }),
    main: 'esbuild/main.js',
    prints: WITHOUT_METADATA,
  },
  {
    name: 'esbuild, one file',
    build: ({ folder, tool, deploy }) => {
      const externals = OPTIONAL.map((name) => `--external:${name}`);
      run(tool('esbuild'), [...ESBUILD, ...externals, '--outfile=esbuild-bundle/main.js'], { cwd: folder });
      deploy('esbuild-bundle');
    },
    deployed: 'esbuild-bundle/main.js',
    prints: WITHOUT_METADATA,
  },
  {
    name: 'tsx',
    command: ['tsx', 'src/main.ts'],
    prints: WITHOUT_METADATA,
  },
  {
    name: 'nest build --webpack',
    build: ({ folder, tool }) => {
      writeFileSync(path.join(folder, 'nest-cli.json'), '{ "sourceRoot": "src" }');
      run(tool('nest'), ['build', '--webpack'], { cwd: folder });
      cpSync(path.join(folder, 'dist'), path.join(folder, 'webpack'), { recursive: true });
    },
    main: 'webpack/main.js',
    prints: WITH_METADATA,
  },
  {
    name: 'nest build --webpack, one file',
    build: ({ folder, tool, deploy }) => {
      rmSync(path.join(folder, 'dist'), { recursive: true });
      run(tool('nest'), ['build', '--webpack', '--webpackPath', 'webpack.bundle.js'], { cwd: folder });
      cpSync(path.join(folder, 'dist'), path.join(folder, 'webpack-bundle'), { recursive: true });
      deploy('webpack-bundle');
    },
    deployed: 'webpack-bundle/main.js',
    prints: WITH_METADATA,
  },
  { name: 'Jest with ts-jest', command: ['jest', '-c', 'jest.config.js'] },
  { name: 'Jest with swc', command: ['jest', '-c', 'jest.swc.config.js'] },
  { name: 'Vitest with swc', command: ['vitest', 'run', '-c', 'vitest.config.mjs'] },
  { name: 'Vitest', command: ['vitest', 'run', '-c', 'vitest.plain.config.mjs'] },
];

const ESBUILD = ['src/main.ts', '--bundle', '--platform=node', '--log-level=error'];

/** Runs what was built. @throws when it fails, or when metadata is there or missing against what the documentation says */
export function runToolchain({ main, deployed, command, prints }, { folder, tool, deployment }, node) {
  const args = command === undefined ? [main ?? deployed] : [tool(command[0]), ...command.slice(1)];
  const printed = run(node.binary, args, { cwd: deployed === undefined ? folder : deployment, node });
  if (prints !== undefined && printed !== prints) {
    throw new Error(`printed ${JSON.stringify(printed)} instead of ${JSON.stringify(prints)}`);
  }
}

/** The same sources in a package of `"type": "module"`, where relative imports name files. */
function asModules(folder) {
  const target = path.join(folder, 'esm');
  mkdirSync(path.join(target, 'src'), { recursive: true });
  writeFileSync(path.join(target, 'package.json'), '{ "private": true, "type": "module" }');
  cpSync(path.join(folder, 'tsconfig.json'), path.join(target, 'tsconfig.json'));
  for (const file of readdirSync(path.join(folder, 'src'))) {
    const source = readFileSync(path.join(folder, 'src', file), 'utf8');
    writeFileSync(path.join(target, 'src', file), source.replace(/from '(\.[^']+)'/g, "from '$1.js'"));
  }
}
