import { StringDecoder } from 'node:string_decoder';
import { LONGEST_BODY, type ReturnPattern } from './return-pattern';

type BodyPattern = Exclude<ReturnPattern, { kind: 'status' }>;

/**
 * Looks for patterns in a body while it goes by. A text is searched for chunk by chunk and costs no memory; for the others
 * the beginning of the body is kept, 64 KB at most.
 */
export class AnswerReader {
  private readonly decoder = new StringDecoder('utf8');
  private readonly found = new Set<BodyPattern>();
  private readonly keeps: boolean;
  private kept = '';
  private tail = '';
  private seen = 0;

  constructor(private readonly patterns: readonly BodyPattern[]) {
    this.keeps = patterns.some(({ kind }) => kind !== 'text');
  }

  /** Nothing more will be looked at. */
  get isFull(): boolean {
    return this.seen >= LONGEST_BODY;
  }

  write(chunk: Uint8Array | string): void {
    const room = LONGEST_BODY - this.seen;
    if (room <= 0) return;
    const part = chunk.length > room ? chunk.slice(0, room) : chunk;
    const text = typeof part === 'string' ? part : this.decoder.write(part);
    this.seen += part.length;
    this.search(text);
    if (this.keeps) this.kept += text;
  }

  /** The patterns that matched what was written. */
  end(): ReadonlySet<BodyPattern> {
    for (const pattern of this.patterns) {
      if (pattern.kind !== 'text' && pattern.test(this.kept)) this.found.add(pattern);
    }
    return this.found;
  }

  private search(chunk: string): void {
    const text = this.tail + chunk;
    let reach = 0;
    for (const pattern of this.patterns) {
      if (pattern.kind !== 'text' || this.found.has(pattern)) continue;
      if (pattern.pattern.test(text)) this.found.add(pattern);
      else reach = Math.max(reach, pattern.reach);
    }
    this.tail = reach === 0 ? '' : text.slice(-reach);
  }
}
