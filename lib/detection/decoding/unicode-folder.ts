/** Characters that render as nothing and split keywords: zero-width, joiners, direction marks, soft hyphen, BOM, NUL. */
const INVISIBLE = /[\0\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;

/** Typographic look-alikes that best-fit conversions turn into ASCII marks. */
const LOOK_ALIKE: Readonly<Record<string, string>> = {
  '\u2018': "'",
  '\u2019': "'",
  '\u201a': "'",
  '\u201b': "'",
  '\u02b9': "'",
  '\u02bc': "'",
  '\u2032': "'",
  '\u201c': '"',
  '\u201d': '"',
  '\u201e': '"',
  '\u2033': '"',
  '\u2215': '/',
  '\u2044': '/',
  '\u29f8': '/',
  '\u2216': '\\',
  '\u29f5': '\\',
  '\u2039': '<',
  '\u203a': '>',
  '\u3008': '<',
  '\u3009': '>',
  '\u2329': '<',
  '\u232a': '>',
  '\u2024': '.',
  '\u2010': '-',
  '\u2011': '-',
  '\u2012': '-',
  '\u2013': '-',
  '\u2212': '-',
  '\u00a0': ' ',
  '\u3000': ' ',
  '\u00bc': '<',
  '\u00be': '>',
  '\u2003': ' ',
  '\u2002': ' ',
};
const LOOK_ALIKES = new RegExp(`[${Object.keys(LOOK_ALIKE).join('')}]`, 'g');

/** Compatibility forms (NFKC: full width, circled, mathematical), look-alikes and invisible characters brought to ASCII. */
export function foldUnicode(text: string): string {
  // Folded twice: NFKC would spell the fractions out, which old US-ASCII readers take for brackets, and it yields look-alikes.
  return text
    .replace(INVISIBLE, '')
    .replace(LOOK_ALIKES, (character) => LOOK_ALIKE[character] ?? character)
    .normalize('NFKC')
    .replace(LOOK_ALIKES, (character) => LOOK_ALIKE[character] ?? character);
}
