import { copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type DefaultTheme, defineConfig } from 'vitepress';
import { llmsText, readPages } from '../../scripts/pages.mjs';

const docs = path.resolve(import.meta.dirname, '..');
const sections = readPages();
const about = new Map(sections.flatMap(({ pages }) => pages.map((entry) => [`${entry.page}.md`, entry.about])));

/** As GitHub makes anchors, so that a link to a heading leads there on both. */
function slugify(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

/** The pages that TypeDoc has written, by kind. */
function apiSidebar(): DefaultTheme.SidebarItem[] {
  const folders = ['nestapi-guard', 'nestapi-guard/testing'].flatMap((module) =>
    ['functions', 'classes', 'interfaces', 'type-aliases', 'variables'].map((kind) => `${module}/${kind}`),
  );
  return folders
    .filter((folder) => existsSync(path.join(docs, 'api', folder)))
    .map((folder) => ({
      text: folder.split('/').slice(1).join(' ').replace('-', ' '),
      collapsed: true,
      items: readdirSync(path.join(docs, 'api', folder))
        .map((file) => file.replace(/\.md$/, ''))
        .map((name) => ({ text: name, link: `/api/${folder}/${name}` })),
    }));
}

export default defineConfig({
  title: 'nestapi-guard',
  description: 'The security module for NestJS',
  lang: 'en',
  lastUpdated: false,
  transformPageData(page) {
    page.description = about.get(page.relativePath) ?? page.description;
  },
  markdown: {
    anchor: { slugify },
    languageAlias: { haproxy: 'nginx' },
    config(md) {
      // What lies outside of docs/ is in the repository and not on the site: its name stays, without a link.
      md.core.ruler.push('repository-links', ({ tokens, env }) => {
        const isOutside = (href: string) =>
          !URL.canParse(href) && path.posix.join(path.posix.dirname(env.relativePath), href).startsWith('../');
        for (const { children } of tokens) {
          let outside = false;
          for (const token of children ?? []) {
            // Code means what it says: `{{7*7}}` is no expression of Vue here.
            if (token.type === 'code_inline') token.attrSet('v-pre', '');
            const href = token.attrGet('href') ?? '';
            if (token.type === 'link_open') outside = isOutside(href);
            if (!outside || !/^link_/.test(token.type)) continue;
            token.tag = 'span';
            token.attrs =
              token.nesting === 1 ? [['title', `in the repository: ${href.replace(/^(?:\.\.\/)+/, '')}`]] : null;
          }
        }
      });
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Errors', link: '/errors' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: {
      '/api/': [{ text: 'API reference', link: '/api/' }, ...apiSidebar()],
      '/': [
        ...sections.map(({ section, pages }) => ({
          text: section,
          items: pages.map(({ page, title }) => ({ text: title, link: `/${page}` })),
        })),
        { text: 'API', items: [{ text: 'API reference', link: '/api/' }] },
      ],
    },
    outline: [2, 3],
  },
  // For readers that are programs: an index, and every page as it was written (https://llmstxt.org).
  buildEnd({ outDir }) {
    writeFileSync(path.join(outDir, 'llms.txt'), llmsText(''));
    for (const file of readdirSync(docs).filter((name) => /\.(?:md|json)$/.test(name))) {
      copyFileSync(path.join(docs, file), path.join(outDir, file));
    }
  },
});
