import { hexValue, isDigit, isLetter } from '../grammar/characters';

/** The named references of HTML that stand for ASCII marks (HTML Standard, section 13.5). */
const NAMED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    lt: '<',
    LT: '<',
    gt: '>',
    GT: '>',
    amp: '&',
    AMP: '&',
    quot: '"',
    QUOT: '"',
    apos: "'",
    nbsp: ' ',
    Tab: '\t',
    NewLine: '\n',
    colon: ':',
    semi: ';',
    lpar: '(',
    rpar: ')',
    lbrack: '[',
    lsqb: '[',
    rbrack: ']',
    rsqb: ']',
    lbrace: '{',
    lcub: '{',
    rbrace: '}',
    rcub: '}',
    sol: '/',
    bsol: '\\',
    period: '.',
    comma: ',',
    excl: '!',
    num: '#',
    dollar: '$',
    percnt: '%',
    ast: '*',
    midast: '*',
    plus: '+',
    equals: '=',
    quest: '?',
    commat: '@',
    Hat: '^',
    lowbar: '_',
    UnderBar: '_',
    grave: '`',
    DiacriticalGrave: '`',
    verbar: '|',
    vert: '|',
    VerticalLine: '|',
    tilde: '~',
    dash: '-',
    hyphen: '-',
    ZeroWidthSpace: '',
  }),
);

/** References that browsers read without the closing `;`. */
const OPEN_ENDED = /^(?:lt|gt|amp|quot|LT|GT|AMP|QUOT)/;

/** Undoes HTML character references, with or without the closing `;` where browsers accept that too. */
export function decodeEntities(text: string): string {
  let at = text.indexOf('&');
  if (at < 0) return text;
  const parts: string[] = [];
  let copied = 0;
  while (at >= 0) {
    const reference = text.charCodeAt(at + 1) === 35 ? numeric(text, at) : named(text, at);
    if (reference) {
      parts.push(text.slice(copied, at), reference.text);
      copied = reference.end;
      at = text.indexOf('&', copied);
    } else {
      at = text.indexOf('&', at + 1);
    }
  }
  if (copied === 0) return text;
  parts.push(text.slice(copied));
  return parts.join('');
}

function numeric(text: string, at: number): { text: string; end: number } | undefined {
  const hexadecimal = (text.charCodeAt(at + 2) | 32) === 120;
  let index = at + (hexadecimal ? 3 : 2);
  const start = index;
  let code = 0;
  while (index < text.length && index - start < 12) {
    const digit = hexadecimal ? hexValue(text.charCodeAt(index)) : decimal(text.charCodeAt(index));
    if (digit < 0) break;
    code = Math.min(code * (hexadecimal ? 16 : 10) + digit, 0x110000);
    index++;
  }
  if (index === start || code > 0x10ffff) return undefined;
  if (text.charCodeAt(index) === 59) index++;
  return { text: String.fromCodePoint(code), end: index };
}

function named(text: string, at: number): { text: string; end: number } | undefined {
  let end = at + 1;
  while (end < text.length && end - at < 24 && isLetter(text.charCodeAt(end))) end++;
  const name = text.slice(at + 1, end);
  if (text.charCodeAt(end) === 59) {
    const replacement = NAMED.get(name);
    return replacement === undefined ? undefined : { text: replacement, end: end + 1 };
  }
  const open = OPEN_ENDED.exec(name)?.[0];
  if (!open || text.charCodeAt(at + 1 + open.length) === 61) return undefined;
  return { text: NAMED.get(open) ?? '', end: at + 1 + open.length };
}

function decimal(code: number): number {
  return isDigit(code) ? code - 48 : -1;
}
