const HEADERS_END = /\r?\n\r?\n/;
const MAX_HEADERS = 16_384;

/**
 * Tells the names of the filled fields of a multipart body (RFC 7578) while its bytes pass by. Lenient: whatever some parser
 * may take for a field is one. Holds no more than the headers of one part.
 */
export class MultipartScanner {
  private readonly delimiter: Buffer;
  private pending: Buffer = Buffer.alloc(0);
  private state: 'delimiter' | 'headers' | 'value' = 'delimiter';
  private name = '';

  /**
   * @param onFilled called with the name of each field that has at least one byte; of those for which `isWanted` holds
   */
  constructor(
    boundary: string,
    private readonly isWanted: (name: string) => boolean,
    private readonly onFilled: (name: string) => void,
  ) {
    this.delimiter = Buffer.from(`--${boundary}`, 'latin1');
  }

  write(chunk: Buffer): void {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    while (this.advance());
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
    this.pending = pending.subarray(start + delimiter.length);
    this.state = 'headers';
    return true;
  }

  private readHeaders(): boolean {
    const head = this.pending.subarray(0, MAX_HEADERS);
    const next = head.indexOf(this.delimiter);
    const end = HEADERS_END.exec(head.toString('latin1'));
    if (next !== -1 && (end === null || next < end.index)) {
      // A part without an end of its headers has no value.
      this.state = 'delimiter';
      return true;
    }
    if (end === null && this.pending.length < MAX_HEADERS) return false;
    this.name = end === null ? '' : fieldName(head.subarray(0, end.index).toString('utf8'));
    this.pending = this.pending.subarray(end === null ? MAX_HEADERS : end.index + end[0].length);
    this.state = this.isWanted(this.name) ? 'value' : 'delimiter';
    return true;
  }

  private readValue(): boolean {
    const start = this.pending.subarray(0, this.delimiter.length + 2).toString('latin1');
    const delimiter = this.delimiter.toString('latin1');
    const ends = [delimiter, `\n${delimiter}`, `\r\n${delimiter}`];
    const isEmpty = ends.some((end) => start.startsWith(end));
    if (!isEmpty && ends.some((end) => end.startsWith(start))) return false;
    if (!isEmpty) this.onFilled(this.name);
    this.state = 'delimiter';
    return true;
  }
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
