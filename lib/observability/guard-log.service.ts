import { Inject, Injectable, Logger } from '@nestjs/common';
import { GuardConfigError } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { runAtOnce, runInSlices } from '../network/slices';
import { counted } from './counted';
import { LineFolding } from './line-folding';
import { LogFile } from './log-file';
import { LOGGER_METHODS, type LogLevel } from './log-level';
import { jsonLine, type LogFields, type LogRecord, textLine } from './log-line';

/** Milliseconds for which repeated lines are held back. */
const FOLDING_TIME = 10_000;

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

  /** Writes a line, or counts it when the same was written a moment ago. */
  write(level: LogLevel | null, event: string, fields: LogFields): void {
    this.fold(level, event, sameness({ ...fields, id: undefined }), () => fields);
  }

  /**
   * The same for lines that come often.
   *
   * @param same what no line has that says something else
   * @param fields asked for when the line is written
   */
  fold(level: LogLevel | null, event: string, same: string, fields: () => LogFields): void {
    if (level === null) return;
    const line = `${level} ${event} ${same}`;
    if (this.folding.repeats(line)) return;
    const record: LogRecord = { at: new Date(), level, event, fields: fields() };
    this.folding.remember(line, record);
    this.put(record);
  }

  /** Writes a line, even if the same was written a moment ago. */
  writeEach(level: LogLevel | null, event: string, fields: LogFields): void {
    if (level !== null) this.put({ at: new Date(), level, event, fields });
  }

  /** Tells what was held back, and closes the file. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    process.off('SIGHUP', this.reopenFile);
    runAtOnce(this.folding.take(this.tell));
    await this.file?.close();
  }

  private readonly tell = (record: LogRecord): void => this.put(record);

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
    void runInSlices(this.folding.take(this.tell));
    void this.file?.followRotation();
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

/** What lines that say the same have in common, and no others: a wait that gets shorter makes no other line. */
export function sameness(fields: object): string {
  let text = '';
  for (const name in fields) {
    const value = (fields as Record<string, unknown>)[name];
    if (value === undefined || name === 'retryAfter') continue;
    text += `${name}=${sayingOf(value)}\n`;
  }
  return text;
}

function sayingOf(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `{${sameness(value)}}`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
