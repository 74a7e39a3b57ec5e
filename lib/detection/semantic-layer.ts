import { type InspectedText } from './detectors/detector';
import { CharacterClass } from './scan/character-classes';
import { Hint } from './scan/prefilter';

/**
 * How much a text hides what it says, from 0 to 1. Four independent observations, each worth a share: layers of encoding,
 * density of marks, a mixture of grammars, and letters in unusual case or spelling. It is only asked about values in which
 * a detector already found something, and then turns a doubt into a refusal.
 */
export function judgeObfuscation(input: InspectedText): number {
  const layers = Math.min(1, input.layers.filter((layer) => layer !== 'form').length / 3);
  const marks = Math.min(1, markDensity(input.text) / 0.35);
  const grammars = Math.min(1, countGrammars(input) / 4);
  const alternation = caseAlternation(input.text);
  return Math.min(1, 0.4 * layers + 0.3 * marks + 0.25 * grammars + 0.25 * alternation);
}

function markDensity(text: string): number {
  const length = Math.min(text.length, 500);
  let marks = 0;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if ((code > 32 && code < 48) || (code > 57 && code < 65) || (code > 90 && code < 97) || (code > 122 && code < 127))
      marks++;
  }
  return length === 0 ? 0 : marks / length;
}

function countGrammars({ profile }: InspectedText): number {
  let count = 0;
  if (profile.hasAll(CharacterClass.lessThan | CharacterClass.greaterThan)) count++;
  if (profile.has(CharacterClass.singleQuote | CharacterClass.doubleQuote) && profile.hintsAt(Hint.sql)) count++;
  if (
    profile.hasAll(CharacterClass.dollar | CharacterClass.brace) ||
    profile.hasAll(CharacterClass.dollar | CharacterClass.parenthesis)
  )
    count++;
  if (profile.has(CharacterClass.backtick | CharacterClass.pipe)) count++;
  if (profile.hintsAt(Hint.traversal)) count++;
  if (profile.has(CharacterClass.control)) count++;
  return count;
}

/** `SeLeCt`: letters that change case more often than words do. */
function caseAlternation(text: string): number {
  const length = Math.min(text.length, 500);
  let changes = 0;
  let letters = 0;
  let previous = 0;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    const kind = code >= 97 && code <= 122 ? 1 : code >= 65 && code <= 90 ? 2 : 0;
    if (kind !== 0) {
      letters++;
      if (previous !== 0 && kind !== previous) changes++;
    }
    previous = kind;
  }
  return letters < 6 ? 0 : Math.min(1, Math.max(0, changes / letters - 0.2) / 0.3);
}
