import { hexValue } from '../grammar/characters';

/** Undoes the escapes of JavaScript strings: `\x3c`, `\u003c`, `\u{3c}`, `\74` and CSS-like `\00003c`. */
export function decodeEscapes(text: string): string {
  let at = text.indexOf('\\');
  if (at < 0) return text;
  const parts: string[] = [];
  let copied = 0;
  while (at >= 0) {
    const escape = read(text, at);
    if (escape) {
      parts.push(text.slice(copied, at), String.fromCodePoint(escape.code));
      copied = escape.end;
      at = text.indexOf('\\', copied);
    } else {
      at = text.indexOf('\\', at + 1);
    }
  }
  if (copied === 0) return text;
  parts.push(text.slice(copied));
  return parts.join('');
}

function read(text: string, at: number): { code: number; end: number } | undefined {
  const kind = text.charCodeAt(at + 1);
  if (kind === 120) return hex(text, at + 2, 2, 2);
  if (kind === 117) {
    if (text.charCodeAt(at + 2) !== 123) return hex(text, at + 2, 4, 4);
    const braced = hex(text, at + 3, 1, 6);
    return braced && text.charCodeAt(braced.end) === 125 ? { code: braced.code, end: braced.end + 1 } : undefined;
  }
  if (kind >= 48 && kind <= 55) return octal(text, at + 1);
  return undefined;
}

function hex(text: string, start: number, least: number, most: number): { code: number; end: number } | undefined {
  let code = 0;
  let end = start;
  while (end - start < most) {
    const digit = hexValue(text.charCodeAt(end));
    if (Number.isNaN(digit) || digit < 0) break;
    code = code * 16 + digit;
    end++;
  }
  return end - start < least || code > 0x10ffff ? undefined : { code, end };
}

/** Two or three octal digits that make a printable character; `\0` and `\1` are back references too often. */
function octal(text: string, start: number): { code: number; end: number } | undefined {
  let code = 0;
  let end = start;
  while (end - start < 3 && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 55) {
    code = code * 8 + text.charCodeAt(end) - 48;
    end++;
  }
  return end - start >= 2 && code >= 32 && code < 127 ? { code, end } : undefined;
}
