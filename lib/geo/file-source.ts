import { type Stats, unwatchFile, watchFile } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { GeoDatabase } from './geo-database';
import { DatabaseSource } from './database-source';
import { DatabaseRejected } from './mmdb-structure';

/** Polling sees what inotify does not: network file systems and the symbolic links of mounted Kubernetes volumes. */
const POLL_MS = 500;
const MAX_BYTES = 512 * 1024 * 1024;

/** A database file on disk, read again whenever it changes. */
export class FileSource extends DatabaseSource {
  readonly kind = 'file';
  private loading?: Promise<void>;
  private changed = false;
  private readonly onChange = () => void this.reload();

  async start(): Promise<void> {
    watchFile(this.path, { interval: POLL_MS, persistent: false }, this.onChange);
    await this.reload();
  }

  override close(): void {
    super.close();
    unwatchFile(this.path, this.onChange);
  }

  /** One load at a time; a change that arrives during a load causes another one after it. */
  async reload(): Promise<void> {
    this.changed = true;
    this.loading ??= this.loadWhileChanged().finally(() => (this.loading = undefined));
    await this.loading;
  }

  private async loadWhileChanged(): Promise<void> {
    while (this.changed && !this.stop.signal.aborted) {
      this.changed = false;
      await this.load();
    }
  }

  private async load(): Promise<void> {
    let before: Stats | undefined;
    try {
      before = await stat(this.path);
      if (!before.isFile()) throw new DatabaseRejected('it is not a file');
      if (before.size > MAX_BYTES) throw new DatabaseRejected(`it is larger than ${MAX_BYTES} bytes`);
      this.adopt(await GeoDatabase.open(recognized(await readFile(this.path, { signal: this.stop.signal }))));
    } catch (error) {
      if (this.stop.signal.aborted) return;
      // A file that is still being written is no news: its last write brings another change.
      if (before && this.current && (await this.changedSince(before))) return;
      this.refuse(`The country database ${this.path} cannot be used`, error);
    }
  }

  private async changedSince(before: Stats): Promise<boolean> {
    const now = await stat(this.path).catch(() => undefined);
    return now !== undefined && (now.mtimeMs !== before.mtimeMs || now.size !== before.size);
  }
}

/** Says what a file is when it is a familiar mistake. */
export function recognized(bytes: Buffer): Buffer {
  if (bytes.length === 0) throw new DatabaseRejected('it is empty');
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw new DatabaseRejected('it is compressed: unpack it first');
  const start = bytes.subarray(0, 64).toString('latin1').trimStart();
  if (start.startsWith('<')) throw new DatabaseRejected('it is an HTML or XML page, not a database');
  return bytes;
}
