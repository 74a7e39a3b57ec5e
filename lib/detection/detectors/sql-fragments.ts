import { wordSet } from '../grammar/characters';
import { SQL_CATALOGUES, SQL_WEAPONS } from '../grammar/sql-tokens';
import { type SqlRule } from './sql-statement';

const COMMON = wordSet('benchmark writefile readfile polygon linestring multipoint dblink');

/** Functions and catalogues that only attacks name. */
export const weapons: SqlRule = (s) => {
  for (let at = 0; at < s.tokens.length; at++) {
    if (s.kind(at) !== 'n') continue;
    const word = s.word(at);
    if (SQL_WEAPONS.has(word)) {
      const next = s.kind(at + 1);
      // `benchmark.js`, `writeFile()`: of the names that are words, too, a call counts that is given something.
      const called = next === '(' && s.kind(at + 2) !== ')';
      if (called || ((next === '(' || next === '.' || next === 's') && !COMMON.has(word)))
        return { score: s.input.document ? 4 : 6, reason: `call of ${word}`, at };
    }
    if (word === 'sleep' && s.kind(at + 1) === '(' && s.kind(at + 2) === '1' && s.kind(at + 3) === ')') {
      const alone = at <= 1 && s.endsAt(at + 4);
      const joined = s.brokenOut || '&=+,(e'.includes(s.kinds.charAt(at - 1) || ' ');
      if (alone || joined) return { score: s.input.document ? 3 : s.brokenOut ? 6 : 5, reason: 'delay', at };
    }
    if (
      SQL_CATALOGUES.has(word) &&
      word !== 'dual' &&
      word !== 'mysql' &&
      (s.kind(at + 1) === '.' || s.word(at - 1) === 'from')
    ) {
      return { score: s.input.document ? 3 : 5, reason: `catalogue ${word}`, at };
    }
  }
  return undefined;
};

/** Keywords glued together by comments instead of blanks: no text editor writes that. */
export const splitByComments: SqlRule = (s) => {
  if (s.inlineComments === 0) return undefined;
  const words = [...s.kinds].filter((kind) => 'uev&bf'.includes(kind)).length;
  return words >= 2 && s.inlineComments >= 2 && !s.input.document
    ? { score: 5, reason: 'keywords separated by comments', at: 0 }
    : undefined;
};

/** `1.e.tables`, `1.e(`: a number that only MySQL's lexer ends there, used to hide what follows. */
export const strangeNumber: SqlRule = (s) => {
  for (let at = 0; at + 2 < s.tokens.length; at++) {
    const number = s.tokens[at];
    const name = s.tokens[at + 1];
    if (
      number?.kind !== '1' ||
      name?.word !== 'e' ||
      name.start !== number.end ||
      s.input.text.charAt(number.end - 1) !== '.'
    )
      continue;
    const next = s.kind(at + 2);
    if (next === '.' || next === '(') return { score: 5, reason: 'number spelled to hide a name', at };
  }
  return undefined;
};

/** `overlay(… placing …)::int`: a call cast with PostgreSQL's operator. */
export const castCall: SqlRule = (s) => {
  if (!s.isCall(0)) return undefined;
  const end = s.tokens.length - 1;
  return s.word(end - 1) === ':' && s.word(end - 2) === ':' && s.kind(end - 3) === ')'
    ? { score: 5, reason: 'call with a cast', at: 0 }
    : undefined;
};

/** Calls and expressions that are nothing but SQL, as a whole value. */
export const bareExpression: SqlRule = (s) => {
  if (s.input.isName || s.input.document) return undefined;
  const last = s.tokens.length - 1;
  if (
    /^\(?[1n]\)?=s$/.test(s.kinds) &&
    /^(?:regexp|rlike)$/.test(s.word(s.kinds.indexOf('='))) &&
    s.kind(s.skip(0, '(')) === '1'
  )
    return { score: 5, reason: 'pattern for a number', at: 0 };
  if (s.isCall(0) && s.kind(last) === 'c' && s.kind(last - 1) === ')')
    return { score: 5, reason: 'call before a comment', at: 0 };
  if (
    s.kind(0) === '@' &&
    /^@@(?:global\.|session\.)?(?:version|hostname|datadir|basedir|servername|language|spid|microsoftversion|secure_file_priv|user|port|tmpdir)/.test(
      s.word(0),
    ) &&
    last <= 3
  )
    return { score: 5, reason: 'system variable', at: 0 };
  const second = s.kinds.indexOf(')') + 2;
  if (s.isCall(0) && s.kind(second - 1) === '+' && s.isCall(second)) return { score: 4, reason: 'calls joined', at: 0 };
  const branch = s.tokens.findIndex((token) => token.word === 'case');
  if (
    branch >= 0 &&
    s.word(branch + 1) === 'when' &&
    (s.isLiteral(s.skip(branch + 2, '(')) || s.isCall(s.skip(branch + 2, '('))) &&
    s.tokens.some((token) => token.word === 'then')
  ) {
    return { score: 5, reason: 'CASE on literals', at: branch };
  }
  if (s.brokenOut && s.kind(0) === '=' && s.isLiteral(1) && s.kind(2) === 'c')
    return { score: 5, reason: 'comparison before a comment', at: 0 };
  const inner = s.kinds.indexOf('(e');
  if (inner < 0 || s.kinds.indexOf(')', inner) < 0) return undefined;
  const joined = inner > 0 && '+=&'.includes(s.kinds.charAt(inner - 1)) && s.isLiteral(s.skip(inner + 2, 't'));
  const compared = inner === 0 && s.kind(s.kinds.indexOf(')', inner) + 1) === '=';
  return joined || compared ? { score: 5, reason: 'subquery in an expression', at: inner } : undefined;
};
