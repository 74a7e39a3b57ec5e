/**
 * Which kinds of characters a text contains, as a bit mask. Four of five values of a real API hold only letters,
 * digits and a few harmless marks, and no language can be attacked with those alone unless a keyword is there too.
 */
export const CharacterClass = {
  singleQuote: 1 << 0,
  doubleQuote: 1 << 1,
  backtick: 1 << 2,
  lessThan: 1 << 3,
  greaterThan: 1 << 4,
  ampersand: 1 << 5,
  pipe: 1 << 6,
  semicolon: 1 << 7,
  parenthesis: 1 << 8,
  bracket: 1 << 9,
  brace: 1 << 10,
  dollar: 1 << 11,
  percent: 1 << 12,
  backslash: 1 << 13,
  hash: 1 << 14,
  equals: 1 << 15,
  star: 1 << 16,
  mark: 1 << 17,
  lineBreak: 1 << 18,
  control: 1 << 19,
  nonAscii: 1 << 20,
  slash: 1 << 21,
  dash: 1 << 22,
  dot: 1 << 23,
  colon: 1 << 24,
  at: 1 << 25,
  plus: 1 << 26,
  blank: 1 << 27,
  digit: 1 << 28,
  underscore: 1 << 29,
} as const;

const members: Record<keyof typeof CharacterClass, string> = {
  singleQuote: "'",
  doubleQuote: '"',
  backtick: '`',
  lessThan: '<',
  greaterThan: '>',
  ampersand: '&',
  pipe: '|',
  semicolon: ';',
  parenthesis: '()',
  bracket: '[]',
  brace: '{}',
  dollar: '$',
  percent: '%',
  backslash: '\\',
  hash: '#',
  equals: '=',
  star: '*',
  mark: '!?^~,',
  lineBreak: '\r\n',
  control: '',
  nonAscii: '',
  slash: '/',
  dash: '-',
  dot: '.',
  colon: ':',
  at: '@',
  plus: '+',
  blank: ' \t',
  digit: '0123456789',
  underscore: '_',
};

/** The class of every ASCII character code. */
export const CLASS_OF: Int32Array = buildTable();

function buildTable(): Int32Array {
  const table = new Int32Array(128);
  for (let code = 0; code < 32; code++) table[code] = CharacterClass.control;
  table[127] = CharacterClass.control;
  for (const [name, characters] of Object.entries(members)) {
    for (const character of characters) {
      table[character.charCodeAt(0)] = CharacterClass[name as keyof typeof CharacterClass];
    }
  }
  return table;
}
