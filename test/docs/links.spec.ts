import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

const pages = [
  '.',
  'docs',
  'bench',
  'sample',
  ...readdirSync(path.join(root, 'sample'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `sample/${name}`),
].flatMap((folder) =>
  readdirSync(path.join(root, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join(folder, file)),
);

/** As GitHub makes them: lower case, without punctuation, spaces as hyphens. */
function anchorsOf(page: string): Set<string> {
  const headings = readFileSync(page, 'utf8').matchAll(/^#+ +(.+)$/gm);
  return new Set(
    [...headings].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  );
}

const links = pages.flatMap((page) =>
  [
    ...readFileSync(path.join(root, page), 'utf8')
      .replace(/^```[\s\S]*?^```/gm, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => ({ page, target })),
);

describe('links in the documentation', () => {
  it.each(links)('$page leads to $target', ({ page, target }) => {
    const [file, anchor] = target.split('#') as [string, string | undefined];
    const destination = file === '' ? path.join(root, page) : path.resolve(root, path.dirname(page), file);
    expect(existsSync(destination)).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(destination)).toContain(anchor);
  });

  it('exist', () => {
    expect(links.length).toBeGreaterThan(30);
  });
});
