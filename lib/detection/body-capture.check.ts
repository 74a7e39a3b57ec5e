import { Injectable } from '@nestjs/common';
import { type GuardedRequest } from '../platform/guarded-request';
import { hasBody } from '../platform/message-body';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { arrives, BodyAhead } from './body-ahead';
import { boundaryOf } from './values/multipart-parts';
import { MultipartStream, type StreamedPart } from './values/multipart-stream';

/** Bytes of a form or a text that are kept. */
const LONGEST_TEXT = 65_536;
/** Characters of multipart parts that are kept until the guard looks at them. */
const LONGEST_PARTS = 262_144;
/** Media types of text; a body without any is read by whoever cares to. */
const TEXT = /^$|^text\/|[/+](?:xml|x-www-form-urlencoded|graphql|yaml|x-yaml|javascript|x-ndjson|csp-report)\b/i;
/** What parsers hand over in full: nothing of it is hidden from who reads the result. */
const JSON_TYPE = /^application\/(?:[\w.-]{1,80}\+)?json\b/i;
const MULTIPART = /^multipart\//i;
const KEY = Symbol('nestapi-guard:body');

/** A form, a document or a text as it was sent. */
export interface CapturedText {
  readonly kind: 'text';
  readonly chunks: Buffer[];
  readonly ahead: BodyAhead;
}

/** The parts of a multipart body that have arrived, and who is told of the next ones. */
export interface CapturedParts {
  readonly kind: 'multipart';
  readonly parts: StreamedPart[];
  readonly ahead: BodyAhead;
  onPart: ((part: StreamedPart) => void) | undefined;
}

/**
 * Looks at bodies other than JSON as they arrive. Parsers of urlencoded forms drop names such as `__proto__`, merge
 * duplicates and cut what is nested too deeply; multipart bodies are often parsed behind the guards, by an interceptor or the handler, and file
 * names are cleaned on the way.
 */
@Injectable()
export class BodyCaptureCheck implements SecurityCheck {
  readonly name = 'penetration';
  readonly stage = 'door';
  readonly undeferred = true;

  compile({ config, bypassing }: CompileTarget): Probe | undefined {
    if (!config.enablePenetrationDetection && bypassing.length === 0) return undefined;
    return (request) => {
      if (request.raw !== undefined && hasBody(request.raw)) capture(request);
      return undefined;
    };
  }
}

function capture(request: GuardedRequest): void {
  const type = request.headers['content-type'] ?? '';
  if (JSON_TYPE.test(type) || !arrives(request)) return;
  if (MULTIPART.test(type)) captureParts(request);
  else if (TEXT.test(type)) captureText(request);
}

function captureText(request: GuardedRequest): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const ahead = new BodyAhead(request.raw!, (chunk) => {
    length += chunk.length;
    if (length <= LONGEST_TEXT) chunks.push(chunk);
    else chunks.length = 0;
  });
  request.once<CapturedText>(KEY, () => ({ kind: 'text', chunks, ahead }));
}

function captureParts(request: GuardedRequest): void {
  const boundary = boundaryOf(request.headers['content-type'] ?? '');
  if (boundary === undefined) return;
  const parts: StreamedPart[] = [];
  let kept = 0;
  const stream = new MultipartStream(boundary, (part) => {
    if (captured.onPart !== undefined) return captured.onPart(part);
    kept += part.content.length;
    parts.push(kept > LONGEST_PARTS ? { ...part, content: '', shortened: true } : part);
  });
  const ahead = new BodyAhead(request.raw!, (chunk) => stream.write(chunk));
  const captured = request.once<CapturedParts>(KEY, () => ({ kind: 'multipart', parts, ahead, onPart: undefined }));
}

/** What was captured of a request's body. */
export function capturedBody(request: GuardedRequest): CapturedText | CapturedParts | undefined {
  return request.raw === undefined || !hasBody(request.raw) ? undefined : request.once(KEY, () => undefined);
}

/** A captured text, if it was kept whole. */
export function sentText(captured: CapturedText | CapturedParts | undefined): string | undefined {
  if (captured?.kind !== 'text' || captured.chunks.length === 0) return undefined;
  return Buffer.concat(captured.chunks).toString('utf8');
}
