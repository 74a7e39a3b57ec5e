import { CharacterClass } from '../scan/character-classes';
import { Hint, type TextProfile } from '../scan/prefilter';
import { CODE_RULES } from './code-rules';
import { PAGE_RULES } from './page-rules';
import { type Detector, type Finding, type InspectedText, stronger } from './detector';

/** `a.b.c.Class(`: packages in lower case, a class in camel case, a call. */
const JAVA_CLASS =
  /(?:^|[^\w.])[a-z][a-z0-9]{1,20}(?:\.[a-z][a-z0-9_]{1,30}){1,8}\.[A-Z][A-Za-z0-9]{3,60}(?:\((?![A-Z]\w{1,60}\.(?:java|kt|scala))|@[a-z])/;

const ALL_RULES = [...PAGE_RULES, ...CODE_RULES];

/** Exceptions, collections and parts of frameworks, named and nothing more. */
const PLAIN_CLASS =
  /^[a-z][a-z0-9_]{1,30}(?:\.[a-z0-9_$]{1,60}){1,8}(?:exception|error|servlet|list|map|set|activity|application|string|integer|long|date|logger|controller|repository)$/;

const SYMBOLS =
  CharacterClass.parenthesis |
  CharacterClass.dollar |
  CharacterClass.lessThan |
  CharacterClass.brace |
  CharacterClass.dot |
  CharacterClass.bracket |
  CharacterClass.backslash |
  CharacterClass.colon |
  CharacterClass.semicolon |
  CharacterClass.backtick;

/** Statements of PHP, Node, Python, Ruby, Perl, Java, .NET, Lua and server-side includes. */
export class CodeInjectionDetector implements Detector {
  readonly name = 'code-injection';
  readonly category = 'code_injection' as const;

  concerns(profile: TextProfile): boolean {
    if (profile.hintsAt(Hint.code))
      return profile.has(SYMBOLS | CharacterClass.underscore | CharacterClass.doubleQuote | CharacterClass.singleQuote);
    return (
      profile.has(CharacterClass.dollar | CharacterClass.lessThan) ||
      profile.hasAll(CharacterClass.brace | CharacterClass.hash | CharacterClass.equals) ||
      (profile.has(CharacterClass.parenthesis) &&
        profile.has(CharacterClass.underscore | CharacterClass.dot | CharacterClass.semicolon | CharacterClass.percent))
    );
  }

  inspect(input: InspectedText): Finding | undefined {
    const { lower, document } = input;
    const text = lower.slice(0, 20_000);
    let found: Finding | undefined;
    // What logs and typed documents name.
    if (text.length < 200 && PLAIN_CLASS.test(text)) return undefined;
    const file = input.name === 'file' && input.source === 'body';
    for (const rule of file ? PAGE_RULES : ALL_RULES) {
      const match = rule.pattern.exec(text);
      const score = document ? rule.quoted : rule.score;
      if (match && score > 0)
        found = stronger(found, { category: this.category, score, reason: rule.reason, index: match.index });
    }
    const className = JAVA_CLASS.exec(input.text.slice(0, 20_000));
    if (className && !document && !file)
      found = stronger(found, {
        category: this.category,
        score: 5,
        reason: 'call of a class by its full name',
        index: className.index,
      });
    return found;
  }
}
