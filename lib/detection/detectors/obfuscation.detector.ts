import { hexValue, isLetter, isWord } from '../grammar/characters';
import { CharacterClass } from '../scan/character-classes';
import { type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText } from './detector';

/**
 * Plain ASCII letters written as escapes. Serializers escape what needs it, never `a`; only somebody who hides a word
 * from a filter does.
 */
export class ObfuscationDetector implements Detector {
  readonly name = 'obfuscation';
  readonly category = 'code_injection' as const;

  concerns(profile: TextProfile): boolean {
    return profile.has(CharacterClass.backslash | CharacterClass.percent);
  }

  inspect({ text, document, isName }: InspectedText): Finding | undefined {
    if (document || isName) return undefined;
    let escaped = 0;
    let joined = 0;
    let covered = 0;
    let first = -1;
    for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at + 1)) {
      const length = escapedLetter(text, at);
      if (length === 0) continue;
      if (first < 0) first = at;
      escaped++;
      covered += length;
      if (isLetter(text.charCodeAt(at + length)) || (at > 0 && isWord(text.charCodeAt(at - 1)))) joined++;
    }
    if (escaped >= 6 && covered >= text.length * 0.5) return this.finding(5, 'letters written as escapes', first);
    if (joined >= 2 && escaped >= 3) return this.finding(5, 'words partly written as escapes', first);
    return undefined;
  }

  private finding(score: number, reason: string, index: number): Finding {
    return { category: this.category, score, reason, index };
  }
}

/** Length of an escape of an ASCII letter at `at`: `\x61`, `\u0061`, `\u{61}`; 0 when there is none. */
function escapedLetter(text: string, at: number): number {
  const kind = text.charCodeAt(at + 1);
  if (kind === 120) return isLetter(hex(text, at + 2, 2)) ? 4 : 0;
  if (kind !== 117) return 0;
  if (text.charCodeAt(at + 2) === 123) {
    const close = text.indexOf('}', at);
    return close > 0 && close - at < 10 && isLetter(hex(text, at + 3, close - at - 3)) ? close - at + 1 : 0;
  }
  return isLetter(hex(text, at + 2, 4)) ? 6 : 0;
}

function hex(text: string, start: number, digits: number): number {
  let value = 0;
  for (let index = start; index < start + digits; index++) {
    const digit = hexValue(text.charCodeAt(index));
    if (!(digit >= 0)) return -1;
    value = value * 16 + digit;
  }
  return value > 127 ? -1 : value;
}
