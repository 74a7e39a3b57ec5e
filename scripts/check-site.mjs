// Looks at the built site as a browser would: every link within it leads to a page and to a heading of that page, and no page
// loads anything from elsewhere.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const site = fileURLToPath(new URL('../docs/.vitepress/dist/', import.meta.url));
const files = new Set(readdirSync(site, { recursive: true }).map((file) => file.split(path.sep).join('/')));
const pages = new Map(
  [...files]
    .filter((file) => file.endsWith('.html'))
    .map((file) => [file, readFileSync(path.join(site, file), 'utf8')]),
);
const problems = [];

const anchors = new Map(
  [...pages].map(([file, html]) => [file, new Set([...html.matchAll(/ id="([^"]+)"/g)].map((m) => m[1]))]),
);

for (const [file, html] of pages) {
  for (const [, tag, target] of html.matchAll(/<(\w+)[^>]*? (?:href|src)="([^"]*)"/g)) {
    if (/^(?:[a-z]+:)?\/\//.test(target)) {
      if (tag !== 'a') problems.push(`${file} loads ${target}`);
      continue;
    }
    if (/^(?:mailto|data):/.test(target)) continue;
    const { pathname, hash } = new URL(target, `http://site/${file}`);
    const wanted = decodeURIComponent(pathname).slice(1);
    const found = [wanted, `${wanted}index.html`, `${wanted}.html`].find((candidate) => files.has(candidate));
    if (found === undefined || found === '') problems.push(`${file} links to ${target}, which is not there`);
    else if (hash !== '' && anchors.has(found) && !anchors.get(found).has(decodeURIComponent(hash.slice(1)))) {
      problems.push(`${file} links to ${target}, which has no such heading`);
    }
  }
  for (const [, target] of html.matchAll(/title="in the repository: ([^"]+)"/g)) {
    if (!existsSync(new URL(`../${target}`, import.meta.url)))
      problems.push(`${file} names ${target}, which is not there`);
  }
}

for (const file of files) {
  if (!file.endsWith('.css')) continue;
  const [foreign] = /url\(["']?(?:https?:)?\/\/[^)]*/.exec(readFileSync(path.join(site, file), 'utf8')) ?? [];
  if (foreign !== undefined) problems.push(`${file} loads ${foreign})`);
}

if (problems.length > 0) {
  console.error([...new Set(problems)].join('\n'));
  process.exit(1);
}
console.log(`the site: ${pages.size} pages, every link leads somewhere`);
