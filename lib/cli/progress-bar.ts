import type { Terminal } from './command';

const WIDTH = 30;
const INTERVAL_MS = 100;
const ERASE_LINE = '\r\u001b[2K';

/** Shows on a terminal how far something is, on one line that it takes back; elsewhere it is silent. */
export class ProgressBar {
  private shownAt = -Infinity;

  constructor(private readonly stream: Terminal['err']) {}

  /** @param done from 0 to 1 */
  show(done: number, text: string): void {
    const now = performance.now();
    if (this.stream.isTTY !== true || now - this.shownAt < INTERVAL_MS) return;
    this.shownAt = now;
    const share = Math.min(1, Math.max(0, done));
    const filled = Math.round(share * WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    this.stream.write(`${ERASE_LINE}${bar} ${Math.floor(share * 100)}%  ${text}`);
  }

  clear(): void {
    if (this.stream.isTTY === true && this.shownAt > 0) this.stream.write(ERASE_LINE);
  }
}
