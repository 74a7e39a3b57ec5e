import {
  SQL_CATALOGUES,
  SQL_FUNCTIONS,
  SQL_WEAPONS,
  type SqlKind,
  type SqlReading,
  type SqlToken,
} from '../grammar/sql-tokens';
import { type InspectedText } from './detector';

export interface SqlVerdict {
  readonly score: number;
  readonly reason: string;
  readonly offset: number;
}

/** A token stream with the questions that the rules ask of it. */
class Statement {
  readonly kinds: string;

  constructor(
    readonly tokens: readonly SqlToken[],
    readonly inlineComments: number,
    /** The quote that the injection closed, if it closed one. */
    readonly quote: string | undefined,
    readonly input: InspectedText,
  ) {
    this.kinds = tokens.map((token) => token.kind).join('');
  }

  get brokenOut(): boolean {
    return this.quote !== undefined;
  }

  kind(index: number): SqlKind | undefined {
    return this.tokens[index]?.kind;
  }

  word(index: number): string {
    return this.tokens[index]?.word ?? '';
  }

  /** Index of the first token at or after `index` that is none of `kinds`. */
  skip(index: number, kinds: string): number {
    while (index < this.tokens.length && kinds.includes(this.kinds.charAt(index))) index++;
    return index;
  }

  /** Whether a function call with an opening parenthesis starts here. */
  isCall(index: number): boolean {
    return this.kind(index + 1) === '(' && SQL_FUNCTIONS.has(this.word(index));
  }

  isLiteral(index: number): boolean {
    const kind = this.kind(index);
    return kind === '1' || kind === 's' || kind === 'l';
  }

  /** Nothing but closing parentheses, a comment or the end follows. */
  endsAt(index: number): boolean {
    const at = this.skip(index, ')');
    const kind = this.kind(at);
    return kind === undefined || kind === 'c' || (kind === ';' && this.kind(at + 1) === undefined);
  }
}

type Rule = (statement: Statement) => { score: number; reason: string; at: number } | undefined;

/** The strongest thing that the rules say about a reading. */
export function judgeSql(reading: SqlReading, quote: string | undefined, input: InspectedText): SqlVerdict | undefined {
  if (reading.tokens.length === 0) return undefined;
  const statement = new Statement(reading.tokens, reading.inlineComments, quote, input);
  let best: SqlVerdict | undefined;
  for (const rule of RULES) {
    const found = rule(statement);
    if (!found) continue;
    // In running text quotes mark speech and attributes of markup; only whole statements are left as evidence.
    const weak = input.document && quote !== undefined && !CERTAIN.has(rule);
    const score = weak ? Math.min(found.score, 3) : found.score;
    if (score > (best?.score ?? 0)) {
      best = { score, reason: found.reason, offset: reading.tokens[found.at]?.start ?? 0 };
    }
  }
  return best;
}

const unionSelect: Rule = (s) => {
  for (let at = s.kinds.indexOf('u'); at >= 0; at = s.kinds.indexOf('u', at + 1)) {
    const select = s.skip(at + 1, 't(+');
    if (s.kind(select) !== 'e') continue;
    const column = s.skip(select + 1, 't(');
    const kind = s.kind(column);
    const expression =
      kind === '1' ||
      kind === 's' ||
      kind === '@' ||
      kind === 'l' ||
      s.isCall(column) ||
      s.word(column) === '*' ||
      s.kind(column + 1) === ',';
    const reachesFrom = s.kinds.slice(column, column + 4).includes('f') && s.word(column) !== 'the';
    const score =
      expression || s.inlineComments > 0
        ? 7
        : reachesFrom
          ? 6
          : s.brokenOut || kind === undefined || kind === 'c'
            ? 5
            : 1;
    if (score > 1) return { score, reason: 'UNION SELECT', at };
  }
  return undefined;
};

const tautology: Rule = (s) => {
  for (let at = s.kinds.indexOf('&'); at >= 0; at = s.kinds.indexOf('&', at + 1)) {
    const spelled = /^[a-z]/.test(s.word(at));
    const left = s.skip(at + 1, '!(+');
    if (s.word(left) === 'exists' && s.kind(s.skip(left + 1, '(')) === 'e')
      return { score: 6, reason: 'EXISTS behind a logical operator', at };
    if (s.kind(left) === 'e')
      return { score: s.brokenOut || spelled ? 6 : 4, reason: 'subquery behind a logical operator', at };
    if (s.isCall(left) || (s.word(left) === 'exists' && s.kind(left + 1) === '(')) {
      const closes = s.kinds.indexOf(')', left);
      const compared = closes > 0 && (s.kind(closes + 1) === '=' || s.kind(closes + 1) === 'c');
      if (s.brokenOut || compared)
        return { score: s.brokenOut ? 6 : 5, reason: 'function call behind a logical operator', at };
    }
    if (
      s.brokenOut &&
      s.skip(0, ')') === at &&
      s.kind(left) === 'n' &&
      s.kind(left + 1) === '(' &&
      s.tokens[left]?.end === s.tokens[left + 1]?.start &&
      s.kinds.includes(')', left)
    ) {
      return { score: 5, reason: 'call after a quote', at };
    }
    const operator = endOfOperand(s, left);
    if (s.kind(operator) === '=') {
      const right = s.skip(operator + 1, '!(+t');
      const literals = s.isLiteral(left) && s.isLiteral(right);
      if (s.kind(right) === 'e' || (s.isLiteral(left) && (s.isCall(right) || SQL_WEAPONS.has(s.word(right)))))
        return { score: 6, reason: 'comparison with a subquery or a call', at };
      const sums = !s.brokenOut && s.isLiteral(at - 1) && s.kind(at - 2) === '=' && s.isLiteral(at - 3);
      if (sums) return { score: 3, reason: 'comparisons of literals', at };
      if (literals && s.brokenOut) return { score: 6, reason: 'comparison of literals after a quote', at };
      if (literals && (spelled || s.kind(at - 1) !== '1')) {
        const certain = spelled && /^=|like|<|>/.test(s.word(operator)) && s.kind(left) === s.kind(right);
        return { score: certain ? 6 : spelled ? 5 : 4, reason: 'comparison of literals behind a logical operator', at };
      }
      if (s.brokenOut && s.kind(right) === 'n' && /^[a-z]/.test(s.word(operator)) && spelled && s.endsAt(right + 1))
        return { score: 5, reason: 'condition after a quote', at };
      if (s.brokenOut && (s.isLiteral(right) || s.kind(right) === undefined))
        return { score: 5, reason: 'condition after a quote', at };
      if (s.isLiteral(right) && s.endsAt(right + 1) && s.kind(s.skip(right + 1, ')')) === 'c') {
        return { score: 5, reason: 'condition before a comment', at };
      }
    }
    if (s.isLiteral(left) && s.kind(left) !== 's') {
      const next = s.skip(left + 1, ')');
      if (s.kind(next) === 'c' && (s.brokenOut || s.word(next) !== '#'))
        return { score: s.brokenOut ? 6 : 5, reason: 'always-true condition before a comment', at };
      if (s.brokenOut && spelled && s.kind(next) === undefined && at <= 2 && s.kind(left) === 'l')
        return { score: 5, reason: 'always-true condition', at };
      if (s.kind(left) === '1' && spelled && (s.kind(next) === 'b' || s.kind(next) === 'u'))
        return { score: 5, reason: 'condition and clause', at };
    }
    if (s.brokenOut && at === 0 && s.kind(left) === 's' && s.endsAt(left + 1))
      return { score: 4, reason: 'logical operator between strings', at };
  }
  return undefined;
};

/** The token after one operand: a literal, a name, or an arithmetic expression of literals in parentheses. */
function endOfOperand(s: Statement, left: number): number {
  if (s.kind(left) === 'n' || s.kind(left) === '@')
    return s.kind(left + 1) === '.' && s.kind(left + 2) === 'n' ? left + 3 : left + 1;
  if (!s.isLiteral(left)) return left;
  let at = left + 1;
  while (s.kind(at) === '+' && s.isLiteral(s.skip(at, '+('))) at = s.skip(at, '+(') + 1;
  return s.skip(at, ')');
}

const quoteThenComment: Rule = (s) => {
  if (!s.brokenOut) return undefined;
  const at = s.skip(0, ');');
  const token = s.tokens[at];
  if (token?.kind !== 'c') return undefined;
  const rest = token.end - token.start - token.word.length;
  if (token.word === '#' && rest > 0) return undefined;
  const tail = s.input.text.slice(-token.word.length - rest).trim();
  if (s.quote === '"' && at === 0 && tail.length > 3) return undefined;
  return { score: rest <= 8 || at > 0 ? 5 : 3, reason: 'quote followed by a comment', at };
};

const quoteThenExpression: Rule = (s) => {
  if (!s.brokenOut) return undefined;
  const operator = s.skip(0, ')');
  const kind = s.kind(operator);
  if (kind === '&' || kind === '+' || kind === ',') {
    const operand = s.skip(operator + 1, '(+!');
    if (s.kind(operand) === 'e' || s.word(operand) === 'case')
      return { score: 6, reason: 'subquery joined to a string', at: operator };
    const concatenated = kind === '&' || (kind === '+' && s.word(operator) === '+');
    if (s.isCall(operand) && (concatenated || kind === '+'))
      return { score: 6, reason: 'function call joined to a string', at: operator };
    if (s.word(operator) === '||' && (s.kind(operand + 1) === '.' || s.kind(operand + 1) === '('))
      return { score: 5, reason: 'call joined to a string', at: operator };
  }
  if (
    kind === '=' &&
    operator === 0 &&
    s.isLiteral(1) &&
    s.kind(1) === 's' &&
    s.tokens.length <= 3 &&
    s.input.text.startsWith("'")
  ) {
    return { score: 4, reason: 'comparison of strings', at: 0 };
  }
  if (
    kind === ',' &&
    s.kind(operator + 1) === 'n' &&
    s.word(operator + 2) === '=' &&
    (s.kind(operator + 3) === '(' || s.kind(operator + 3) === '@')
  ) {
    return { score: 5, reason: 'assignment list after a quote', at: operator };
  }
  if ((kind === 'b' || s.word(operator) === 'in') && clauseScore(s, operator) > 0)
    return { score: 6, reason: 'clause after a quote', at: operator };
  if (s.word(operator) === 'where' && s.kinds.slice(operator, operator + 4).includes('='))
    return { score: 6, reason: 'WHERE after a quote', at: operator };
  return undefined;
};

const stacked: Rule = (s) => {
  for (let at = s.kinds.indexOf(';'); at >= 0; at = s.kinds.indexOf(';', at + 1)) {
    const grade = statementScore(s, s.skip(at + 1, '('), true);
    if (grade > 0) return { score: Math.min(7, grade + 2), reason: 'second statement after a semicolon', at };
  }
  return undefined;
};

const wholeStatement: Rule = (s) => {
  if (s.brokenOut || s.input.isName) return undefined;
  const at = s.skip(0, '(');
  const isSql = s.input.source === 'body' && /^(?:.*sql|commandtext|statement|ddl)$/.test(s.input.name);
  const grade = statementScore(s, at, false);
  if (grade > 0 && !isSql) return { score: grade, reason: 'complete SQL statement', at };
  for (let later = s.kinds.indexOf('e', at + 1); later > 0; later = s.kinds.indexOf('e', later + 1)) {
    if (s.kind(later - 1) === '(' && statementScore(s, later, true) > 3)
      return { score: isSql ? 0 : 6, reason: 'subquery', at: later };
    if (s.word(later - 1) === ':' && statementScore(s, later, true) > 4)
      return { score: isSql ? 0 : 5, reason: 'SQL statement', at: later };
  }
  return undefined;
};

/** How much of a statement's grammar is there: 0 none, 4 the skeleton, 6 with details that prose never has. */
function statementScore(s: Statement, at: number, afterBreak: boolean): number {
  const word = s.word(at);
  const rest = s.kinds.slice(at + 1, at + 40);
  switch (word) {
    case 'select':
      return selectScore(s, at);
    case 'insert':
      return s.word(at + 1) === 'into' && /^f(?:n|s)\.?n?(?:\(|f)/.test(rest) ? 6 : 0;
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
      const object = /^(?:table|database|schema|user|view|procedure|function|trigger|index)$/.test(s.word(at + 1));
      const name = s.kind(at + 2);
      if (!object || (name !== 'n' && name !== 'k' && name !== 's')) return 0;
      const next = s.kind(at + 3);
      if (word === 'create' || word === 'alter')
        return next === '(' || next === 'f' || s.word(at + 3) === 'as' || s.word(at + 3) === 'add' ? 6 : 0;
      return next === undefined || next === ';' || next === 'c' ? (afterBreak ? 5 : next === undefined ? 3 : 5) : 0;
    }
    case 'exec':
    case 'execute':
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
    default:
      return 0;
  }
}

function selectScore(s: Statement, at: number): number {
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

const weapons: Rule = (s) => {
  for (let at = 0; at < s.tokens.length; at++) {
    if (s.kind(at) !== 'n') continue;
    const word = s.word(at);
    if (SQL_WEAPONS.has(word)) {
      const next = s.kind(at + 1);
      if (next === '(' || next === '.' || next === 's')
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

const clauses: Rule = (s) => {
  for (let at = 0; at < s.tokens.length; at++) {
    const kind = s.kind(at);
    if (kind !== 'b' && kind !== 'f' && kind !== 'v') continue;
    const score = clauseScore(s, at);
    if (score > 0) return { score, reason: `clause ${s.word(at)}`, at };
  }
  return undefined;
};

function clauseScore(s: Statement, at: number): number {
  switch (s.word(at)) {
    case 'order':
    case 'group': {
      if (s.word(at + 1) !== 'by') return 0;
      const column = s.skip(at + 2, '(');
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

/** Keywords glued together by comments instead of blanks: no text editor writes that. */
const splitByComments: Rule = (s) => {
  if (s.inlineComments === 0) return undefined;
  const words = [...s.kinds].filter((kind) => 'uev&bf'.includes(kind)).length;
  return words >= 2 && s.inlineComments >= 2 && !s.input.document
    ? { score: 5, reason: 'keywords separated by comments', at: 0 }
    : undefined;
};

/** `1.e.tables`, `1.e(`: a number that only MySQL's lexer ends there, used to hide what follows. */
const strangeNumber: Rule = (s) => {
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
const castCall: Rule = (s) => {
  if (!s.isCall(0)) return undefined;
  const end = s.tokens.length - 1;
  return s.word(end - 1) === ':' && s.word(end - 2) === ':' && s.kind(end - 3) === ')'
    ? { score: 5, reason: 'call with a cast', at: 0 }
    : undefined;
};

const RULES: readonly Rule[] = [
  unionSelect,
  tautology,
  quoteThenComment,
  quoteThenExpression,
  stacked,
  wholeStatement,
  weapons,
  clauses,
  splitByComments,
  strangeNumber,
  castCall,
];

/** Rules that running text does not satisfy by accident. */
const CERTAIN: ReadonlySet<Rule> = new Set([unionSelect, stacked, wholeStatement, weapons]);
