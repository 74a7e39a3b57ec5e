import { createReadStream, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { parseAccessLine } from './access-log';
import { CommandError } from './command';
import { harEntries, parseHarEntry } from './har';
import { parseJsonLine } from './json-log';
import type { Parsed } from './recorded-request';

export const RECORDING_FORMATS = ['combined', 'json', 'har'] as const;
export type RecordingFormat = (typeof RECORDING_FORMATS)[number];

/** Characters of a line that are kept; a longer one is no line of an access log. */
const LONGEST_LINE = 1024 * 1024;
const GZIP_MAGIC = 0x1f8b;

/** A file of recorded requests, read as a stream. */
export class Recording {
  /** Bytes of the file that have been read. */
  bytesRead = 0;

  private constructor(
    private readonly path: string,
    readonly format: RecordingFormat,
    readonly size: number,
    private readonly compressed: boolean,
  ) {}

  /** @throws CommandError when the file cannot be read, or is of no known format */
  static async open(path: string, format?: RecordingFormat): Promise<Recording> {
    try {
      if (!statSync(path).isFile()) throw new CommandError(`${path} is no file`);
      const head = await headOf(path);
      const compressed = head.length > 1 && head.readUInt16BE(0) === GZIP_MAGIC;
      const recording = new Recording(path, format ?? 'combined', statSync(path).size, compressed);
      if (format !== undefined) return recording;
      const found = await recording.detect();
      return new Recording(path, found, recording.size, compressed);
    } catch (error) {
      if (error instanceof CommandError) throw error;
      throw new CommandError(`${path} cannot be read: ${(error as Error).message}`);
    }
  }

  /** The requests in the order of the file; undefined for what could not be understood. Never holds more than one. */
  async *requests(): AsyncGenerator<Parsed> {
    if (this.format === 'har') {
      for await (const entry of harEntries(this.texts())) yield entry === undefined ? undefined : parseHarEntry(entry);
      return;
    }
    const parse = this.format === 'json' ? parseJsonLine : parseAccessLine;
    for await (const line of linesOf(this.texts())) {
      if (line === '') continue;
      yield line === undefined ? undefined : parse(line);
    }
  }

  private async detect(): Promise<RecordingFormat> {
    let head = '';
    for await (const text of this.texts()) {
      head += text;
      if (head.length > 4096) break;
    }
    head = head.trimStart();
    if (head === '') throw new CommandError(`${this.path} is empty`);
    if (/^\{\s*"log"\s*:\s*\{/.test(head)) return 'har';
    return head.startsWith('{') ? 'json' : 'combined';
  }

  private async *texts(): AsyncGenerator<string> {
    const file = createReadStream(this.path);
    this.bytesRead = 0;
    file.on('data', (chunk) => {
      this.bytesRead += chunk.length;
    });
    // What breaks off the file or the compression is an error of the stream that is read from.
    const source: Readable = this.compressed ? pipeline(file, createGunzip(), () => undefined) : file;
    const decoder = new StringDecoder('utf8');
    for await (const chunk of source) yield decoder.write(chunk as Buffer);
    yield decoder.end();
  }
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Lines without their ends; undefined for one that is too long. */
async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<string | undefined> {
  let rest = '';
  let skipping = false;
  for await (const text of texts) {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const line = rest + text.slice(start, end);
      yield skipping || line.length > LONGEST_LINE ? undefined : line.endsWith('\r') ? line.slice(0, -1) : line;
      rest = '';
      skipping = false;
      start = end + 1;
    }
    if (!skipping) rest += text.slice(start);
    if (rest.length > LONGEST_LINE) {
      skipping = true;
      rest = '';
    }
  }
  if (skipping) yield undefined;
  else if (rest !== '') yield rest;
}
