import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prefixesOf, seeded } from './prefixes';

const PROVIDERS = ['AWS', 'GCP', 'Azure'];

/** Writes as many networks as the big three publish together, none of them with a client of the benchmark, and as new as can be. */
export function writeCloudSnapshot(networks: number, spared: string): string {
  const updatedAt = new Date().toISOString();
  const lines = PROVIDERS.map((provider, seed) => {
    const prefixes = prefixesOf(Math.ceil(networks / PROVIDERS.length), seeded(seed));
    const others = prefixes.filter((prefix) => !prefix.startsWith(spared));
    return JSON.stringify({ provider, updatedAt, region: 'global', prefixes: others });
  });
  const folder = mkdtempSync(path.join(tmpdir(), 'nestapi-guard-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'clouds.jsonl');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
