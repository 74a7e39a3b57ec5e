/** A header line to write: name and value, both already validated. */
export type HeaderField = readonly [name: string, value: string];

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

// RFC 9110 §5.5: visible characters, space, tab and obs-text, which is what Node writes as latin-1.
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether `text` is an RFC 9110 §5.6.2 token: a header name, a method, an authentication scheme. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Whether Node accepts `text` as a header value: no CR, LF, NUL or other control, nothing beyond latin-1. */
export function isFieldValue(text: string): boolean {
  return FIELD_VALUE.test(text);
}

/**
 * Adds field names to a `Vary` value without repeating any; `*` already says everything and stays alone.
 *
 * @example
 * ```ts
 * appendVary('Accept, Origin', 'origin, Accept-Encoding'); // 'Accept, Origin, Accept-Encoding'
 * ```
 */
export function appendVary(existing: number | string | readonly string[] | undefined, fields: string): string {
  if (existing === undefined || existing === '') return fields;
  const present = splitList(typeof existing === 'object' ? existing.join(',') : String(existing));
  const seen = new Set(present.map((name) => name.toLowerCase()));
  for (const name of splitList(fields)) {
    if (seen.has(name.toLowerCase())) continue;
    seen.add(name.toLowerCase());
    present.push(name);
  }
  return seen.has('*') ? '*' : present.join(', ');
}

/** The members of a comma-separated list (RFC 9110 §5.6.1): white space trimmed, empty members dropped. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
}
