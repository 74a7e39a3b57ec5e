import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Bytes that wait for a slow disk; what comes on top of them is lost. */
const MOST_WAITING = 1024 * 1024;
const RETRY_AFTER_MS = 1000;
const CLOSE_WITHIN_MS = 1000;

/** Who is told that lines are lost, and that they no longer are. */
export interface LogFileListener {
  failed(problem: string): void;
  recovered(lostLines: number): void;
}

/**
 * Appends lines to a file, in the background and in order. Whatever the disk does (full, gone, slow, forbidden), appending
 * neither throws nor waits: lines are lost then, and told about once.
 */
export class LogFile {
  private handle: FileHandle | undefined;
  private waiting: string[] = [];
  private waitingBytes = 0;
  private pumping: Promise<void> | undefined;
  private stale = false;
  private failing = false;
  private retryAt = 0;
  private lost = 0;

  constructor(
    readonly path: string,
    private readonly listener: LogFileListener,
  ) {}

  append(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.waitingBytes + bytes > MOST_WAITING || performance.now() < this.retryAt) {
      this.lost++;
      return;
    }
    this.waiting.push(line);
    this.waitingBytes += bytes;
    this.pumping ??= this.pump();
  }

  /** Opens the file anew before the next line: whoever rotates logs has moved it. */
  reopen(): void {
    this.stale = true;
    this.retryAt = 0;
  }

  /** Reopens the file when its name leads to another one by now, or to none. */
  async followRotation(): Promise<void> {
    const { handle } = this;
    if (handle === undefined) return;
    try {
      const [named, held] = await Promise.all([stat(this.path), handle.stat()]);
      if (named.ino !== held.ino || named.dev !== held.dev) this.reopen();
    } catch {
      this.reopen();
    }
  }

  /** Writes what waits, within a second. */
  async close(): Promise<void> {
    await Promise.race([this.pumping, delay(CLOSE_WITHIN_MS, undefined, { ref: false })]);
    await this.release();
  }

  private async pump(): Promise<void> {
    while (this.waiting.length > 0) {
      const lines = this.waiting;
      this.waiting = [];
      this.waitingBytes = 0;
      try {
        await this.write(lines);
      } catch (error) {
        await this.fail(error, lines.length);
      }
    }
    this.pumping = undefined;
  }

  private async write(lines: readonly string[]): Promise<void> {
    if (this.stale) await this.release();
    this.stale = false;
    this.handle ??= await open(this.path, 'a', 0o600);
    // What failed may have left half a line behind.
    await this.handle.appendFile(`${this.failing ? '\n' : ''}${lines.join('\n')}\n`);
    if (!this.failing) return;
    this.failing = false;
    this.listener.recovered(this.lost);
    this.lost = 0;
  }

  private async fail(error: unknown, lines: number): Promise<void> {
    this.lost += lines;
    this.retryAt = performance.now() + RETRY_AFTER_MS;
    await this.release();
    if (this.failing) return;
    this.failing = true;
    this.listener.failed(error instanceof Error ? error.message : String(error));
  }

  private async release(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close().catch(() => undefined);
  }
}
