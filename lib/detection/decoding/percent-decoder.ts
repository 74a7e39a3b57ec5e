import { hexValue } from '../grammar/characters';

/**
 * Undoes percent encoding leniently, as attackers' targets do: `%u002e`, overlong UTF-8 (`%c0%ae`, RFC 3629 section 3
 * forbids it, old decoders accept it), and broken escapes left as they are. Returns the text itself when nothing changed.
 */
export function decodePercent(text: string): string {
  let at = text.indexOf('%');
  if (at < 0) return text;
  const parts: string[] = [];
  let copied = 0;
  let changed = false;
  while (at >= 0 && at < text.length) {
    const unit = readEscape(text, at);
    if (unit === undefined) {
      at = text.indexOf('%', at + 1);
      continue;
    }
    parts.push(text.slice(copied, at), String.fromCodePoint(unit.code));
    changed = true;
    copied = unit.end;
    at = text.indexOf('%', copied);
  }
  if (!changed) return text;
  parts.push(text.slice(copied));
  return parts.join('');
}

interface Escape {
  readonly code: number;
  readonly end: number;
}

function readEscape(text: string, at: number): Escape | undefined {
  if ((text.charCodeAt(at + 1) | 32) === 117) {
    const code = hexAt(text, at + 2, 4);
    return code < 0 ? undefined : { code, end: at + 6 };
  }
  const first = hexAt(text, at + 1, 2);
  if (first < 0) return undefined;
  if (first < 0x80) return { code: first, end: at + 3 };
  return readMultibyte(text, at, first) ?? { code: first, end: at + 3 };
}

/** Follows the lead byte without the checks of RFC 3629, so that overlong forms yield the character that they hide. */
function readMultibyte(text: string, at: number, first: number): Escape | undefined {
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
  if (length === 0) return undefined;
  let code = first & (0xff >> (length + 1));
  let end = at + 3;
  for (let follower = 1; follower < length; follower++) {
    const byte = text.charCodeAt(end) === 37 ? hexAt(text, end + 1, 2) : -1;
    // Decoders that give up on a broken sequence keep its second byte: `%c0%2e` is a dot to them.
    if (byte >= 0 && byte < 0x80 && first <= 0xc1) return { code: byte, end: end + 3 };
    if (byte < 0x80 || byte > 0xbf) return undefined;
    code = (code << 6) | (byte & 0x3f);
    end += 3;
  }
  return code > 0x10ffff ? undefined : { code, end };
}

function hexAt(text: string, index: number, digits: number): number {
  let value = 0;
  for (let offset = 0; offset < digits; offset++) {
    const digit = hexValue(text.charCodeAt(index + offset));
    if (digit < 0 || Number.isNaN(digit)) return -1;
    value = value * 16 + digit;
  }
  return value;
}
