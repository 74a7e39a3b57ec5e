import { SQL_CATALOGUES, SQL_WEAPONS } from '../grammar/sql-tokens';
import { type SqlStatement } from './sql-statement';

/** How much of a statement's grammar is there: 0 none, 4 the skeleton, 6 with details that prose never has. */
export function statementScore(s: SqlStatement, at: number, afterBreak: boolean): number {
  const word = s.word(at);
  const rest = s.kinds.slice(at + 1, at + 40);
  switch (word) {
    case 'select':
      return selectScore(s, at);
    case 'insert':
    case 'replace':
      return s.word(at + 1) === 'into' && /^f(?:n|s)\.?n?(?:\(|f|et?[+n1sl@])/.test(rest) ? 6 : 0;
    case 'update':
      return /^n(?:\.n)?f/.test(rest) && rest.slice(2, 8).includes('=') && s.kinds.slice(at).includes('f') ? 6 : 0;
    case 'delete':
      return s.word(at + 1) === 'from' && /^fn(?:\.n)?(?:$|;|c|f)/.test(rest)
        ? rest.length < 3 && !afterBreak
          ? 3
          : 6
        : 0;
    case 'drop':
    case 'truncate':
    case 'alter':
    case 'create': {
      if (word === 'create' && s.word(at + 1) === 'or' && s.word(at + 2) === 'replace')
        return routine(s, at + 3) ? 6 : 0;
      // The word TABLE is optional here (MySQL, PostgreSQL).
      if (word === 'truncate' && afterBreak && /^n(?:;|c|$)/.test(rest) && (s.brokenOut || rest.endsWith('c')))
        return 5;
      const object = /^(?:table|database|schema|user|view|procedure|function|trigger|index)$/.test(s.word(at + 1));
      const name = s.kind(at + 2);
      if (!object || (name !== 'n' && name !== 'k' && name !== 's')) return 0;
      const next = s.kind(s.kind(at + 3) === '.' ? at + 5 : at + 3);
      if (word === 'alter' && s.word(at + 1) === 'user' && /^(?:with|identified|set|account)$/.test(s.word(at + 3)))
        return 6;
      if (word === 'create' || word === 'alter')
        return next === '(' || next === 'f' || s.word(at + 3) === 'as' || s.word(at + 3) === 'add' ? 6 : 0;
      return next === undefined || next === ';' || next === 'c' ? (afterBreak ? 5 : next === undefined ? 3 : 5) : 0;
    }
    case 'exec':
    case 'execute':
      if (s.word(at + 1) === 'immediate') return 6;
      if (/^(?:xp_|sp_)/.test(s.word(at + 1)) || s.kinds.slice(at + 1, at + 6).includes('..')) return 6;
      return s.kind(at + 1) === 'n' && /^(?:master|msdb|sys)$/.test(s.word(at + 1))
        ? 6
        : s.kind(at + 1) === '@' && afterBreak
          ? 5
          : 0;
    case 'declare':
      return s.kind(at + 1) === '@' && s.kind(at + 2) === 'n' ? 6 : 0;
    case 'waitfor':
      return /^(?:delay|time)$/.test(s.word(at + 1)) && s.kind(at + 2) === 's' ? 6 : 0;
    case 'shutdown':
      return afterBreak && (s.kind(at + 1) === undefined || s.kind(at + 1) === 'c' || s.word(at + 1) === 'with')
        ? 5
        : 0;
    case 'call':
      return afterBreak && s.kind(at + 1) === 'n' && s.kind(at + 2) === '(' ? 5 : 0;
    case 'load':
      return s.tokens.slice(at + 1, at + 5).some((token) => token.word === 'infile') ? 6 : 0;
    case 'grant':
      return s.kinds.slice(at + 1, at + 5).includes('f') && /^(?:all|select|insert|dba)$/.test(s.word(at + 1)) ? 5 : 0;
    case 'copy':
      return s.kinds.slice(at + 1, at + 5).includes('f') &&
        s.tokens.slice(at, at + 8).some((token) => token.word === 'program')
        ? 6
        : 0;
    case 'backup':
      return /^(?:database|log)$/.test(s.word(at + 1)) && hasWord(s, at, 'disk') && afterBreak ? 6 : 0;
    case 'bulk':
      return s.word(at + 1) === 'insert' && s.kinds.slice(at + 2, at + 8).includes('fs') ? 6 : 0;
    case 'attach': {
      const file = s.skip(at + 1, 'f');
      return s.kind(file) === 's' && s.word(file + 1) === 'as' && s.kind(file + 2) === 'n' ? 6 : 0;
    }
    case 'merge':
      return s.word(at + 1) === 'into' && /^n(?:\.n)?n?/.test(rest.slice(1)) && hasWord(s, at, 'matched') ? 6 : 0;
    case 'set':
      return afterBreak && s.kind(at + 1) === '@' && s.word(at + 2) === '=' ? 5 : 0;
    case 'prepare':
      return afterBreak && s.word(at + 2) === 'from' && /[@s1]/.test(s.kind(at + 3) ?? '') ? 6 : 0;
    case 'handler':
      return afterBreak && s.kind(at + 1) === 'n' && /^(?:open|read)$/.test(s.word(at + 2)) && s.kinds.includes(';')
        ? 5
        : 0;
    case 'rename':
      return s.word(at + 1) === 'table' &&
        s.kind(at + 2) === 'n' &&
        s.word(at + 3) === 'to' &&
        /^(?:$|[;c])/.test(s.kinds.slice(at + 5))
        ? 5
        : 0;
    default:
      return 0;
  }
}

/** `function name(`, `view name as`: what `create or replace` may be followed by. */
function routine(s: SqlStatement, at: number): boolean {
  return (
    /^(?:function|procedure|trigger|view|package|java)$/.test(s.word(at)) &&
    s.kind(at + 1) === 'n' &&
    /[(fk]/.test(s.kinds.charAt(at + 2))
  );
}

function hasWord(s: SqlStatement, at: number, word: string): boolean {
  return s.tokens.slice(at, at + 40).some((token) => token.word === word);
}

function selectScore(s: SqlStatement, at: number): number {
  const column = s.skip(at + 1, 't(');
  const from = s.tokens.findIndex((token, index) => index > at && token.word === 'from');
  const call =
    s.isCall(column) ||
    SQL_WEAPONS.has(s.word(column)) ||
    (s.kind(column) === 'n' &&
      s.kind(column + 1) === '(' &&
      s.tokens[column]?.end === s.tokens[column + 1]?.start &&
      s.endsAt(s.kinds.indexOf(')', column) + 1));
  if (from < 0)
    return call
      ? 6
      : s.kind(column) === '@' || (s.kind(column) === '1' && (s.kind(column + 1) === ',' || s.kind(column + 1) === 'c'))
        ? 5
        : s.word(column) === 'case' && s.kinds.includes('k', column + 2) && s.kinds.includes('=')
          ? 5
          : 0;
  const table = from + 1;
  if (s.kind(table) === undefined) return s.word(column) === '*' ? 5 : 0;
  if (s.word(column) === '*' && from - column <= 2 && s.kind(table) !== '1') return 6;
  if (call || s.word(column) === 'case') return 6;
  const listed = s.kinds.slice(column, from).includes(',');
  const span = from - column;
  const after = s.word(table + 1);
  const bounded =
    s.kind(table + 1) === undefined ||
    s.kind(table + 1) === ';' ||
    s.kind(table + 1) === 'c' ||
    s.kind(table + 1) === ')';
  const catalogue = SQL_CATALOGUES.has(s.word(table));
  if (catalogue) return 6;
  const conditions = after === 'where' && s.kinds.slice(table + 2, table + 8).includes('=');
  const limited = after === 'limit' && s.kind(table + 2) === '1';
  if (s.kind(column) === '1' || s.kind(column) === 'l' || s.kind(column) === '@')
    return s.kind(table) === '(' || s.kind(table) === 'n' ? 6 : 3;
  if (conditions || limited) return span <= 2 || listed ? 6 : 4;
  const article = /^(?:the|a|an|my|your|this|that|our|any|all|each|these|those)$/.test(s.word(table));
  if (bounded && !article && (span === 1 || (listed && span <= 6)))
    return s.kind(table + 1) === ';' || s.kind(table + 1) === ')' || s.kind(table + 1) === 'c' ? 6 : 4;
  return 0;
}

/** How much of a clause is there that prose would not write: 0 for none. */
export function clauseScore(s: SqlStatement, at: number): number {
  switch (s.word(at)) {
    case 'order':
    case 'group': {
      if (s.word(at + 1) !== 'by') return 0;
      const column = s.skip(at + 2, '(');
      if (s.kind(column) === 'e' && column > at + 2) return 5;
      const call = s.isCall(column) || SQL_WEAPONS.has(s.word(column)) || s.word(column) === 'if';
      if (call) return 5;
      if (s.kind(column) !== '1') return s.brokenOut && s.kind(s.tokens.length - 1) === 'c' ? 5 : 0;
      const end = s.skip(column + 1, '1,)');
      if (s.kind(end) === 'c') return 6;
      return at === 0 && s.kind(end) === undefined
        ? 5
        : s.brokenOut || s.kind(at - 1) === '1' || s.kind(at - 1) === ')'
          ? 5
          : 0;
    }
    case 'having':
      return (s.isLiteral(at + 1) || s.isCall(at + 1)) && s.kinds.slice(at + 2, at + 6).match(/[=c]/) ? 5 : 0;
    case 'into':
      if (s.kind(at + 1) === '@' && (s.brokenOut || s.isLiteral(at - 1)) && s.endsAt(at + 2)) return 5;
      return /^(?:outfile|dumpfile)$/.test(s.word(at + 1)) ? 6 : 0;
    case 'procedure':
      return s.word(at + 1) === 'analyse' && s.kind(at + 2) === '(' ? 6 : 0;
    case 'waitfor':
      return /^(?:delay|time)$/.test(s.word(at + 1)) && s.kind(at + 2) === 's' ? 6 : 0;
    case 'exec':
    case 'execute':
    case 'declare':
      return statementScore(s, at, true);
    case 'in':
      return s.word(at + 1) === 'boolean' && s.word(at + 2) === 'mode' ? 5 : 0;
    default:
      return 0;
  }
}
