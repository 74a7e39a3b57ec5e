import { isWord, skipSpace } from '../grammar/characters';

/** Marks of the GraphQL grammar (October 2021, section 2.1.8), commas and white space. */
const PUNCTUATORS = '!$&().:=@[]{|},';
const KEYWORD =
  /^\s{0,200}(?:(?:query|mutation|subscription)\b|fragment\s{1,20}\w{1,80}\s{1,20}on\s|\{\s{0,200}[A-Za-z_.])/;

/**
 * The string literals of a GraphQL document, or undefined when the text is none. A document is built from names and a
 * few marks; what a client can smuggle to a resolver is in its strings and variables.
 */
export function graphqlStrings(text: string): readonly string[] | undefined {
  if (!KEYWORD.test(text) || !text.includes('{')) return undefined;
  const strings: string[] = [];
  let depth = 0;
  let index = skipSpace(text, 0);
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === 34) {
      const block = text.startsWith('"""', index);
      const end = block ? text.indexOf('"""', index + 3) : closingQuote(text, index + 1);
      if (end < 0) return undefined;
      strings.push(text.slice(index + (block ? 3 : 1), end));
      index = end + (block ? 3 : 1);
      continue;
    }
    if (code === 35) {
      const newline = text.indexOf('\n', index);
      strings.push(text.slice(index + 1, newline < 0 ? text.length : newline));
      index = newline < 0 ? text.length : newline;
      continue;
    }
    if (code === 123) depth++;
    else if (code === 125 && --depth < 0) return undefined;
    else if (!isWord(code) && !PUNCTUATORS.includes(text.charAt(index)) && code > 32 && code !== 45 && code !== 0xfeff)
      return undefined;
    index++;
  }
  return depth === 0 ? strings : undefined;
}

function closingQuote(text: string, start: number): number {
  let index = start;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === 92) index += 2;
    else if (code === 34) return index;
    else if (code === 10) return -1;
    else index++;
  }
  return -1;
}
