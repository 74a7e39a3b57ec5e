/** At most 120 characters around the evidence, with control characters spelled out. */
export function excerptOf(text: string, index: number): string {
  const start = Math.max(0, index - 20);
  return text
    .slice(start, start + 120)
    .replaceAll(
      /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}
