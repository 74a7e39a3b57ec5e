import { CharacterClass } from '../scan/character-classes';
import { scan, TextProfile } from '../scan/prefilter';
import { decodeBase64, decodeEmbeddedBase64 } from './base64-decoder';
import { decodeEntities } from './entity-decoder';
import { decodeEscapes } from './escape-decoder';
import { decodePercent } from './percent-decoder';
import { foldUnicode } from './unicode-folder';
import { decodeUtf7 } from './utf7-decoder';

/** A text and the layers that were removed to reach it, outermost first. */
export interface DecodedForm {
  readonly text: string;
  readonly layers: readonly string[];
}

/** Rounds of decoding and forms per value; a payload in more layers than this reaches no interpreter either. */
const MAX_ROUNDS = 4;
const MAX_FORMS = 6;

const ENCODED =
  CharacterClass.percent |
  CharacterClass.ampersand |
  CharacterClass.backslash |
  CharacterClass.nonAscii |
  CharacterClass.control;

/**
 * The decoded forms of a text, the plain one first. A form is added only when a decoder changed something, so that
 * plain text costs one test of its profile.
 */
export function decodedForms(text: string, profile: TextProfile): readonly DecodedForm[] {
  const forms: DecodedForm[] = [{ text, layers: [] }];
  if (!mayDecode(text, profile)) return forms;
  let current = forms[0] as DecodedForm;
  let classes = profile.classes;
  for (let round = 0; round < MAX_ROUNDS && forms.length < MAX_FORMS; round++) {
    const inner = base64Form(current);
    if (inner && forms.length < MAX_FORMS - 1) {
      forms.push(inner);
      const deeper = peel(inner, ENCODED);
      if (deeper) forms.push(deeper);
    }
    const peeled = peel(current, classes);
    if (!peeled) break;
    forms.push(peeled);
    current = peeled;
    const peeledProfile = new TextProfile();
    scan(peeled.text, peeledProfile);
    classes = peeledProfile.classes;
  }
  const spaced = plusAsSpace(current);
  if (spaced) forms.push(spaced);
  return forms;
}

/** Whether a decoder could change anything. */
export function mayDecode(text: string, profile: TextProfile): boolean {
  return profile.has(ENCODED | CharacterClass.plus) || mayHoldBase64(text, profile);
}

/** One layer of each kind, outermost first. */
function peel(form: DecodedForm, classes: number): DecodedForm | undefined {
  let text = form.text;
  const layers: string[] = [];
  const apply = (layer: string, decode: (input: string) => string): void => {
    const decoded = decode(text);
    if (decoded !== text) {
      text = decoded;
      layers.push(layer);
    }
  };
  if (classes & CharacterClass.percent) apply('percent', decodePercent);
  if (classes & CharacterClass.ampersand) apply('html', decodeEntities);
  if (classes & CharacterClass.backslash) apply('escape', decodeEscapes);
  if (classes & (CharacterClass.nonAscii | CharacterClass.control)) apply('unicode', foldUnicode);
  if (text.includes('+AD') || text.includes('+AC')) apply('utf-7', decodeUtf7);
  return layers.length > 0 ? { text, layers: [...form.layers, ...layers] } : undefined;
}

const QUOTES = CharacterClass.singleQuote | CharacterClass.doubleQuote;
const BRACKETS = CharacterClass.brace | CharacterClass.bracket;

function mayHoldBase64(text: string, profile: TextProfile): boolean {
  // A literal of some language with a text in it that may be encoded.
  if (profile.has(QUOTES) && profile.has(BRACKETS)) return true;
  return text.length >= 8 && !profile.has(CharacterClass.blank | CharacterClass.lineBreak) && text.length <= 16_384;
}

function base64Form(form: DecodedForm): DecodedForm | undefined {
  const whole = decodeBase64(form.text);
  if (whole !== undefined) return { text: whole, layers: [...form.layers, 'base64'] };
  const marked =
    form.text.includes('base64,') || form.text.includes('"') || form.text.includes('[') || form.text.includes("'");
  const embedded = marked ? decodeEmbeddedBase64(form.text) : undefined;
  return embedded === undefined ? undefined : { text: embedded, layers: [...form.layers, 'base64'] };
}

/** `select+sleep(8)`: the spaces of a form that was encoded once more than it was decoded. */
function plusAsSpace(form: DecodedForm): DecodedForm | undefined {
  const { text } = form;
  if (!text.includes('+') || text.includes(' ') || text.length > 4096) return undefined;
  return { text: text.replaceAll('+', ' '), layers: [...form.layers, 'form'] };
}
