import { mkdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { download, type DownloadAnswer, DownloadFailed } from '../network/download';
import type { GeoLog } from './country-source';
import { GeoDatabase } from './geo-database';
import { DatabaseSource } from './database-source';
import { recognized } from './file-source';

// https://ipinfo.io/developers/database-download ; the token goes into a header, an address ends up in logs.
const IPINFO_URL = 'https://ipinfo.io/data/ipinfo_lite.mmdb';
const DAY_MS = 86_400_000;
const MAX_BYTES = 256 * 1024 * 1024;
const ATTEMPT_MS = 120_000;
/** Attempts of one refresh, as long as each of them brings the download forward. */
const MAX_ATTEMPTS = 5;
const FIRST_RETRY_MS = 60_000;
const LAST_RETRY_MS = 3_600_000;
/** How long the start of the application waits for the very first download. */
const FIRST_DOWNLOAD_MS = 5_000;

export interface IpinfoOptions {
  token: string;
  /** Default: IPinfo Lite, `https://ipinfo.io/data/ipinfo_lite.mmdb`. */
  url?: string | undefined;
  /** Where the verified download is kept over restarts. */
  cachePath?: string | undefined;
}

interface Downloaded {
  readonly bytes: Buffer;
  readonly etag: string | undefined;
}

interface Partial {
  readonly chunks: Uint8Array[];
  bytes: number;
  /** Names the version that the pieces belong to. */
  readonly validator: string;
}

/** `$XDG_CACHE_HOME/nestapi-guard/ipinfo.mmdb`, by default in `~/.cache`. */
function defaultCachePath(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nestapi-guard', 'ipinfo.mmdb');
}

/** IPinfo's database, downloaded at most once a day and kept on disk. */
export class IpinfoSource extends DatabaseSource {
  readonly kind = 'ipinfo';
  private readonly url: string;
  private partial?: Partial;
  private etag?: string;
  private refreshedAt = 0;
  private retryMs = FIRST_RETRY_MS;
  private timer?: NodeJS.Timeout;
  private refreshing?: Promise<void>;

  constructor(
    private readonly options: IpinfoOptions,
    logger: GeoLog,
  ) {
    super(options.cachePath ?? defaultCachePath(), logger);
    this.url = options.url ?? IPINFO_URL;
  }

  async start(): Promise<void> {
    await this.readCache();
    const due = this.refreshedAt + DAY_MS - Date.now();
    if (due > 0) return this.schedule(due);
    const refresh = this.reload();
    if (this.current) return;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, FIRST_DOWNLOAD_MS)));
    await Promise.race([refresh, patience]).finally(() => clearTimeout(timer));
  }

  /** Downloads when the last download is a day old, else does nothing. */
  async reload(): Promise<void> {
    if (Date.now() - this.refreshedAt < DAY_MS) return;
    this.refreshing ??= this.refresh().finally(() => (this.refreshing = undefined));
    await this.refreshing;
  }

  override close(): void {
    super.close();
    clearTimeout(this.timer);
  }

  private async readCache(): Promise<void> {
    try {
      const { mtimeMs } = await stat(this.path);
      this.adopt(await GeoDatabase.open(recognized(await readFile(this.path))));
      this.refreshedAt = mtimeMs;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.logger.warn(`The cached country database ${this.path} cannot be used: ${(error as Error).message}`);
      }
    }
  }

  private async refresh(): Promise<void> {
    try {
      const fetched = await this.fetch();
      if (fetched) {
        this.adopt(await GeoDatabase.open(recognized(fetched.bytes)));
        this.etag = fetched.etag;
        await this.save(fetched.bytes);
      } else {
        await utimes(this.path, new Date(), new Date()).catch(() => undefined);
      }
      this.mended();
      this.refreshedAt = Date.now();
      this.retryMs = FIRST_RETRY_MS;
      this.schedule(DAY_MS);
    } catch (error) {
      if (this.stop.signal.aborted) return;
      const status = error instanceof DownloadFailed ? error.status : undefined;
      const refused = status === 401 || status === 403;
      this.refuse(refused ? 'IPinfo refused the ipinfoToken' : 'The IPinfo database cannot be used', error);
      this.schedule(refused || status === 429 ? DAY_MS : this.retryMs);
      this.retryMs = Math.min(this.retryMs * 2, LAST_RETRY_MS);
    }
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    if (this.stop.signal.aborted) return;
    // Spread over a tenth, or every instance that was deployed together asks in the same second for ever.
    this.timer = setTimeout(() => void this.reload(), ms + Math.random() * 0.1 * ms).unref();
  }

  /** The whole file, or undefined when the one in use is the newest. */
  private async fetch(): Promise<Downloaded | undefined> {
    for (let attempt = 1; ; attempt++) {
      const before = this.partial?.bytes ?? 0;
      try {
        return await this.attempt();
      } catch (error) {
        const progress = (this.partial?.bytes ?? 0) > before;
        if (!progress || attempt === MAX_ATTEMPTS || this.stop.signal.aborted) throw error;
      }
    }
  }

  private async attempt(): Promise<Downloaded | undefined> {
    const headers: Record<string, string> = {
      authorization: `Bearer ${this.options.token}`,
      // A range of a compressed representation is another range.
      'accept-encoding': 'identity',
    };
    if (this.partial) {
      headers.range = `bytes=${this.partial.bytes}-`;
      headers['if-range'] = this.partial.validator;
    } else if (this.etag !== undefined && this.current) {
      headers['if-none-match'] = this.etag;
    }
    const maxBytes = MAX_BYTES - (this.partial?.bytes ?? 0);
    const limits = { maxBytes, timeoutMs: ATTEMPT_MS, signal: this.stop.signal };
    return download(this.url, { ...limits, headers, statuses: [200, 206, 304, 416] }, (answer) => this.receive(answer));
  }

  private async receive({ status, headers, body }: DownloadAnswer): Promise<Downloaded | undefined> {
    if (status === 304) return undefined;
    const resumed = status === 206 && this.partial && continues(headers, this.partial.bytes);
    if (status === 416 || (status === 206 && !resumed)) {
      this.partial = undefined;
      throw new DownloadFailed('the server could not resume the download');
    }
    const validator = strongValidator(headers);
    const partial = resumed ? this.partial! : { chunks: [], bytes: 0, validator: validator ?? '' };
    this.partial = validator !== undefined || resumed ? partial : undefined;
    for await (const chunk of body) {
      partial.chunks.push(chunk);
      partial.bytes += chunk.byteLength;
    }
    this.partial = undefined;
    return { bytes: Buffer.concat(partial.chunks), etag: headers.get('etag') ?? undefined };
  }

  private async save(bytes: Buffer): Promise<void> {
    const temporary = `${this.path}.${process.pid}.tmp`;
    try {
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      await writeFile(temporary, bytes, { mode: 0o600 });
      await rename(temporary, this.path);
    } catch (error) {
      this.logger.warn(
        `The country database could not be kept in ${this.path} (${(error as Error).message}): it will be downloaded again after a restart. Set ipinfoCachePath.`,
      );
    }
  }
}

function continues(headers: Headers, from: number): boolean {
  return headers.get('content-range')?.startsWith(`bytes ${from}-`) ?? false;
}

// RFC 9110 section 13.1.5: only a strong validator may name the version of a range.
function strongValidator(headers: Headers): string | undefined {
  const etag = headers.get('etag');
  if (etag !== null && !etag.startsWith('W/')) return etag;
  return headers.get('last-modified') ?? undefined;
}
