import { type MultipartPart, readPartHeaders } from './multipart-parts';

/** Bytes of a header block, of a file's content and of each end of a long field that are kept. */
const MAX_HEADERS = 16_384;
const FILE_HEAD = 8192;
const FIELD_END = 32_768;
const MAX_PARTS = 2000;

/** A part as far as it was kept. */
export interface StreamedPart extends MultipartPart {
  /** Whether the middle of a long field was left out. */
  readonly shortened: boolean;
}

/**
 * Reads a multipart body (RFC 7578) chunk by chunk while somebody else consumes it, in bounded memory. A file is shown
 * twice: by its name as soon as its headers are there, and with the head of its content.
 */
export class MultipartStream {
  private readonly delimiter: Buffer;
  private pending: Buffer = Buffer.from('\r\n');
  private state: 'preamble' | 'headers' | 'content' | 'over' = 'preamble';
  private headers: Omit<MultipartPart, 'content'> = { name: '' };
  private head: Buffer[] = [];
  private headLength = 0;
  private tail: Buffer = Buffer.alloc(0);
  private shown = false;
  private dropped = false;
  private parts = 0;

  constructor(
    boundary: string,
    private readonly show: (part: StreamedPart) => void,
  ) {
    this.delimiter = Buffer.from(`\r\n--${boundary}`);
  }

  write(chunk: Buffer): void {
    if (this.state === 'over') return;
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    while (this.step());
  }

  /** Does one thing; false when more bytes are needed. */
  private step(): boolean {
    switch (this.state) {
      case 'preamble':
      case 'content':
        return this.readContent();
      case 'headers':
        return this.readHeaders();
      default:
        return false;
    }
  }

  private readContent(): boolean {
    const at = this.pending.indexOf(this.delimiter);
    const end = at >= 0 ? at : Math.max(0, this.pending.length - this.delimiter.length + 1);
    if (this.state === 'content') this.keep(this.pending.subarray(0, end));
    this.pending = this.pending.subarray(at >= 0 ? at + this.delimiter.length : end);
    if (at < 0) return false;
    if (this.state === 'content') this.finish();
    this.state = 'headers';
    return true;
  }

  private readHeaders(): boolean {
    if (this.pending.length < 2) return false;
    if ((this.pending[0] === 45 && this.pending[1] === 45) || ++this.parts > MAX_PARTS) {
      this.state = 'over';
      this.pending = Buffer.alloc(0);
      return false;
    }
    const blank = this.pending.indexOf('\r\n\r\n');
    if (blank < 0) {
      this.parts--;
      if (this.pending.length > MAX_HEADERS) this.state = 'over';
      return false;
    }
    this.headers = readPartHeaders(this.pending.subarray(0, Math.min(blank, MAX_HEADERS)).toString('utf8'));
    this.pending = this.pending.subarray(blank + 2);
    this.state = 'content';
    this.head = [];
    this.headLength = 0;
    this.tail = Buffer.alloc(0);
    this.shown = false;
    this.dropped = false;
    if (this.headers.filename !== undefined) this.show({ ...this.headers, content: '', shortened: false });
    return true;
  }

  private keep(bytes: Buffer): void {
    if (bytes.length === 0 || this.shown) return;
    const room = (this.isFile ? FILE_HEAD : FIELD_END) - this.headLength;
    const kept = bytes.subarray(0, Math.max(0, room));
    if (kept.length > 0) {
      this.head.push(Buffer.from(kept));
      this.headLength += kept.length;
    }
    if (kept.length === bytes.length) return;
    if (this.isFile) this.finish();
    else this.keepTail(bytes.subarray(kept.length));
  }

  private keepTail(bytes: Buffer): void {
    const joined = Buffer.concat([this.tail, bytes]);
    this.dropped ||= joined.length > FIELD_END;
    this.tail = joined.subarray(Math.max(0, joined.length - FIELD_END));
  }

  private finish(): void {
    if (this.shown) return;
    this.shown = true;
    // The line break that ends the headers was left for the delimiter of an empty part.
    const content = Buffer.concat([...this.head, this.tail])
      .toString('utf8')
      .replace(/^\r\n/, '');
    this.show({ ...this.headers, content, shortened: this.dropped });
  }

  private get isFile(): boolean {
    return this.headers.filename !== undefined;
  }
}
