import { Inject, Injectable, Logger } from '@nestjs/common';
import { GuardConfigError } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { counted } from './counted';
import { LineFolding } from './line-folding';
import { LogFile } from './log-file';
import { LOGGER_METHODS, type LogLevel } from './log-level';
import { jsonLine, type LogFields, type LogRecord, textLine } from './log-line';

/** Milliseconds for which repeated lines are held back. */
const FOLDING_TIME = 10_000;

/** What differs between two lines that say the same. */
type Folding = 'folded' | 'every line';

/** Writes one line per event: through Nest's logger, and to `customLogFile`. Never throws and never waits. */
@Injectable()
export class GuardLog {
  private readonly logger = new Logger('NestapiGuard');
  private readonly config: GuardConfig;
  private readonly folding = new LineFolding();
  private readonly timer: NodeJS.Timeout;
  private readonly file: LogFile | undefined;
  private readonly reopenFile = () => this.file?.reopen();

  constructor(@Inject(LiveConfig) live: LiveConfig) {
    this.config = live.current;
    const { customLogFile: path } = live.current;
    this.file = path === undefined ? undefined : new LogFile(path, this.fileListener(path));
    // Without a file the signal keeps its usual meaning, to end the process.
    if (this.file !== undefined) process.on('SIGHUP', this.reopenFile);
    live.onPrepare((next) => rejectMove(path, next));
    this.timer = setInterval(() => this.tend(), FOLDING_TIME).unref();
  }

  /**
   * @param level null writes nothing.
   * @param folding whether a line that was written a moment ago is only counted.
   */
  write(level: LogLevel | null, event: string, fields: LogFields, folding: Folding = 'folded'): void {
    if (level === null) return;
    const record: LogRecord = { at: new Date(), level, event, fields };
    if (folding === 'every line' || this.folding.isNew(sameness(record), record)) this.put(record);
  }

  /** Tells what was held back, and closes the file. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    process.off('SIGHUP', this.reopenFile);
    this.tell();
    await this.file?.close();
  }

  private put(record: LogRecord): void {
    const json = this.config.logFormat === 'json';
    const line = json ? jsonLine(record) : textLine(record);
    this.say(record.level, line);
    this.file?.append(json ? line : `${record.at.toISOString()} ${record.level} ${line}`);
  }

  private say(level: LogLevel, line: string): void {
    try {
      this.logger[LOGGER_METHODS[level]](line);
    } catch {
      // The application's own logger failed: there is nobody left to tell.
    }
  }

  private tend(): void {
    this.tell();
    void this.file?.followRotation();
  }

  private tell(): void {
    for (const record of this.folding.take()) this.put(record);
  }

  private fileListener(path: string) {
    return {
      failed: (problem: string) => this.say('ERROR', `GUARD_LOG_FILE_FAILED ${path}: ${problem}; its lines are lost`),
      recovered: (lost: number) =>
        this.say('WARNING', `GUARD_LOG_FILE_RECOVERED ${path}: ${counted(lost, 'line')} lost`),
    };
  }
}

/** What may be changed over the network must not decide where this process writes. */
function rejectMove(path: string | undefined, { customLogFile }: GuardConfig): void {
  if (customLogFile === path) return;
  const message = 'cannot change while the application runs; restart it';
  throw new GuardConfigError([{ path: 'customLogFile', value: customLogFile, message }]);
}

/** What two lines that say the same differ in. */
const VARYING = new Set(['id', 'retryAfter']);

/** What they have in common, and lines that say something else have not. Asked for every line, also those that are folded. */
function sameness({ event, fields }: LogRecord): string {
  return `${event}${membersOf(fields)}`;
}

function membersOf(fields: object): string {
  let text = '';
  for (const [name, value] of Object.entries(fields) as [string, unknown][]) {
    if (value === undefined || VARYING.has(name)) continue;
    text += `\n${name}=${sayingOf(value)}`;
  }
  return text;
}

function sayingOf(value: unknown): string {
  if (typeof value === 'object' && value !== null) return membersOf(value);
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
