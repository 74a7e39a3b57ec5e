import { isDigit, isLetter } from '../grammar/characters';

/** Shortest run worth decoding, and the longest that is. */
const SHORTEST = 8;
const LONGEST = 16_384;
/** U+FFFD as it is when somebody encoded it on purpose. */
const REPLACEMENT = Buffer.from('\ufffd');

/** The text behind a value that is base64 as a whole (RFC 4648, either alphabet), if it decodes to readable text. */
export function decodeBase64(text: string): string | undefined {
  if (text.length < SHORTEST || text.length > LONGEST || !startsReadable(text.charCodeAt(0) <= 32 ? text.trim() : text))
    return undefined;
  const trimmed = text.trim();
  return trimmed.length >= SHORTEST && isBase64(trimmed, 0, trimmed.length) ? readable(trimmed) : undefined;
}

const SEXTET: Int8Array = (() => {
  const table = new Int8Array(128).fill(-1);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  for (let index = 0; index < alphabet.length; index++) table[alphabet.charCodeAt(index)] = index;
  table[45] = 62;
  table[95] = 63;
  return table;
})();

/** The first six bytes tell random tokens from text (chance 1 : 300) without decoding the rest. */
function startsReadable(text: string): boolean {
  for (let group = 0; group < 8; group += 4) {
    let bits = 0;
    for (let offset = 0; offset < 4; offset++) {
      const code = text.charCodeAt(group + offset);
      const sextet = code < 128 ? (SEXTET[code] as number) : -1;
      if (sextet < 0) return group > 0 && code === 61;
      bits = (bits << 6) | sextet;
    }
    if (!isReadable(bits >> 16) || !isReadable((bits >> 8) & 255) || !isReadable(bits & 255)) return false;
  }
  return true;
}

function isReadable(byte: number): boolean {
  return (byte >= 32 && byte < 127) || (byte >= 9 && byte <= 13);
}

/** The text behind base64 runs inside a short value, after `base64,` or between quotes. */
export function decodeEmbeddedBase64(text: string): string | undefined {
  if (text.length > 4096) return undefined;
  const found: string[] = [];
  let index = 0;
  while (index < text.length && found.length < 4) {
    if (!isAlphabet(text.charCodeAt(index))) {
      index++;
      continue;
    }
    let end = index;
    while (end < text.length && isAlphabet(text.charCodeAt(end))) end++;
    while (end < text.length && text.charCodeAt(end) === 61) end++;
    if (end - index >= 16 && isDelimiter(text.charCodeAt(index - 1)) && startsReadable(text.slice(index, index + 8))) {
      const decoded = readable(text.slice(index, end));
      if (decoded !== undefined) found.push(decoded);
    }
    index = end + 1;
  }
  return found.length > 0 ? found.join('\n') : undefined;
}

function isDelimiter(code: number): boolean {
  return code === 34 || code === 39 || code === 44 || code === 61 || code === 40 || code === 91;
}

function isBase64(text: string, start: number, end: number): boolean {
  let index = start;
  while (index < end && isAlphabet(text.charCodeAt(index))) index++;
  const body = index - start;
  while (index < end && text.charCodeAt(index) === 61) index++;
  return index === end && body % 4 !== 1 && end - start - body <= 2;
}

function isAlphabet(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === 43 || code === 47 || code === 45 || code === 95;
}

/** Random bytes almost never decode to printable text throughout; a payload does. */
function readable(encoded: string): string | undefined {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length < 6) return undefined;
  let printable = 0;
  for (const byte of bytes) if (isReadable(byte)) printable++;
  if (printable >= bytes.length * 0.95) return bytes.toString('latin1');
  const text = printable >= bytes.length * 0.3 ? bytes.toString('utf8') : '\ufffd';
  return text.includes('\ufffd') && !bytes.includes(REPLACEMENT) ? undefined : text;
}
