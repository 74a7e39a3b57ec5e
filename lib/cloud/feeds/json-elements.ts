import { FeedRejected } from './feed';

/** The largest element of a published feed, Azure's tag of the whole cloud, has some 300 KB. */
const MAX_ELEMENT = 1024 * 1024;

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

export type JsonElement = readonly [key: string, value: unknown];

/**
 * Cuts a JSON object that arrives in pieces into the elements of its members: every entry of a member that is a list,
 * or the member itself. Only one element is in memory at a time, and parsing it never takes long.
 */
export class JsonElements {
  private depth = 0;
  private inString = false;
  private escaped = false;
  private inList = false;
  private complete = false;
  private key?: string;
  /** What was read of the element, or of the key, that is under way. */
  private text = '';
  private found: JsonElement[] = [];

  /** @throws FeedRejected when the text is no JSON object or has an element beyond 1 MB. */
  write(piece: string): readonly JsonElement[] {
    this.found = [];
    let from = 0;
    const take = (end: number) => {
      const text = this.text + piece.slice(from, end);
      this.text = '';
      from = end + 1;
      return text;
    };
    for (let i = 0; i < piece.length; i++) {
      const code = piece.charCodeAt(i);
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (code === BACKSLASH) this.escaped = true;
        else if (code === QUOTE) this.inString = false;
        continue;
      }
      if (this.depth === 0) {
        if (code <= 32) continue;
        this.open(code, piece.charAt(i));
        from = i + 1;
        continue;
      }
      switch (code) {
        case QUOTE:
          this.inString = true;
          break;
        case COLON:
          if (this.depth === 1) this.key = parse(take(i)) as string;
          break;
        case COMMA:
          if (this.depth === (this.inList ? 2 : 1)) this.emit(take(i));
          break;
        case OPEN_OBJECT:
        case OPEN_LIST:
          this.depth++;
          if (this.depth === 2 && code === OPEN_LIST && this.isBlank(piece, from, i)) {
            this.inList = true;
            take(i);
          }
          break;
        case CLOSE_LIST:
          if (this.depth === 2 && this.inList) {
            this.emit(take(i));
            this.inList = false;
            this.key = undefined;
          }
          this.depth--;
          break;
        case CLOSE_OBJECT:
          if (this.depth === 1) {
            this.emit(take(i));
            this.complete = true;
          }
          this.depth--;
          break;
      }
    }
    if (this.depth > 0) this.text += piece.slice(from);
    if (this.text.length > MAX_ELEMENT) throw new FeedRejected('it has an element of more than 1 MB');
    return this.found;
  }

  end(): void {
    if (!this.complete) throw new FeedRejected('it ends in the middle');
  }

  private open(code: number, character: string): void {
    if (code === OPEN_OBJECT && !this.complete) {
      this.depth = 1;
      return;
    }
    throw new FeedRejected(character === '<' ? 'it is HTML, not JSON' : 'it is not a JSON object');
  }

  private isBlank(piece: string, from: number, end: number): boolean {
    return this.text.trim() === '' && piece.slice(from, end).trim() === '';
  }

  private emit(text: string): void {
    if (text.trim() === '') return;
    if (this.key === undefined) throw new FeedRejected('it is not valid JSON');
    this.found.push([this.key, parse(text)]);
    if (!this.inList) this.key = undefined;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FeedRejected('it is not valid JSON');
  }
}
