import type { ServerResponse } from 'node:http';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';
import { AnswerReader } from './answer-reader';
import type { ReturnPattern } from './return-pattern';

/** Told once, when an answer is complete or its client has gone: its status, and which patterns are in its body. */
export type AnswerListener = (status: number, found: ReadonlySet<ReturnPattern>) => void;

/** A pattern that the body of an answer has to be read for. */
export type BodyPattern = Exclude<ReturnPattern, { kind: 'status' }>;

const NOTHING: ReadonlySet<ReturnPattern> = new Set();

/**
 * Follows an answer on Node's response, where everything passes that anybody sends: handlers, streams, exception filters.
 * Each chunk goes on as it comes.
 */
export function observeAnswer(response: ServerResponse, patterns: readonly BodyPattern[], tell: AnswerListener): void {
  const body = patterns.length === 0 ? undefined : new ObservedBody(patterns);
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    // Whoever never got a status got no answer.
    if (!response.headersSent) return;
    const { statusCode } = response;
    if (body === undefined) tell(statusCode, NOTHING);
    else body.end((found) => tell(statusCode, statusCode === 304 ? NOTHING : found));
  };
  if (response.writableEnded) return finish();
  if (body !== undefined) readWrites(response, body);
  const end = response.end;
  response.end = function (this: ServerResponse, ...args: unknown[]) {
    body?.read(this, args);
    const ended: unknown = Reflect.apply(end, this, args);
    finish();
    return ended;
  } as ServerResponse['end'];
  response.on('close', finish);
}

function readWrites(response: ServerResponse, body: ObservedBody): void {
  const write = response.write;
  response.write = function (this: ServerResponse, ...args: unknown[]) {
    body.read(this, args);
    return Reflect.apply(write, this, args) as boolean;
  } as ServerResponse['write'];
}

class ObservedBody {
  private readonly reader: AnswerReader;
  private begun = false;
  private unpack: Transform | undefined;

  constructor(patterns: readonly BodyPattern[]) {
    this.reader = new AnswerReader(patterns);
  }

  /** The arguments of `write` or `end`. */
  read(response: ServerResponse, [chunk, encoding]: readonly unknown[]): void {
    if (this.reader.isFull || chunk === '') return;
    const bytes = bytesOf(chunk, encoding);
    if (bytes === undefined) return;
    if (!this.begun) this.begin(response, bytes);
    if (this.unpack === undefined) this.reader.write(bytes);
    else this.unpack.write(bytes);
  }

  end(pass: (found: ReadonlySet<ReturnPattern>) => void): void {
    if (this.unpack === undefined) return pass(this.reader.end());
    this.unpack.once('close', () => pass(this.reader.end()));
    this.unpack.end();
  }

  /** A body that is compressed before it comes here, as by @fastify/compress, is read unpacked. */
  private begin(response: ServerResponse, first: Uint8Array | string): void {
    this.begun = true;
    const encoding = response.getHeader('content-encoding');
    // Headers that are handed to `writeHead` may not be readable, but the beginning of gzip is.
    const isGzip = typeof first !== 'string' && first[0] === 0x1f && first[1] === 0x8b;
    if (encoding === 'br') this.unpack = createBrotliDecompress();
    else if (isGzip || encoding === 'gzip' || encoding === 'deflate') this.unpack = createUnzip();
    this.unpack?.on('error', () => undefined);
    this.unpack?.on('data', (text: Buffer) => {
      this.reader.write(text);
      if (this.reader.isFull) this.unpack?.destroy();
    });
  }
}

function bytesOf(chunk: unknown, encoding: unknown): Uint8Array | string | undefined {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk !== 'string') return undefined;
  const isText = typeof encoding !== 'string' || /^utf-?8$/i.test(encoding);
  return isText ? chunk : Buffer.from(chunk, encoding as BufferEncoding);
}
