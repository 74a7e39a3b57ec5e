/** A text that does nothing to a terminal: one line of at most so many characters, control characters spelled out. */
export function printable(text: string, most = Infinity): string {
  const shown = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return shown.replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
