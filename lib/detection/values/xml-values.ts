import { decodeEntities } from '../decoding/entity-decoder';

/** A text or an attribute of an XML document. */
export interface XmlValue {
  readonly name: string;
  readonly text: string;
}

const MAX_VALUES = 20_000;

/** Attribute values, texts, comments and CDATA of an XML document, entities resolved, in document order. Never fails. */
export function* xmlValues(text: string): Generator<XmlValue> {
  let index = 0;
  let element = '';
  for (let count = 0; index < text.length && count < MAX_VALUES;) {
    const open = text.indexOf('<', index);
    const content = text.slice(index, open < 0 ? text.length : open).trim();
    if (content !== '') {
      count++;
      yield { name: element, text: decodeEntities(content) };
    }
    if (open < 0) return;
    if (text.startsWith('<![CDATA[', open)) {
      const close = text.indexOf(']]>', open);
      const end = close < 0 ? text.length : close;
      yield { name: element, text: text.slice(open + 9, end) };
      index = end + 3;
    } else {
      const end = tagEnd(text, open);
      const tag = text.slice(open + 1, end);
      element = /^[\w:.-]{1,80}/.exec(tag)?.[0] ?? element;
      for (const match of tag.matchAll(/([\w:.-]{1,80})\s{0,8}=\s{0,8}(?:"([^"]*)"|'([^']*)')/g)) {
        count++;
        const name = match[1] ?? '';
        if (!name.startsWith('xmlns') && !name.endsWith('schemaLocation'))
          yield { name, text: decodeEntities(match[2] ?? match[3] ?? '') };
      }
      index = end + 1;
    }
    count++;
  }
}

/** The `>` that ends a tag, not one inside a quoted attribute. */
function tagEnd(text: string, open: number): number {
  let quote = 0;
  const limit = Math.min(text.length, open + 20_000);
  for (let index = open + 1; index < limit; index++) {
    const code = text.charCodeAt(index);
    if (quote !== 0) {
      if (code === quote) quote = 0;
    } else if (code === 34 || code === 39) quote = code;
    else if (code === 62) return index;
  }
  const close = text.indexOf('>', open);
  return close < 0 ? text.length : close;
}
