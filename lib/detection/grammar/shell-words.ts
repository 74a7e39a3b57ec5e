import { isSpace, isWord } from './characters';

/** A command position in a text that a shell would reach: after a separator, inside a substitution, at the start. */
export interface ShellCommand {
  /** What opened the position: `;`, `|`, `||`, `&`, `&&`, `\n`, `` ` ``, `$(`, `<(`, `>(`, `{`, or empty at the start. */
  readonly opener: string;
  /** Index of the opener. */
  readonly at: number;
  /** The first word with quotes, escapes and empty expansions removed, lower case. */
  readonly program: string;
  /** Whether the word had to be unquoted: `c''at`, `w\ho`, `c$@at`. */
  readonly disguised: boolean;
  /** Text after the program up to the next separator, unquoted, at most 200 characters. */
  readonly rest: string;
  /** Index just after the program's word. */
  readonly end: number;
  /** The first character after the program's word, or empty. */
  readonly following: string;
}

const MAX_COMMANDS = 400;

/** The command positions of a text. Each one is read a bounded number of characters ahead, so the whole is linear. */
export function* shellCommands(text: string): Generator<ShellCommand> {
  let count = 0;
  let quoted = false;
  const markup = text.includes('</');
  yield readCommand(text, 0, '', 0);
  for (let index = 0; index < text.length && count < MAX_COMMANDS; index++) {
    const opener = openerAt(text, index);
    if (opener === undefined) continue;
    if (markup && opener === ';' && endsReference(text, index)) continue;
    // The second backtick of a pair closes what the first one opened; what follows it is an argument.
    if (opener === '`' && (quoted = !quoted) === false) continue;
    const start = index + opener.length;
    yield readCommand(text, start, opener, index);
    count++;
    index = start - 1;
  }
}

/** `&amp;`, `&#39;`: in markup the semicolon of a character reference (HTML Standard, section 13.5) separates nothing. */
function endsReference(text: string, at: number): boolean {
  return /&(?:amp|lt|gt|quot|apos|nbsp|copy|reg|trade|euro|hellip|[lr][sd]quo|[mn]dash|[aeiouyncs](?:uml|acute|grave|circ|tilde|cedil|zlig)|#\d{1,6}|#x[\da-f]{1,5})$/i.test(
    text.slice(Math.max(0, at - 9), at),
  );
}

function openerAt(text: string, index: number): string | undefined {
  const code = text.charCodeAt(index);
  const next = text.charAt(index + 1);
  switch (code) {
    case 59: // ;
      return ';';
    case 124: // |
      return next === '|' ? '||' : next === '&' ? '|&' : '|';
    case 38: // &
      return next === '&' ? '&&' : '&';
    case 10:
    case 13:
      return '\n';
    case 96:
      return '`';
    case 36: // $(
      return next === '(' ? '$(' : undefined;
    case 60: // <( process substitution
    case 62:
      return next === '(' ? text.slice(index, index + 2) : undefined;
    case 123: // { cat,/etc/passwd }
      return '{';
    default:
      return undefined;
  }
}

function readCommand(text: string, start: number, opener: string, at: number): ShellCommand {
  let index = start;
  const limit = Math.min(text.length, start + 300);
  while (
    index < limit &&
    (isSpace(text.charCodeAt(index)) || text.charCodeAt(index) === 0 || text.charCodeAt(index) === 43)
  )
    index++;
  while (
    index < limit &&
    ('({'.includes(text.charAt(index)) || text.charAt(index) === '"' || text.charAt(index) === "'") &&
    index < start + 8
  ) {
    index++;
    while (index < limit && isSpace(text.charCodeAt(index))) index++;
  }
  if (opener === '{' && text.charCodeAt(index) === 44) index++;
  if (opener !== '') index += prefixLength(text, index);
  let word = '';
  let disguised = false;
  const first = index;
  while (index < limit) {
    const code = text.charCodeAt(index);
    const skipped = emptyExpansion(text, index);
    if (skipped > 0) {
      disguised = true;
      index += skipped;
      continue;
    }
    if (code === 39 || code === 34 || code === 92 || code === 94) {
      const next = text.charCodeAt(index + 1);
      if (word.length > 0 && (isWord(next) || next === code)) disguised = true;
      if (word.length > 0 && !isWord(next) && next !== code && code !== 92) break;
      if (word.length === 0 && code === 92 && !isWord(next)) break;
      if (word.length === 0 && code === 92) disguised = true;
      index++;
      continue;
    }
    if (!isWord(code) && code !== 46 && code !== 47 && code !== 45 && code !== 63 && code !== 42 && code !== 58) break;
    word += text[index];
    index++;
  }
  // `I'd`: an apostrophe opens nothing that it does not close.
  const contraction = disguised && /^[a-z]{1,12}'[a-z]{1,4}$/i.test(text.slice(first, index));
  return {
    opener,
    at,
    program: contraction ? '' : word.toLowerCase(),
    disguised,
    rest: restOf(text, index),
    end: index,
    following: text.charAt(index),
  };
}

/**
 * What may stand before a command (POSIX XCU 2.9.1 and 2.10): `!`, assignments, built-ins that run their arguments, and,
 * where the text closes a compound command, the words that open its parts.
 */
function prefixLength(text: string, start: number): number {
  const ahead = text.slice(start, start + 120);
  if (!/^(?:!\s|[A-Za-z_]\w{0,20}=|builtin\s|do\s|then\s|else\s)/.test(ahead)) return 0;
  const found =
    /^(?:!\s{1,4}|builtin\s{1,4}|[A-Za-z_]\w{0,20}=[^\s;|&'"()]{1,60}\s{1,4}|(?:do|then|else)\s{1,4}(?=[^;\n]{1,80}[;\n]\s{0,4}(?:done|fi)\b)){1,3}/.exec(
      ahead,
    );
  return found?.[0].length ?? 0;
}

/** `''`, `""`, `$@`, `$*`, `${x}`, `$9`: expansions to nothing that split a word. */
function emptyExpansion(text: string, index: number): number {
  const code = text.charCodeAt(index);
  const next = text.charCodeAt(index + 1);
  if ((code === 39 || code === 34) && next === code) return 2;
  if (code === 60 && next === 40 && text.charCodeAt(index + 2) === 41) return 3;
  if (code !== 36) return 0;
  if (next === 64 || next === 42 || (next >= 49 && next <= 57)) return 2;
  if (next === 40 && text.charCodeAt(index + 2) === 41) return 3;
  if (next === 123) {
    const close = text.indexOf('}', index + 2);
    return close > 0 && close - index < 12 && !text.slice(index, close).toLowerCase().includes('ifs')
      ? close - index + 1
      : 0;
  }
  return 0;
}

function restOf(text: string, start: number): string {
  let end = start;
  const limit = Math.min(text.length, start + 200);
  while (end < limit && !';|&\n\r`'.includes(text.charAt(end))) end++;
  return text
    .slice(start, end)
    .replaceAll(/\$(?:\{ifs[^}]{0,12}\}|ifs(?:\$[0-9@*])?)/gi, ' ')
    .replaceAll(/''|""|[\\^]/g, '');
}
