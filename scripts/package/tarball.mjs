// What is in the tarball, what it says of itself, and what it needs.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { npm, run } from './process.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

const ALLOWED =
  /^(dist\/.+\.(js|d\.ts)|snapshots\/cloud-ranges-[\d-]+\.jsonl|package\.json|sbom\.cdx\.json|README\.md|LICENSE|CHANGELOG\.md)$/;
const STRANGE = /\.(spec|test)\.|(^|\/)(test|fixture)\//;
const WANTED = [
  'dist/index.js',
  'dist/index.d.ts',
  'dist/testing/index.js',
  'dist/testing/index.d.ts',
  'dist/cli/main.js',
  'sbom.cdx.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
];
/** Kilobytes, without the snapshot of cloud ranges, which only a release has. */
const CEILING = { packed: 700, unpacked: 2500 };

/** Packs the library. @returns the path of the tarball */
export function pack(folder) {
  checkFreshness();
  checkManifest();
  npm(['run', '--silent', 'sbom'], root);
  const [report] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root));
  checkContent(report);
  checkImports(report.files.map((file) => file.path));
  const tarball = path.join(folder, report.filename);
  run('npx', ['--no-install', 'publint', 'run', tarball, '--strict'], { cwd: root });
  run('npx', ['--no-install', 'attw', tarball, '--no-color', '--no-emoji'], { cwd: root });
  console.log(`${report.filename}: ${report.files.length} files, ${kilobytes(report.size)} KB packed`);
  return tarball;
}

/** A tarball of yesterday's build proves nothing about today's sources. */
function checkFreshness() {
  const built = statSync(path.join(root, 'dist/index.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(path.join(root, 'lib'), { recursive: true }).map((file) => path.join(root, 'lib', file));
  const newer = sources.find((file) => file.endsWith('.ts') && statSync(file).mtimeMs > built);
  if (newer !== undefined) throw new Error(`${path.relative(root, newer)} is newer than the build: npm run build`);
}

function checkManifest() {
  const { scripts = {}, peerDependencies, peerDependenciesMeta, sideEffects } = manifest;
  const installing = ['preinstall', 'install', 'postinstall', 'prepare'].filter((name) => name in scripts);
  if (installing.length > 0) throw new Error(`A user's install would run ${installing.join(', ')}`);
  const undeclared = Object.keys(peerDependenciesMeta).filter((name) => !(name in peerDependencies));
  if (undeclared.length > 0) throw new Error(`Optional, and no peers: ${undeclared.join(', ')}`);
  // class-validator registers the fields of a section when its module is loaded: a bundler must not leave it out.
  if (sideEffects === false) throw new Error('The modules of this package have side effects');
  const [, released] = /^## (\S+)/m.exec(readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8')) ?? [];
  if (released !== manifest.version) throw new Error(`CHANGELOG.md begins with ${released}, not ${manifest.version}`);
}

function checkContent({ files, size }) {
  const names = files.map((file) => file.path);
  const strangers = names.filter((name) => !ALLOWED.test(name) || STRANGE.test(name));
  if (strangers.length > 0) throw new Error(`The tarball has what it should not: ${strangers.join(', ')}`);
  const missing = WANTED.filter((name) => !names.includes(name));
  if (missing.length > 0) throw new Error(`The tarball lacks ${missing.join(', ')}`);
  const own = files.filter((file) => !file.path.startsWith('snapshots/'));
  const unpacked = own.reduce((sum, file) => sum + file.size, 0);
  if (kilobytes(unpacked) > CEILING.unpacked) throw new Error(`${kilobytes(unpacked)} KB are unpacked`);
  if (own.length === files.length && kilobytes(size) > CEILING.packed)
    throw new Error(`${kilobytes(size)} KB are packed`);
}

/** Whatever is loaded or named in a typing is a dependency, or a peer that every application has. */
function checkImports(files) {
  const { dependencies, peerDependencies, peerDependenciesMeta } = manifest;
  const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  const known = new Set([...Object.keys(dependencies), ...peers, ...builtinModules]);
  const names = /(?:\brequire\(|\bimport\(|\bfrom |^import |<reference types=)["']([^."'][^"']*)["']/gm;
  for (const file of files.filter((name) => name.startsWith('dist/'))) {
    // Examples in comments import what their reader has.
    const code = readFileSync(path.join(root, file), 'utf8').replace(/^\s*\*.*$|\/\*\*.*?\*\//gm, '');
    for (const [, specifier] of code.matchAll(names)) {
      const [scope, name] = specifier.replace(/^node:/, '').split('/');
      const wanted = scope.startsWith('@') ? `${scope}/${name}` : scope;
      if (!known.has(wanted)) throw new Error(`${file} needs ${specifier}, which an application may not have`);
    }
  }
}

function kilobytes(bytes) {
  return Math.round(bytes / 1024);
}
