import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(__dirname, '../..');

export interface CodeBlock {
  /** `docs/cors.md:12`, the line on which it begins. */
  readonly name: string;
  readonly page: string;
  readonly code: string;
}

/** The blocks of TypeScript in the README and in `docs/`. */
export function documentedBlocks(): CodeBlock[] {
  const docs = readdirSync(path.join(root, 'docs')).filter((file) => file.endsWith('.md'));
  return ['README.md', ...docs.map((file) => `docs/${file}`)].flatMap((page) =>
    blocksOf(page, /^ *```(?:ts|typescript)\n(?<code>[\s\S]*?)^ *```$/gm),
  );
}

const sources = readdirSync(path.join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `lib/${file}`);

/** The examples in the comments of the library. */
export function commentedExamples(): CodeBlock[] {
  return sources
    .flatMap((file) => blocksOf(file, /@example\n *\* ```ts\n(?<code>[\s\S]*?)^ *\* ```$/gm))
    .map((block) => ({ ...block, code: block.code.replace(/^ *\* ?/gm, '') }));
}

/** Where an example is none that `commentedExamples` finds. */
export function unfencedExamples(): string[] {
  return sources.filter((file) => /@example(?!\n *\* ```ts\n)/.test(readFileSync(path.join(root, file), 'utf8')));
}

function blocksOf(page: string, fence: RegExp): CodeBlock[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  return [...text.matchAll(fence)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length;
    return { name: `${page}:${line}`, page, code: match.groups!.code! };
  });
}
