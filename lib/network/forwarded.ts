/** One element of a `Forwarded` header: what one proxy says about the request it received. */
export interface ForwardedElement {
  /** The node the proxy received the request from, as written: an address with or without port, `unknown` or `_obfuscated`. */
  readonly for?: string;
  /** The interface on which the proxy received it. */
  readonly by?: string;
  /** The `Host` it received. */
  readonly host?: string;
  /** The scheme it received it by, in lower case. */
  readonly proto?: string;
}

const WHITE_SPACE = /^[ \t]*$/;

/**
 * The next parameter of an element, RFC 7239 section 4. Values are a token or a quoted string; a bare `host:port` or
 * `[v6]` is not a token, yet widely sent, and cannot be misread.
 */
const PARAMETER = /[ \t]*([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\[^])*)"|([^\s",;=\\]+))[ \t]*(?:;|$)/y;

/**
 * The elements of a `Forwarded` header (RFC 7239), **nearest proxy first**, ending before the first malformed one.
 *
 * The header is read from the right, because the left is what the client may have written: an unbalanced quote there
 * must not swallow the element that our own proxy appended.
 *
 * @example
 * ```ts
 * parseForwarded('for=192.0.2.43, for="[2001:db8::1]:4711";proto=https')[0]; // { for: '[2001:db8::1]:4711', proto: 'https' }
 * ```
 */
export function parseForwarded(header: string, most = Infinity): ForwardedElement[] {
  const elements: ForwardedElement[] = [];
  let end = header.length;
  while (end >= 0 && elements.length < most) {
    const comma = previousComma(header, end);
    const text = header.slice(comma + 1, end);
    end = comma;
    // RFC 9110 section 5.6.1.2: empty list elements are ignored.
    if (WHITE_SPACE.test(text)) continue;
    const element = parseElement(text);
    if (element === undefined) break;
    elements.push(element);
  }
  return elements;
}

/** The position of the last comma before `end` that is not in a quoted string, or -1. */
function previousComma(header: string, end: number): number {
  let quoted = false;
  for (let i = end - 1; i >= 0; i--) {
    const char = header[i];
    if (char === ',' && !quoted) return i;
    if (char === '"' && !(quoted && isEscaped(header, i))) quoted = !quoted;
  }
  return -1;
}

/** Whether an odd number of backslashes stands before `position`. */
function isEscaped(text: string, position: number): boolean {
  let start = position;
  while (start > 0 && text[start - 1] === '\\') start--;
  return (position - start) % 2 === 1;
}

function parseElement(text: string): ForwardedElement | undefined {
  const element: { -readonly [Name in keyof ForwardedElement]: string } = {};
  const seen = new Set<string>();
  let at = 0;
  while (at < text.length) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(text);
    if (match === null) return undefined;
    const name = match[1]!.toLowerCase();
    // Section 4: "Each parameter MUST NOT occur more than once per field-value."
    if (seen.has(name)) return undefined;
    seen.add(name);
    const value = match[3] ?? match[2]!.replace(/\\([^])/g, '$1');
    if (name === 'for' || name === 'by' || name === 'host') element[name] = value;
    else if (name === 'proto') element.proto = value.toLowerCase();
    at = PARAMETER.lastIndex;
  }
  return element;
}

/**
 * The elements of an `X-Forwarded-For` header, **nearest proxy first**, without empty ones and at most `most` of them.
 * Several header lines are one list (RFC 9110 section 5.3); Node joins them with commas.
 */
export function splitForwardedFor(header: string, most = Infinity): string[] {
  const elements: string[] = [];
  let end = header.length;
  while (end > 0 && elements.length < most) {
    const comma = header.lastIndexOf(',', end - 1);
    const element = header.slice(comma + 1, end).trim();
    if (element !== '') elements.push(element);
    end = comma;
  }
  return elements;
}
