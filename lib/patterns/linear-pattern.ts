import { isSafePattern, type RedosDetectorResult } from 'redos-detector';
import { readSyntax } from './pattern-syntax';

/** A pattern that was found safe to run on text an attacker chose. Stateless: every `test` starts anew. */
export interface LinearPattern {
  /** How the developer wrote it: `/bot/i`, or the text in quotes. */
  readonly name: string;
  /** Whether the pattern occurs in the first `maxLength` characters of `text`. */
  test(text: string): boolean;
}

export interface PatternOptions {
  /** Ignore case. Default: true for a text, the expression's own `i` flag for a RegExp. */
  readonly caseInsensitive?: boolean;
  /**
   * How many characters of a text are searched; what follows is not. Default: 2048. Above 2048 only expressions that
   * are linear from every starting point are accepted, which rules out most unanchored `.*`.
   */
  readonly maxLength?: number;
}

/** A pattern that cannot be run on hostile text, or of which that cannot be told. */
export class PatternError extends Error {
  override readonly name = 'PatternError';

  constructor(
    readonly pattern: string,
    readonly reason: string,
  ) {
    super(
      `The pattern ${pattern} is refused: ${reason}. ` +
        'A plain text, which matches as a case-insensitive substring, is always accepted.',
    );
  }
}

/**
 * In texts up to this length an expression may be searched for from every starting point, each search taking time
 * proportional to the rest of the text: 2048 * 2048 / 2 steps are a few milliseconds at worst.
 */
const SHORT_TEXT = 2048;

/**
 * In how many ways a text may match before the expression counts as backtracking. Honest expressions score 1 to 6;
 * each further way multiplies the worst time.
 */
const MOST_WAYS = 10;

/**
 * Bounds on the analysis itself. Steps are counted so that the verdict does not depend on the machine; the time in
 * milliseconds is for the few expressions whose single steps are slow.
 */
const MOST_STEPS = 5000;
const MOST_TIME = 2000;
const LONGEST_SOURCE = 2000;

/**
 * Turns what a developer wrote into a matcher that is safe on hostile text. A text is a substring to look for, without
 * regard to case; the empty text matches only the empty text. An expression is vetted: from any one starting point it
 * must match in at most ten ways, however long the text is, so exponential (`(a+)+$`, `(a|a)*b`) and polynomial
 * (`(.*a){12}`, `a.*b.*c`) backtracking are refused. `g` and `y` are ignored.
 *
 * The verdict is about growth with the text. An expression whose time grows with its own length alone, such as thirty
 * times `(?:^|$)` in a row, is not recognised.
 *
 * The analysis takes up to a few seconds for a hostile expression: call it at start-up, or for expressions of operators.
 *
 * @throws PatternError that names the pattern and the reason, also when the analysis comes to no result.
 *
 * @example
 * ```ts
 * compilePattern('curl').test('Curl/8.5'); // true
 * compilePattern(/^python-requests\/[\d.]+$/i).test('python-requests/2.32'); // true
 * ```
 */
export function compilePattern(pattern: string | RegExp, options: PatternOptions = {}): LinearPattern {
  const maxLength = options.maxLength ?? SHORT_TEXT;
  const name = typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern);
  const expression =
    typeof pattern === 'string'
      ? substring(pattern, options.caseInsensitive ?? true)
      : vetted(pattern, name, options.caseInsensitive ?? false, maxLength);
  return {
    name,
    test: (text) => expression.test(text.length > maxLength ? text.slice(0, maxLength) : text),
  };
}

function substring(text: string, caseInsensitive: boolean): RegExp {
  if (text === '') return /^$/;
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), caseInsensitive ? 'i' : '');
}

function vetted(pattern: RegExp, name: string, caseInsensitive: boolean, maxLength: number): RegExp {
  if (pattern.flags.includes('v')) throw new PatternError(name, 'expressions with the v flag cannot be analysed');
  if (pattern.source.length > LONGEST_SOURCE) {
    throw new PatternError(name.slice(0, 100) + '…', `it is longer than ${LONGEST_SOURCE} characters`);
  }
  const flags = pattern.flags.replace(/[gyd]/g, '') + (caseInsensitive && !pattern.ignoreCase ? 'i' : '');
  const expression = new RegExp(pattern.source, flags);
  const syntax = readSyntax(pattern.source);
  const anywhere = maxLength > SHORT_TEXT;
  if (syntax.repeatedSearch || (anywhere && syntax.searchingLookaround)) {
    throw new PatternError(name, 'it looks ahead or behind without bound, again and again');
  }
  const anchored = `^(?:${syntax.source})`;
  refuseUnsafe(name, analyse(name, expression, anchored), false);
  if (anywhere) {
    // With the m flag `^` holds at every line, which the analyser takes for the start of the text.
    const unanchored = expression.multiline ? `[^]*?(?:${syntax.source})` : syntax.source;
    refuseUnsafe(name, analyse(name, expression, unanchored), true);
  }
  return expression;
}

function analyse(name: string, expression: RegExp, source: string): RedosDetectorResult {
  try {
    return isSafePattern(source, {
      maxScore: MOST_WAYS,
      maxSteps: MOST_STEPS,
      timeout: MOST_TIME,
      caseInsensitive: expression.ignoreCase,
      dotAll: expression.dotAll,
      multiLine: expression.multiline,
      unicode: expression.unicode,
    });
  } catch (error) {
    const problem = error instanceof Error ? error.message.split('\n', 1)[0]! : String(error);
    throw new PatternError(name, `it cannot be analysed (${problem})`);
  }
}

function refuseUnsafe(name: string, result: RedosDetectorResult, anywhere: boolean): void {
  if (result.safe) return;
  if (result.error !== 'hitMaxScore') {
    throw new PatternError(
      name,
      'it has too many ways to match to be proven safe; simplify it, or give its alternatives one by one',
    );
  }
  throw new PatternError(
    name,
    anywhere
      ? 'searched for in a long text it takes time that grows with the square of the text; anchor it with ^ or use a plain text'
      : 'it backtracks: some texts match it in so many ways that refusing them can take seconds; ' +
          'avoid neighbouring or nested repetitions of the same characters',
  );
}
