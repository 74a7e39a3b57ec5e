import { SQL_WEAPONS, type SqlReading } from '../grammar/sql-tokens';
import { type InspectedText } from './detector';
import { clauseScore, statementScore } from './sql-clauses';
import { bareExpression, castCall, splitByComments, strangeNumber, weapons } from './sql-fragments';
import { endOfOperand, type SqlRule, SqlStatement } from './sql-statement';

export interface SqlVerdict {
  readonly score: number;
  readonly reason: string;
  readonly offset: number;
}

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
    // A lesson quotes whole statements; nothing was broken out of to write them.
    const quoted = input.document && quote === undefined && reading.inlineComments === 0;
    const score = weak || quoted ? Math.min(found.score, 3) : found.score;
    if (score > (best?.score ?? 0)) {
      best = { score, reason: found.reason, offset: reading.tokens[found.at]?.start ?? 0 };
    }
  }
  return best;
}

const unionSelect: SqlRule = (s) => {
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

const tautology: SqlRule = (s) => {
  for (let at = s.kinds.indexOf('&'); at >= 0; at = s.kinds.indexOf('&', at + 1)) {
    const spelled = /^[a-z]/.test(s.word(at));
    const left = s.skip(at + 1, '!(+');
    if (s.word(left) === 'exists' && s.kind(s.skip(left + 1, '(')) === 'e')
      return { score: 6, reason: 'EXISTS behind a logical operator', at };
    // `sql-and-select-statements` is a slug.
    if (s.kind(left) === 'e' && s.kind(left - 1) !== '+')
      return { score: s.brokenOut || spelled ? 6 : 4, reason: 'subquery behind a logical operator', at };
    const ends = s.isCall(left) && s.kinds.endsWith(')') && /^1\)*$/.test(s.kinds.slice(0, at));
    if (ends && spelled && s.kinds.slice(left + 2).length > 2)
      return { score: 5, reason: 'function call behind a number', at };
    if (s.isCall(left) || (s.word(left) === 'exists' && s.kind(left + 1) === '(')) {
      const closes = s.closing(left + 1);
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
      if (literals && s.kind(s.skip(right + 1, ')')) === 'c')
        return { score: 5, reason: 'comparison of literals before a comment', at };
      const same = literals && s.kind(left) === '1' && literalOf(s, left) === literalOf(s, right);
      if (same && at > 0 && s.isLiteral(at - 1) && s.skip(0, '(') === at - 1 && s.endsAt(right + 1))
        return { score: 5, reason: 'comparison of a literal with itself', at };
      if (literals && (spelled || s.kind(at - 1) !== '1')) {
        const certain = spelled && /^=|like|<|>/.test(s.word(operator)) && s.kind(left) === s.kind(right);
        return { score: certain ? 6 : spelled ? 5 : 4, reason: 'comparison of literals behind a logical operator', at };
      }
      if (s.brokenOut && s.kind(right) === 'n' && /^[a-z]/.test(s.word(operator)) && spelled && s.endsAt(right + 1))
        return { score: 5, reason: 'condition after a quote', at };
      if (s.brokenOut && (s.isLiteral(right) || s.kind(right) === undefined))
        return { score: 5, reason: 'condition after a quote', at };
      if (s.word(left).startsWith('@@') && s.isLiteral(right))
        return { score: 5, reason: 'comparison of a system variable', at };
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
    if (
      s.brokenOut &&
      at === 0 &&
      s.kind(left) === 's' &&
      s.endsAt(left + 1) &&
      !isQuotedWord(s, at) &&
      (lengthOf(s, left) > 2 || (spelled && /^['"]\d$/.test(literalOf(s, left))))
    )
      return { score: 4, reason: 'logical operator between strings', at };
  }
  return undefined;
};

/** `what is 'or' in French`: nothing but the word between two quotes, with blanks around them. */
function isQuotedWord(s: SqlStatement, at: number): boolean {
  const { text } = s.input;
  const token = s.tokens[at];
  return (
    token !== undefined &&
    /^\s?['"]$/.test(text.slice(Math.max(0, token.start - 2), token.start)) &&
    /^['"]\s/.test(text.slice(token.end, token.end + 2))
  );
}

function literalOf(s: SqlStatement, at: number): string {
  const token = s.tokens[at];
  return token === undefined ? '' : s.input.text.slice(token.start, token.end);
}

function lengthOf(s: SqlStatement, at: number): number {
  const token = s.tokens[at];
  return token === undefined ? 0 : token.end - token.start;
}

/** The last characters of the text. */
function tailOf(s: SqlStatement, length: number): string {
  return length === 0 ? '' : s.input.text.slice(-length);
}

const quoteThenComment: SqlRule = (s) => {
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

const quoteThenExpression: SqlRule = (s) => {
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
  // The rest of a row of values: `','x')--`, `'),('a','b`.
  if (/^\)*(?:,[s1l])+\)+(?:c|;|,\()/.test(s.kinds) || /^\)+,\([s1]/.test(s.kinds))
    return { score: 5, reason: 'row of values after a quote', at: 0 };
  if (
    operator === 0 &&
    kind === '=' &&
    /^(?:regexp|rlike|similar|glob|like)$/.test(s.word(0)) &&
    s.kind(1) === 's' &&
    s.tokens.length === 2 &&
    (s.word(0) !== 'like' || /^[^'"]{0,20}['"] like ['"][^'"]{0,20}$/.test(s.input.lower))
  )
    return { score: 5, reason: 'pattern after a quote', at: 0 };
  if (/^['"]\)?\s?(?:or|\|\|)\s?['"]?\d{1,4}$/.test(s.input.lower))
    return { score: 5, reason: 'always-true condition', at: 0 };
  if (s.quote === '`' && /^f[nk]c/.test(s.kinds) && s.word(0) === 'from')
    return { score: 5, reason: 'FROM after a quoted name', at: 0 };
  if (s.word(0) === 'as' && s.kinds.slice(0, 12).includes('f') && s.kind(1) === 'n')
    return { score: 5, reason: 'column list after a quote', at: 0 };
  // `a'='b'='`: a comparison of a comparison, true for every row in MySQL.
  if (operator === 0 && s.kinds.startsWith('=s=')) return { score: 5, reason: 'chain of comparisons', at: 0 };
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

const stacked: SqlRule = (s) => {
  for (let at = s.kinds.indexOf(';'); at >= 0; at = s.kinds.indexOf(';', at + 1)) {
    const grade = statementScore(s, s.skip(at + 1, '('), true);
    if (grade > 0) return { score: Math.min(7, grade + 2), reason: 'second statement after a semicolon', at };
  }
  return undefined;
};

const wholeStatement: SqlRule = (s) => {
  if (s.brokenOut || s.input.isName) return undefined;
  const at = s.skip(0, '(');
  const isSql = s.input.source === 'body' && /^(?:.*sql|commandtext|statement|ddl)$/.test(s.input.name);
  // What a driver or a trace reports: values are bound, not written.
  const bound = /=\s?(?:\?|\$\d|:\w)/.test(s.input.text.slice(0, 2000)) && !s.kinds.includes('c');
  const grade = bound ? Math.min(3, statementScore(s, at, false)) : statementScore(s, at, false);
  if (grade > 0 && !isSql) return { score: grade, reason: 'complete SQL statement', at };
  for (let later = s.kinds.indexOf('e', at + 1); later > 0; later = s.kinds.indexOf('e', later + 1)) {
    if (s.kind(later - 1) === '(' && statementScore(s, later, true) > 3)
      return { score: isSql ? 0 : 6, reason: 'subquery', at: later };
    if (
      s.word(later - 1) === ':' &&
      s.tokens[later - 1]?.end === s.tokens[later]?.start &&
      statementScore(s, later, true) > 4
    )
      return { score: isSql ? 0 : 5, reason: 'SQL statement', at: later };
  }
  return undefined;
};

const clauses: SqlRule = (s) => {
  for (let at = 0; at < s.tokens.length; at++) {
    const kind = s.kind(at);
    if (kind !== 'b' && kind !== 'f' && kind !== 'v') continue;
    const score = clauseScore(s, at);
    if (score > 0) return { score, reason: `clause ${s.word(at)}`, at };
  }
  return undefined;
};

const RULES: readonly SqlRule[] = [
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
const CERTAIN: ReadonlySet<SqlRule> = new Set([unionSelect, stacked, wholeStatement, weapons]);
