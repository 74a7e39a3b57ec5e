import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transform } from 'node:stream';
import zlib from 'node:zlib';
import type { HttpException } from '@nestjs/common';
import { closeAfterAnswer } from './connection-close';

/** Why a body is not read to its end; what the pipeline calls a refusal. */
export interface BodyRefusal {}

/** Turns a refusal into what the reader of the body is told, or into nothing when it is only reported. */
export type BodyRefuser = (refusal: BodyRefusal) => HttpException | undefined;

/** Milliseconds that the reader of an interrupted body has to answer the request. */
const GRACE = 5000;
/** Node 22.15 brought the last one. */
const DECODERS = ['Gunzip', 'Inflate', 'InflateRaw', 'Unzip', 'BrotliDecompress', 'ZstdDecompress']
  .map((name) => (zlib as unknown as Record<string, (new () => Transform) | undefined>)[name])
  .filter((Decoder) => Decoder !== undefined);

/**
 * Watches a body while somebody else reads it, and can break it off. Takes nothing away from the reader: chunks are seen
 * when the reader gets them, so that what nobody reads is not counted.
 */
export class BodyTap {
  private received = 0;
  private decoded = 0;
  private most = Infinity;
  private excess: BodyRefusal | undefined;
  private broken = false;
  private readonly observers: ((chunk: Buffer) => void)[] = [];
  private readonly decoders: Transform[] = [];

  constructor(
    private readonly raw: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly refuse: BodyRefuser,
  ) {
    // Unlike `on('data')`, it does not start the flow.
    raw.prependListener('data', (chunk: Buffer | string) => this.take(chunk));
    const pipe: IncomingMessage['pipe'] = raw.pipe.bind(raw);
    raw.pipe = (destination, options) => {
      const stream: unknown = destination;
      if (DECODERS.some((Decoder) => stream instanceof Decoder)) this.watchDecoder(stream as Transform);
      return pipe(destination, options);
    };
  }

  /** The bytes of the body so far, on the wire or decompressed, whichever are more; those that wait to be read included. */
  get size(): number {
    return Math.max(this.received + (this.broken ? 0 : this.raw.readableLength), this.decoded);
  }

  /** Breaks the body off when it turns out to be larger than that many bytes, on the wire or decompressed. */
  limit(bytes: number, refusal: BodyRefusal): void {
    if (bytes >= this.most) return;
    this.most = bytes;
    this.excess = refusal;
  }

  /** Shows a function every chunk, in order. */
  observe(observer: (chunk: Buffer) => void): void {
    this.observers.push(observer);
  }

  /** Breaks the body off: its reader gets an error, the client the answer that this leads to, and the connection ends. */
  interrupt(refusal: BodyRefusal): void {
    if (this.broken) return;
    const exception = this.refuse(refusal);
    if (exception === undefined) return;
    this.broken = true;
    if (this.response.headersSent) {
      this.raw.destroy(exception);
      return;
    }
    closeAfterAnswer(this.raw, this.response);
    const timer = setTimeout(() => this.answer(exception), GRACE).unref();
    this.response.once('close', () => clearTimeout(timer));
    if (!this.tellReader(exception)) this.answer(exception);
    this.drop();
  }

  private take(chunk: Buffer | string): void {
    if (this.broken) return;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.received += bytes.length;
    for (const observer of this.observers) observer(bytes);
    this.enforceLimit();
  }

  private watchDecoder(decoder: Transform): void {
    this.decoders.push(decoder);
    decoder.prependListener('data', (chunk: Buffer) => {
      this.decoded += chunk.length;
      this.enforceLimit();
    });
  }

  private enforceLimit(): void {
    if (this.excess === undefined || (this.received <= this.most && this.decoded <= this.most)) return;
    const refusal = this.excess;
    this.excess = undefined;
    this.interrupt(refusal);
  }

  /** Readers listen for errors on the stream that they read from. False when nobody does. */
  private tellReader(exception: HttpException): boolean {
    // body-parser stamps what it is given as an error of its own kind, which Nest would replace by one without our body.
    Object.defineProperty(exception, 'expose', { get: () => undefined, set: () => undefined });
    const decoder = this.decoders.at(-1);
    if (decoder !== undefined) {
      decoder.destroy(exception);
      return true;
    }
    return this.raw.listenerCount('error') > 0 && this.raw.emit('error', exception);
  }

  /** Ends the body here for whoever waits for its end, and loses what still arrives. */
  private drop(): void {
    const { raw } = this;
    if (raw.httpVersionMajor >= 2) return;
    // A body that ends before its time counts as a lost connection, and the connection is still needed for the answer.
    raw.complete = true;
    raw.push(null);
    raw.push = () => true;
  }

  private answer(exception: HttpException): void {
    const { response } = this;
    if (response.headersSent) return;
    const body = JSON.stringify(exception.getResponse());
    response.writeHead(exception.getStatus(), {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(body);
  }
}
