#!/usr/bin/env node
// Writes sbom.cdx.json: the packages that installing this one brings, with the versions that the tests ran with.
//
// `npm sbom --omit dev` in this folder would leave out every dependency that a development dependency needs, too, and keep
// optional peers: hence a copy of the lock file without both.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { npm } from './package/process.mjs';

const root = path.resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const work = mkdtempSync(path.join(tmpdir(), 'nestapi-guard-sbom-'));

try {
  const bom = readTree();
  await check(bom);
  writeFileSync(path.join(root, 'sbom.cdx.json'), `${JSON.stringify(bom, null, 2)}\n`);
  console.log(`sbom.cdx.json: ${bom.components.length} packages, CycloneDX ${bom.specVersion}`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

function readTree() {
  // npm names the component after its folder.
  const folder = path.join(work, manifest.name);
  mkdirSync(folder);
  const { name, version, description, license, dependencies } = manifest;
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ name, version, description, license, dependencies }),
  );
  copyFileSync(path.join(root, 'package-lock.json'), path.join(folder, 'package-lock.json'));
  // With it npm installs no peers.
  const lockOnly = ['--package-lock-only', '--legacy-peer-deps'];
  npm(['install', ...lockOnly, '--ignore-scripts', '--no-audit', '--loglevel=error'], folder);
  return JSON.parse(npm(['sbom', '--sbom-format=cyclonedx', '--sbom-type=library', ...lockOnly], folder));
}

async function check(bom) {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const problems = [];
  const invalid = await new Validation.JsonStrictValidator(Spec.Version.v1dot5).validate(JSON.stringify(bom));
  if (invalid !== null) problems.push(`does not follow the schema: ${JSON.stringify(invalid)}`);
  if (bom.metadata.component.purl !== `pkg:npm/${manifest.name}@${manifest.version}`) {
    problems.push(`is about ${bom.metadata.component.purl}`);
  }
  const listed = new Map(bom.components.map((component) => [component.name, component]));
  for (const name of Object.keys(manifest.dependencies)) {
    if (!listed.has(name)) problems.push(`lacks the dependency ${name}`);
  }
  for (const { name, version, hashes, licenses } of listed.values()) {
    if (packages[`node_modules/${name}`]?.version !== version)
      problems.push(`${name} ${version} is not what was tested`);
    if (packages[`node_modules/${name}`]?.dev) problems.push(`lists the development dependency ${name}`);
    if (!hashes?.length || !licenses?.length) problems.push(`${name} has no hash or no license`);
  }
  if (problems.length > 0) throw new Error(`The SBOM\n  ${problems.join('\n  ')}`);
}
