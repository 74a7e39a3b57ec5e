import { compilePattern, type LinearPattern, PatternError } from '../patterns/linear-pattern';
import { compileJsonPath, type JsonTest } from './json-path';

/** How much of a body is looked at, in characters. */
export const LONGEST_BODY = 64 * 1024;

/** A match of up to `OVERLAP` characters is found wherever it is; the worst expression takes a tenth of a second. */
const STRETCH = 1024;
const OVERLAP = 512;

/** What a `@ReturnMonitor` looks for. */
export type ReturnPattern =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'json'; readonly test: JsonTest }
  | { readonly kind: 'regex'; readonly test: (text: string) => boolean }
  /** `reach` characters before a chunk can be part of a match that ends in it. */
  | { readonly kind: 'text'; readonly pattern: LinearPattern; readonly reach: number };

/** Vetting an expression may take seconds, and a configuration is compiled several times. */
const compiled = new Map<string, ReturnPattern>();

/** @throws PatternError | SyntaxError that says what is wrong. */
export function compileReturnPattern(text: string): ReturnPattern {
  let pattern = compiled.get(text);
  if (pattern === undefined) compiled.set(text, (pattern = compile(text)));
  return pattern;
}

function compile(text: string): ReturnPattern {
  const [, kind, rest = ''] = /^(status|json|regex):([^]*)$/.exec(text) ?? [];
  switch (kind) {
    case 'status':
      if (!/^[1-5]\d\d$/.test(rest)) throw new SyntaxError('a status is three digits, as in status:404');
      return { kind, status: Number(rest) };
    case 'json':
      return { kind, test: compileJsonPath(rest) };
    case 'regex':
      return { kind, test: compileExpression(new RegExp(rest)) };
    default: {
      if (text === '') throw new SyntaxError('an empty text is in every body');
      if (text.length > 1024) throw new SyntaxError('a text has at most 1024 characters');
      return { kind: 'text', pattern: compilePattern(text, { maxLength: 2 * LONGEST_BODY }), reach: text.length - 1 };
    }
  }
}

/**
 * An expression that is linear on any text searches the whole body. One that is linear only from a given start would take
 * seconds for that, and searches overlapping stretches; one that asks where a text begins or ends cannot be cut like this.
 */
function compileExpression(expression: RegExp): (text: string) => boolean {
  try {
    const whole = compilePattern(expression, { maxLength: LONGEST_BODY });
    return (text) => whole.test(text);
  } catch (error) {
    if (!(error instanceof PatternError) || looksAround(expression.source)) throw error;
  }
  const stretch = compilePattern(expression, { maxLength: STRETCH });
  return (text) => {
    for (let start = 0; start === 0 || start + OVERLAP < text.length; start += STRETCH - OVERLAP) {
      if (stretch.test(text.slice(start, start + STRETCH))) return true;
    }
    return false;
  };
}

/** Whether an expression has `^`, `$`, `\\b` or a lookaround outside of character classes. */
function looksAround(source: string): boolean {
  const bare = source.replace(/\\[^bB]|\[(?:\\.|[^\]\\])*\]/g, '');
  return /[$^]|\\[bB]|\(\?(?:[=!]|<[=!])/.test(bare);
}

export function returnPatternProblem(pattern: unknown): string | undefined {
  if (typeof pattern !== 'string') return 'is not a pattern; use status:404, json:field==value, regex:… or a text';
  try {
    compileReturnPattern(pattern);
    return undefined;
  } catch (error) {
    if (!(error instanceof PatternError || error instanceof SyntaxError)) throw error;
    return `is refused: ${error.message}`;
  }
}
