/** Bytes of the headers of one part. */
const MAX_HEADERS = 16_384;
const NOTHING = Buffer.allocUnsafeSlow(0);

/**
 * Tells the names of the filled fields of a multipart body (RFC 7578) while its bytes pass by. Lenient: whatever some parser
 * may take for a field is one. Holds no more than the headers of one part.
 */
export class MultipartScanner {
  private readonly delimiter: Buffer;
  private pending: Buffer = NOTHING;
  private store: Buffer = NOTHING;
  private state: 'delimiter' | 'headers' | 'value' = 'delimiter';
  private name = '';
  private searched = 0;

  /**
   * @param onFilled called with the name of each wanted field that has at least one byte, and with `''` for a part whose
   * headers are too long to be read
   */
  constructor(
    boundary: string,
    private readonly isWanted: (name: string) => boolean,
    private readonly onFilled: (name: string) => void,
  ) {
    this.delimiter = Buffer.from(`--${boundary}`, 'latin1');
  }

  write(chunk: Buffer): void {
    this.pending = this.pending.length === 0 ? chunk : this.append(chunk);
    while (this.advance());
  }

  /** Joins what is pending with a chunk, in a store with room to spare: many small chunks are not copied again and again. */
  private append(chunk: Buffer): Buffer {
    const { pending } = this;
    const length = pending.length + chunk.length;
    let start = pending.byteOffset;
    if (pending.buffer !== this.store.buffer || start + length > this.store.length) {
      start = 0;
      this.store = Buffer.allocUnsafeSlow(2 * length);
      pending.copy(this.store);
    }
    chunk.copy(this.store, start + pending.length);
    return this.store.subarray(start, start + length);
  }

  /** One step; false when it takes more bytes to tell. */
  private advance(): boolean {
    switch (this.state) {
      case 'delimiter':
        return this.findDelimiter();
      case 'headers':
        return this.readHeaders();
      case 'value':
        return this.readValue();
    }
  }

  private findDelimiter(): boolean {
    const { pending, delimiter } = this;
    const start = pending.indexOf(delimiter);
    if (start === -1) {
      // The beginning of a delimiter may be at the end of the chunk.
      this.pending = pending.subarray(Math.max(0, pending.length - delimiter.length + 1));
      return false;
    }
    return this.enter('headers', start + delimiter.length);
  }

  private readHeaders(): boolean {
    const { pending, delimiter } = this;
    // What was searched before is not searched again: bodies may arrive byte by byte.
    const next = pending.indexOf(delimiter, Math.max(0, this.searched - delimiter.length));
    const end = blankLine(pending, Math.max(0, this.searched - 2));
    this.searched = pending.length;
    if (next !== -1 && (end === undefined || next < end.start)) return this.enter('delimiter', 0);
    if (end === undefined && pending.length < MAX_HEADERS) return false;
    if (end === undefined) {
      // No form has such headers; a parser that is more patient than this one could find a name in them.
      this.onFilled('');
      return this.enter('delimiter', 0);
    }
    this.name = fieldName(pending.subarray(0, end.start).toString('utf8'));
    return this.enter(this.isWanted(this.name) ? 'value' : 'delimiter', end.stop);
  }

  private readValue(): boolean {
    const start = this.pending.subarray(0, this.delimiter.length + 2).toString('latin1');
    const delimiter = this.delimiter.toString('latin1');
    const ends = [delimiter, `\n${delimiter}`, `\r\n${delimiter}`];
    const isEmpty = ends.some((end) => start.startsWith(end));
    if (!isEmpty && ends.some((end) => end.startsWith(start))) return false;
    if (!isEmpty) this.onFilled(this.name);
    return this.enter('delimiter', 0);
  }

  private enter(state: MultipartScanner['state'], from: number): true {
    this.state = state;
    this.pending = this.pending.subarray(from);
    this.searched = 0;
    return true;
  }
}

/** Where the first blank line begins and ends, with line ends of either kind. */
function blankLine(bytes: Buffer, from: number): { start: number; stop: number } | undefined {
  const ends = ['\n\r\n', '\n\n'].map((end) => ({ start: bytes.indexOf(end, from), length: end.length }));
  const [first] = ends.filter(({ start }) => start !== -1).sort((a, b) => a.start - b.start);
  return first === undefined ? undefined : { start: first.start, stop: first.start + first.length };
}

/** The `name` of a `Content-Disposition`; of an extended one (RFC 8187) decoded. */
function fieldName(headers: string): string {
  const match = /[;\s]name(\*?)\s*=\s*(?:"((?:[^"\\]|\\[^])*)"|([^;\s]*))/i.exec(headers);
  if (match === null) return '';
  const name = (match[2] ?? match[3]!).replace(/\\([^])/g, '$1');
  if (match[1] === '') return name;
  try {
    return decodeURIComponent(name.replace(/^[^']*'[^']*'/, ''));
  } catch {
    return name;
  }
}
