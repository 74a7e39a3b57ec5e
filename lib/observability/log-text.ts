/** No value takes more of a line, escapes included. */
export const LONGEST_VALUE = 256;

/** What shows as it is: no control character, no separator, nothing invisible and nothing that changes the direction. */
const PLAIN = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/;

// JSON escapes C0 and quotes; C1 controls, line separators, and invisible or bidirectional marks can forge lines or hide
// text, too.
const HIDDEN = /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Text from anywhere as one quoted, single-line value of a log line; also a JSON string. */
export function quote(text: string, longest = LONGEST_VALUE): string {
  return `"${escape(text, longest)}"`;
}

/** The inside of {@link quote}: at most `longest` characters, a cut one ends with an ellipsis. */
function escape(text: string, longest: number): string {
  if (text.length <= longest && PLAIN.test(text)) return text;
  const whole = escapeAll(text.slice(0, longest + 1));
  if (text.length <= longest && whole.length <= longest) return whole;
  let cut = '';
  for (const character of text.slice(0, longest)) {
    const escaped = escapeAll(character);
    if (cut.length + escaped.length >= longest) break;
    cut += escaped;
  }
  return `${cut}…`;
}

function escapeAll(text: string): string {
  return escapeHidden(JSON.stringify(text).slice(1, -1));
}

/** Escapes what JSON leaves as it is and a terminal does not show. */
export function escapeHidden(json: string): string {
  return json.replace(HIDDEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
