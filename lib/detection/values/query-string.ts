import { decodePercent } from '../decoding/percent-decoder';

/** One `name=value` of a query or a form, decoded once, in the order of the text. */
export interface QueryPair {
  readonly name: string;
  readonly value: string;
}

/**
 * Reads a query or an urlencoded form keeping everything that frameworks merge or drop: duplicates, brackets, names
 * without values, keys of `Object.prototype`. At most `limit` pairs.
 */
export function* queryPairs(text: string, limit: number): Generator<QueryPair> {
  let start = 0;
  for (let count = 0; start <= text.length && count < limit; count++) {
    let end = text.indexOf('&', start);
    if (end < 0) end = text.length;
    if (end > start) {
      const equals = text.indexOf('=', start);
      const split = equals >= 0 && equals < end;
      yield {
        name: decode(text.slice(start, split ? equals : end)),
        value: split ? decode(text.slice(equals + 1, end)) : '',
      };
    }
    start = end + 1;
  }
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  return decodePercent(spaced);
}
