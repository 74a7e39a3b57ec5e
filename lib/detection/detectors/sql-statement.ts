import { SQL_FUNCTIONS, type SqlKind, type SqlToken } from '../grammar/sql-tokens';
import { type InspectedText } from './detector';

/** A token stream with the questions that the rules ask of it. */
export class SqlStatement {
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

  /** Index of the parenthesis that closes the one at `index`, or -1. */
  closing(index: number): number {
    let depth = 0;
    for (let at = index; at < this.tokens.length; at++) {
      const kind = this.kinds.charAt(at);
      if (kind === '(') depth++;
      else if (kind === ')' && --depth === 0) return at;
    }
    return -1;
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

/** The token after one operand: a literal, a name, or an arithmetic expression of literals in parentheses. */
export function endOfOperand(s: SqlStatement, left: number): number {
  if (s.kind(left) === 'n' || s.kind(left) === '@')
    return s.kind(left + 1) === '.' && s.kind(left + 2) === 'n' ? left + 3 : left + 1;
  if (!s.isLiteral(left)) return left;
  let at = left + 1;
  while (s.kind(at) === '+' && s.isLiteral(s.skip(at, '+('))) at = s.skip(at, '+(') + 1;
  at = s.skip(at, ')');
  // `'{}'::jsonb`: PostgreSQL's cast.
  return s.word(at) === ':' && s.word(at + 1) === ':' && s.kind(at + 2) === 'n' ? at + 3 : at;
}

/** What one rule says about a statement: points, a phrase, and the token where the evidence starts. */
export type SqlRule = (statement: SqlStatement) => { score: number; reason: string; at: number } | undefined;
