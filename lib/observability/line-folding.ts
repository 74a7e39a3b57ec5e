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

  constructor(private readonly capacity = 10_000) {}

  /** Counts a line that was told a moment ago; false when it is new and has to be told now. */
  repeats(line: string): boolean {
    const known = this.lines.get(line);
    if (known !== undefined) known.times++;
    return known !== undefined;
  }

  /** Holds back what repeats a line that is told now. */
  remember(line: string, record: LogRecord): void {
    if (this.lines.size < this.capacity) this.lines.set(line, { record, times: 0 });
  }

  /** Gives what was held back since the last time to `tell`; lines that did not come again are forgotten. */
  *take(tell: (record: LogRecord) => void): Generator<void, void> {
    for (const [line, repetition] of [...this.lines]) {
      const { record, times } = repetition;
      repetition.times = 0;
      if (times === 0) this.lines.delete(line);
      else tell({ ...record, at: new Date(), fields: { ...record.fields, id: undefined, repeated: times } });
      yield;
    }
  }
}
