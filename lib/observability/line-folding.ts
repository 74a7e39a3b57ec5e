import type { LogRecord } from './log-line';

interface Repetition {
  readonly record: LogRecord;
  times: number;
}

/**
 * Tells repeated lines once: the first of its kind at once, and how often it came again when it is asked. Bounded: beyond
 * its capacity lines are not folded.
 */
export class LineFolding {
  private readonly lines = new Map<string, Repetition>();

  constructor(private readonly capacity = 1000) {}

  /** Whether a line is new and is to be written now. */
  isNew(line: string, record: LogRecord): boolean {
    const known = this.lines.get(line);
    if (known !== undefined) {
      known.times++;
      return false;
    }
    if (this.lines.size < this.capacity) this.lines.set(line, { record, times: 0 });
    return true;
  }

  /** What was held back since the last time; lines that did not come again are forgotten. */
  take(): LogRecord[] {
    const repeated: LogRecord[] = [];
    for (const [line, repetition] of this.lines) {
      const { record, times } = repetition;
      if (times === 0) this.lines.delete(line);
      else repeated.push({ ...record, at: new Date(), fields: { ...record.fields, id: undefined, repeated: times } });
      repetition.times = 0;
    }
    return repeated;
  }
}
