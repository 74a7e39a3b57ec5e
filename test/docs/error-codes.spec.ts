import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CHECK_NAMES } from 'nestapi-guard';

const root = path.resolve(__dirname, '../..');
const page = readFileSync(path.join(root, 'docs/errors.md'), 'utf8');

const sources = readdirSync(path.join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(path.join(root, 'lib', file), 'utf8'));
const constants = new Set(
  sources.flatMap((source) => [...source.matchAll(/const (GUARD_[A-Z_]+)/g)].map(([, name]) => name)),
);

const emitted = new Set<string>(CHECK_NAMES.map((check) => `GUARD_${check.toUpperCase()}`));
for (const source of sources) {
  for (const [code] of source.matchAll(/GUARD_[A-Z]+(?:_[A-Z]+)*\b/g)) if (!constants.has(code)) emitted.add(code);
}

/** The headings, each of which is an anchor. */
const explained = [...page.matchAll(/^### (GUARD_[A-Z_]+)$/gm)].map(([, code]) => code!);

describe('docs/errors.md', () => {
  it.each([...emitted].sort())('explains %s', (code) => {
    expect(explained).toContain(code);
  });

  it('is told of every code: only those of the checks are put together', () => {
    expect(sources.join('').match(/GUARD_[A-Z_]*\$\{.*?\}/g)).toEqual(['GUARD_${refusal.check.toUpperCase()}']);
  });

  it('explains nothing that is never emitted, and nothing twice', () => {
    expect([...explained].sort()).toEqual([...emitted].sort());
  });
});
