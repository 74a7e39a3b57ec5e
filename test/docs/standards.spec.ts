import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');
const page = readFileSync(path.join(root, 'docs/standards.md'), 'utf8');

/** `test/…` "title", as the last column of the tables has it. */
const PROOF = /`(test\/[^`]+)` "([^"]+)"/g;

const rows = page.split('\n').filter((line) => /^\| .* \| /.test(line) && !/^\| (?:requirement|risk|CWE|-)/.test(line));
const proofs = [...page.matchAll(PROOF)].map(([, file = '', title = '']) => [file, title] as const);

describe('the standards that are claimed', () => {
  it.each(rows.map((row) => [/^\| (.*?) *\|/.exec(row)![1], row] as const))('%s: each names a test', (_, row) => {
    // What is not claimed needs no proof.
    expect(new RegExp(PROOF).test(row) || /\| none +\|/.test(row)).toBe(true);
  });

  it.each(proofs)('are shown by %s "%s"', (file, title) => {
    const spec = path.join(root, file);
    expect(existsSync(spec)).toBe(true);
    const text = readFileSync(spec, 'utf8');
    expect(new RegExp(`\\(\\s*['"]${title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}['"]`).test(text)).toBe(true);
  });

  it('are more than a few', () => {
    expect(proofs.length).toBeGreaterThan(40);
  });
});
