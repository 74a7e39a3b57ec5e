/** Character predicates on code points, shared by the tokenizers. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isLetter(code: number): boolean {
  const folded = code | 32;
  return folded >= 97 && folded <= 122;
}

/** Letters, digits and `_`. */
export function isWord(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === 95;
}

/** Letters, digits, `_`, `$` and everything beyond ASCII. */
export function isIdentifier(code: number): boolean {
  return isWord(code) || code === 36 || code >= 128;
}

export function isHexDigit(code: number): boolean {
  const folded = code | 32;
  return isDigit(code) || (folded >= 97 && folded <= 102);
}

/** Space, tab, line breaks, vertical tab, form feed and the no-break space. */
export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 160;
}

/** The value of a hexadecimal digit, or -1. */
export function hexValue(code: number): number {
  if (isDigit(code)) return code - 48;
  const folded = code | 32;
  return folded >= 97 && folded <= 102 ? folded - 87 : -1;
}

/** First index at or after `index` that is not white space. */
export function skipSpace(text: string, index: number): number {
  while (index < text.length && isSpace(text.charCodeAt(index))) index++;
  return index;
}

/** End of the run of word characters that starts at `index`. */
export function wordEnd(text: string, index: number): number {
  while (index < text.length && isWord(text.charCodeAt(index))) index++;
  return index;
}

/** Whether the characters around [start, end) do not continue a word. */
export function isWholeWord(text: string, start: number, end: number): boolean {
  return (start === 0 || !isWord(text.charCodeAt(start - 1))) && (end >= text.length || !isWord(text.charCodeAt(end)));
}

/** Calls `visit` for each whole-word occurrence of one of `words` in `lower`; stops when `visit` returns true. */
export function findWords(
  lower: string,
  words: ReadonlySet<string>,
  visit: (word: string, start: number, end: number) => boolean | undefined,
): boolean {
  let index = 0;
  while (index < lower.length) {
    if (!isWord(lower.charCodeAt(index))) {
      index++;
      continue;
    }
    const end = wordEnd(lower, index);
    if (end - index <= 32) {
      const word = lower.slice(index, end);
      if (words.has(word) && visit(word, index, end)) return true;
    }
    index = end;
  }
  return false;
}

/** A set of the words of a list separated by white space. */
export function wordSet(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/).filter((word) => word !== ''));
}
