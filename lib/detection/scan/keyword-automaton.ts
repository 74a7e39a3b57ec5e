/** Letters fold to 0–25; the six other classes keep what keywords need; everything else is one class. */
const STRIDE_BITS = 5;
const OTHER = 31;
const LETTERS = 26;
const FOLDED: Record<string, number> = {
  '/': 26,
  '\\': 26,
  '.': 27,
  ':': 28,
  _: 29,
  ' ': 30,
  '+': 30,
  '\t': 30,
  '\n': 30,
};

const SYMBOL_OF: Uint8Array = (() => {
  const table = new Uint8Array(128).fill(OTHER);
  for (let code = 0; code < 26; code++) {
    table[65 + code] = code;
    table[97 + code] = code;
  }
  for (const [character, symbol] of Object.entries(FOLDED)) table[character.charCodeAt(0)] = symbol;
  return table;
})();

/** Set in `hintsOf` where a word ends that counts only between other characters than letters. */
export const WHOLE_WORD = 1 << 30;

/**
 * Finds many words in one pass (Aho & Corasick, CACM 18/6, 1975), folded to 32 symbols so that the whole transition
 * table stays in the cache. A word carries hint bits; the automaton answers with the bits of every word it saw.
 */
export class KeywordAutomaton {
  /** `next[state << 5 | symbol]` is the following state. */
  readonly next: Uint16Array;
  /** The hint bits of the words that end in a state. */
  readonly hintsOf: Int32Array;
  readonly symbolOf = SYMBOL_OF;
  /** Per state, a bit for the length of each whole word that ends there. */
  private readonly wholeWordsOf: Int32Array;

  /** @param wholeWords words that count only as such: `id` is in every second English sentence */
  constructor(words: ReadonlyMap<string, number>, wholeWords: readonly string[] = []) {
    const children: Int32Array[] = [new Int32Array(1 << STRIDE_BITS).fill(-1)];
    const hints: number[] = [0];
    const lengths: number[] = [0];
    for (const [word, bits] of [...words, ...wholeWords.map((word) => [word, WHOLE_WORD] as const)]) {
      let state = 0;
      for (let index = 0; index < word.length; index++) {
        const symbol = SYMBOL_OF[word.charCodeAt(index)] ?? OTHER;
        let child = children[state]?.[symbol] ?? -1;
        if (child < 0) {
          child = children.length;
          children.push(new Int32Array(1 << STRIDE_BITS).fill(-1));
          hints.push(0);
          lengths.push(0);
          const row = children[state];
          if (row) row[symbol] = child;
        }
        state = child;
      }
      hints[state] = (hints[state] ?? 0) | bits;
      if (bits === WHOLE_WORD) lengths[state] = 1 << word.length;
    }
    this.next = new Uint16Array(children.length << STRIDE_BITS);
    this.hintsOf = new Int32Array(children.length);
    this.wholeWordsOf = Int32Array.from(lengths);
    this.connect(children, hints);
  }

  /** Whether one of the whole words that end in a state, with the character at `index`, stands for itself in a text. */
  isWholeWord(text: string, index: number, state: number): boolean {
    if (isLetterAt(text, index + 1)) return false;
    const lengths = this.wholeWordsOf[state] ?? 0;
    for (let length = 1; lengths >> length !== 0; length++) {
      if ((lengths >> length) & 1 && !isLetterAt(text, index - length)) return true;
    }
    return false;
  }

  private connect(children: readonly Int32Array[], hints: readonly number[]): void {
    const fallback = new Uint16Array(children.length);
    const queue: number[] = [0];
    for (let head = 0; head < queue.length; head++) {
      const state = queue[head] ?? 0;
      const fail = fallback[state] ?? 0;
      this.hintsOf[state] = (hints[state] ?? 0) | (state === 0 ? 0 : (this.hintsOf[fail] ?? 0));
      this.wholeWordsOf[state] = (this.wholeWordsOf[state] ?? 0) | (this.wholeWordsOf[fail] ?? 0);
      for (let symbol = 0; symbol < 1 << STRIDE_BITS; symbol++) {
        const child = children[state]?.[symbol] ?? -1;
        const viaFallback = state === 0 ? 0 : (this.next[(fail << STRIDE_BITS) | symbol] ?? 0);
        if (child >= 0) {
          fallback[child] = viaFallback;
          queue.push(child);
        }
        this.next[(state << STRIDE_BITS) | symbol] = child >= 0 ? child : viaFallback;
      }
    }
  }
}

function isLetterAt(text: string, index: number): boolean {
  return (SYMBOL_OF[text.charCodeAt(index)] ?? OTHER) < LETTERS;
}
