import { isLetter, isSpace } from './characters';

/** An attribute as a browser would read it; the value is not decoded. */
export interface HtmlAttribute {
  readonly name: string;
  readonly value: string;
}

/** A start tag as the tokenizer of the HTML Standard (section 13.2.5) would emit it. */
export interface HtmlTag {
  readonly name: string;
  readonly closing: boolean;
  readonly attributes: readonly HtmlAttribute[];
  readonly start: number;
  readonly end: number;
  /** Whether the `>` is there; an unclosed tag swallows what follows on the page. */
  readonly closed: boolean;
}

const MAX_TAGS = 1000;
const MAX_ATTRIBUTES = 40;
/** How far an unclosed tag is read: a row of `<a` would have all that follows read once per tag. */
const FAR = 2048;
const NEAR = 256;
/** Characters that unclosed tags may have read in vain before each is read no further than `NEAR`. */
const PATIENCE = 16 * FAR;

/** The tags of a text in order, at most {@link MAX_TAGS}, in time that grows with the text alone. */
export function* htmlTags(text: string): Generator<HtmlTag> {
  let patience = PATIENCE;
  let at = text.indexOf('<');
  for (let count = 0; at >= 0 && count < MAX_TAGS; count++) {
    let index = at + 1;
    const closing = text.charCodeAt(index) === 47;
    if (closing) index++;
    // Browsers demand a letter here; filters that strip NULs or blanks first do not.
    while (index < at + 4 && (text.charCodeAt(index) === 0 || (closing && isSpace(text.charCodeAt(index))))) index++;
    if (!isLetter(text.charCodeAt(index)) && text.charCodeAt(index) !== 63 && text.charCodeAt(index) !== 33) {
      at = text.indexOf('<', at + 1);
      continue;
    }
    const tag = readTag(text, at, index, closing, patience > 0 ? FAR : NEAR);
    if (!tag.closed) patience -= tag.end - tag.start;
    yield tag;
    at = text.indexOf('<', Math.max(tag.start + 1, tag.closed ? tag.end - 1 : tag.start + 1));
  }
}

function readTag(text: string, start: number, nameStart: number, closing: boolean, reach: number): HtmlTag {
  let index = nameStart + 1;
  while (index < text.length && index - nameStart < 64 && isTagNameCharacter(text.charCodeAt(index))) index++;
  const name = text.slice(nameStart, index).toLowerCase();
  const attributes: HtmlAttribute[] = [];
  let closed = false;
  const limit = Math.min(text.length, start + reach);
  while (index < limit && attributes.length < MAX_ATTRIBUTES) {
    const code = text.charCodeAt(index);
    if (code === 62) {
      closed = true;
      index++;
      break;
    }
    if (isSpace(code) || code === 47 || code === 0 || code === 34 || code === 39) {
      index++;
      continue;
    }
    const read = readAttribute(text, index, limit);
    attributes.push(read.attribute);
    index = read.end;
  }
  return { name, closing, attributes, start, end: index, closed };
}

function readAttribute(text: string, start: number, limit: number): { attribute: HtmlAttribute; end: number } {
  let index = start + 1;
  while (index < limit && !endsAttributeName(text.charCodeAt(index))) index++;
  const name = text.slice(start, index).toLowerCase();
  let after = index;
  while (after < limit && isSpace(text.charCodeAt(after))) after++;
  if (text.charCodeAt(after) !== 61) return { attribute: { name, value: '' }, end: index };
  after++;
  while (after < limit && isSpace(text.charCodeAt(after))) after++;
  const quote = text.charCodeAt(after);
  if (quote === 34 || quote === 39 || quote === 96) {
    const close = text.indexOf(String.fromCharCode(quote), after + 1);
    const end = close < 0 || close > limit ? limit : close;
    return { attribute: { name, value: text.slice(after + 1, end) }, end: Math.min(end + 1, limit) };
  }
  let end = after;
  while (end < limit && !isSpace(text.charCodeAt(end)) && text.charCodeAt(end) !== 62) end++;
  return { attribute: { name, value: text.slice(after, end) }, end };
}

function isTagNameCharacter(code: number): boolean {
  return !isSpace(code) && code !== 47 && code !== 62 && code !== 60 && code !== 34 && code !== 39 && code !== 61;
}

function endsAttributeName(code: number): boolean {
  return isSpace(code) || code === 47 || code === 62 || code === 61;
}
