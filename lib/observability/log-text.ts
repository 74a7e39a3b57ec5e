// JSON escapes C0 and quotes; C1 controls, line separators and bidirectional overrides can forge lines or hide text, too.
/** Text from anywhere as one quoted, single-line value of a log line. */
export function quote(text: string): string {
  const short = text.length > 256 ? `${text.slice(0, 255)}…` : text;
  return JSON.stringify(short).replace(
    /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
