import { type ValueSource } from './detection.types';
import { type InspectedText } from './detectors/detector';
import { type TextProfile } from './scan/prefilter';

/** Where a value was found: a chain of keys, spelled out only when a threat is reported. */
export interface Place {
  readonly parent: Place | undefined;
  readonly key: string | number;
}

/** `body.items[2].name` */
export function spellPlace(place: Place): string {
  const keys: (string | number)[] = [];
  for (let at: Place | undefined = place; at; at = at.parent) keys.push(at.key);
  let path = '';
  for (const key of keys.reverse().slice(0, 80)) {
    path += typeof key === 'number' ? `[${key}]` : path === '' ? key : `.${key}`;
  }
  return path.length > 200 ? `${path.slice(0, 200)}…` : path;
}

/** One decoded form of a value; folds its case only for detectors that ask. */
export class InspectedValue implements InspectedText {
  private folded: string | undefined;

  constructor(
    readonly text: string,
    readonly profile: TextProfile,
    readonly source: ValueSource,
    readonly name: string,
    readonly path: string,
    readonly isName: boolean,
    readonly document: boolean,
    readonly layers: readonly string[],
  ) {}

  get lower(): string {
    // The Kelvin sign and dotted capital I change length or meaning when folded by Unicode rules; positions must stay.
    this.folded ??=
      this.text.toLowerCase().length === this.text.length ? this.text.toLowerCase() : foldAscii(this.text);
    return this.folded;
  }
}

function foldAscii(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
