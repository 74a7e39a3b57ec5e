import { SQL_CATALOGUES, SQL_WEAPONS, type SqlReading } from '../grammar/sql-tokens';
import { type InspectedText } from './detector';
import { clauseScore, statementScore } from './sql-clauses';
import { endOfOperand, SqlStatement } from './sql-statement';

export interface SqlVerdict {
  readonly score: number;
  readonly reason: string;
  readonly offset: number;
}

type Rule = (statement: SqlStatement) => { score: number; reason: string; at: number } | undefined;

/** The strongest thing that the rules say about a reading. */
export function judgeSql(reading: SqlReading, quote: string | undefined, input: InspectedText): SqlVerdict | undefined {
  if (reading.tokens.length === 0) return undefined;
  const statement = new SqlStatement(reading.tokens, reading.inlineComments, quote, input);
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
    const select = s.skip(s.word(at + 1) === '+' ? at + 2 : at + 1, 't(');
    if (s.word(select) === 'values' && s.kind(select + 1) === '(') return { score: 6, reason: 'UNION VALUES', at };
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
          : s.brokenOut || kind === 'c'
            ? 5
            : kind === undefined && at > 0 && s.isLiteral(at - 1)
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
    if (s.brokenOut && at === 0 && s.kind(left) === 's' && '&+s'.includes(s.kind(left + 1) ?? ' ')) {
      return { score: 5, reason: 'logical operator between strings', at };
    }
    if (s.brokenOut && at === 0 && s.kind(left) === 's' && s.endsAt(left + 1) && lengthOf(s, left) > 2)
      return { score: 4, reason: 'logical operator between strings', at };
  }
  return undefined;
};

function lengthOf(s: SqlStatement, at: number): number {
  const token = s.tokens[at];
  return token === undefined ? 0 : token.end - token.start;
}

/** The last characters of the text. */
function tailOf(s: SqlStatement, length: number): string {
  return length === 0 ? '' : s.input.text.slice(-length);
}

const quoteThenComment: Rule = (s) => {
  if (!s.brokenOut) return undefined;
  const at = s.skip(0, ');');
  const token = s.tokens[at];
  if (token?.kind !== 'c') return undefined;
  const rest = token.end - token.start - token.word.length;
  if (token.word === '#' && rest > 0) return undefined;
  // MySQL wants white space behind the dashes, and people who type them as a password do not.
  const glued = token.word === '--' && /^[a-z0-9]/i.test(tailOf(s, rest));
  if (glued) return { score: 3, reason: 'quote followed by dashes', at };
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

/** Calls and expressions that are nothing but SQL, as a whole value. */
const bareExpression: Rule = (s) => {
  if (s.input.isName || s.input.document) return undefined;
  const last = s.tokens.length - 1;
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
    s.isLiteral(s.skip(branch + 2, '(')) &&
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
  bareExpression,
];

/** Rules that running text does not satisfy by accident. */
const CERTAIN: ReadonlySet<Rule> = new Set([unionSelect, stacked, wholeStatement, weapons]);
