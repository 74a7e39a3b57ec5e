import { isSpace } from '../grammar/characters';
import { readSql, type SqlReading } from '../grammar/sql-tokens';
import { CharacterClass } from '../scan/character-classes';
import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText, stronger } from './detector';
import { judgeSql } from './sql-rules';

const QUOTES = CharacterClass.singleQuote | CharacterClass.doubleQuote | CharacterClass.backtick;
const AFTER_QUOTE =
  CharacterClass.equals |
  CharacterClass.dash |
  CharacterClass.hash |
  CharacterClass.parenthesis |
  CharacterClass.pipe |
  CharacterClass.semicolon |
  CharacterClass.star |
  CharacterClass.plus |
  CharacterClass.lessThan |
  CharacterClass.greaterThan;

/**
 * Reads a value as SQL in three places: as it stands (a number in the statement), and from its first quote on (the
 * rest of a string that the quote closes), as libinjection showed (Galbreath, Black Hat 2012). Prose has the words;
 * only an injection has the grammar.
 */
export class SqlInjectionDetector implements Detector {
  readonly name = 'sql-injection';
  readonly category = 'sql_injection' as const;

  concerns(profile: TextProfile): boolean {
    if (
      profile.hintsAt(Hint.sql) ||
      (profile.hasAll(CharacterClass.slash | CharacterClass.star) && profile.has(CharacterClass.digit))
    )
      return true;
    if (profile.has(QUOTES) && profile.has(AFTER_QUOTE)) return true;
    if (profile.hintsAt(Hint.logic) && profile.hasAll(CharacterClass.dash | CharacterClass.digit)) return true;
    if (profile.hasAll(CharacterClass.parenthesis | CharacterClass.plus)) return true;
    return (
      profile.hintsAt(Hint.logic) &&
      profile.has(
        CharacterClass.equals | CharacterClass.lessThan | CharacterClass.greaterThan | CharacterClass.parenthesis,
      )
    );
  }

  inspect(input: InspectedText): Finding | undefined {
    const found = this.read(input, input.text, input.lower);
    if (found && found.score >= 6) return found;
    if (input.text.includes('/**/')) {
      // A comment also splits a keyword for filters that replace it by nothing: `uni/**/on`.
      const joined = input.text.replaceAll('/**/', '');
      const inside = this.read(input, joined, joined.toLowerCase());
      if (inside && inside.score >= 5) return { ...inside, index: 0 };
    }
    if (input.text.includes("\\'") || input.text.includes('\\"') || input.text.includes('""')) {
      const plain = input.text.replaceAll(/\\(['"])/g, '$1').replaceAll('""', '"');
      return stronger(found, this.read(input, plain, plain.toLowerCase()));
    }
    return found;
  }

  private read(input: InspectedText, text: string, lower: string): Finding | undefined {
    let found = this.judge(input, readSql(text, lower, 0), undefined, 0);
    for (const quote of ["'", '"', '`']) {
      const at = text.indexOf(quote);
      if (at < 0) continue;
      found = stronger(found, this.judge(input, readSql(text, lower, at + 1), quote, at));
      const opens =
        at > 0 &&
        '(,=:'.includes(
          text
            .slice(Math.max(0, at - 8), at)
            .trimEnd()
            .slice(-1) || ' ',
        );
      const next = opens || this.isQuotedWhole(text, at, quote) ? -1 : text.indexOf(quote, at + 1);
      if (next > 0 && next < at + 40 && quote === "'") {
        found = stronger(found, this.judge(input, readSql(text, lower, next + 1), quote, next));
      }
    }
    return found;
  }

  /** `'x'` alone: its second quote closes what the first one opened. */
  private isQuotedWhole(text: string, at: number, quote: string): boolean {
    let end = text.length;
    while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
    return at === 0 && text.indexOf(quote, 1) === end - 1;
  }

  private judge(input: InspectedText, reading: SqlReading, quote: string | undefined, at: number): Finding | undefined {
    const verdict = judgeSql(reading, quote, input);
    return (
      verdict && { category: this.category, score: verdict.score, reason: verdict.reason, index: at + verdict.offset }
    );
  }
}
