const CAPACITY = 2048;
const LONGEST = 512;

/**
 * Texts that were inspected and hold nothing: header values, field names and paths come back with every request. Bounded;
 * when full it starts anew, which costs an inspection and nothing else.
 */
export class CleanTexts {
  private readonly texts = new Set<string>();

  has(text: string): boolean {
    return text.length <= LONGEST && this.texts.has(text);
  }

  add(text: string): void {
    if (text.length > LONGEST) return;
    if (this.texts.size >= CAPACITY) this.texts.clear();
    this.texts.add(text);
  }

  clear(): void {
    this.texts.clear();
  }
}
