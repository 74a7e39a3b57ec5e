// The pages of the documentation: `docs/.vitepress/pages.json` is the one list that the site's navigation and `llms.txt` are
// made of.
import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);

/** The sections with their pages. Throws unless they list each page of `docs/` exactly once. */
export function readPages() {
  const sections = JSON.parse(readFileSync(new URL('docs/.vitepress/pages.json', root), 'utf8'));
  const listed = sections.flatMap(({ pages }) => pages.map(({ page }) => `${page}.md`)).sort();
  const there = readdirSync(new URL('docs/', root)).filter((file) => file.endsWith('.md') && file !== 'index.md');
  const wrong = [
    ...there.filter((file) => !listed.includes(file)).map((file) => `docs/${file} is not listed`),
    ...listed.filter((file) => !there.includes(file)).map((file) => `docs/${file} does not exist`),
    ...listed.filter((file, index) => listed.indexOf(file) !== index).map((file) => `docs/${file} is listed twice`),
  ];
  if (wrong.length > 0) throw new Error(`docs/.vitepress/pages.json: ${wrong.join(', ')}`);
  return sections;
}

/** The index of the documentation for readers that are programs, see https://llmstxt.org. */
export function llmsText(folder) {
  const { description } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const sections = readPages().map(({ section, pages }) => {
    const lines = pages.map(({ page, title, about }) => `- [${title}](${folder}${page}.md): ${about}`);
    return `## ${section}\n\n${lines.join('\n')}\n`;
  });
  return `# nestapi-guard\n\n> ${description}\n\n${USAGE}\n${sections.join('\n')}`;
}

const USAGE = `Install with \`npm install nestapi-guard\`; import \`GuardModule.forRoot({ … })\` once, in the root module of a NestJS 11 or 12
application (Express or Fastify). Decorators such as \`@RateLimit({ requests: 10, window: 60 })\` go on controllers and handlers.
Durations are seconds, sizes bytes, countries ISO 3166-1 alpha-2. A configuration that cannot work stops the start with a
\`GuardConfigError\` that lists every problem. Everything is imported from \`nestapi-guard\`, tools for tests from
\`nestapi-guard/testing\`.
`;
