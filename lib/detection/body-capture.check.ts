import { Injectable } from '@nestjs/common';
import { type GuardedRequest } from '../platform/guarded-request';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { arrives, BodyAhead } from './body-ahead';
import { boundaryOf } from './values/multipart-parts';
import { MultipartStream, type StreamedPart } from './values/multipart-stream';

/** Bytes of a form that are kept. */
const LONGEST_FORM = 65_536;
/** Characters of multipart parts that are kept until the guard looks at them. */
const LONGEST_PARTS = 262_144;
const FORM = /^application\/x-www-form-urlencoded/i;
const MULTIPART = /^multipart\//i;
const KEY = Symbol('nestapi-guard:body');

/** The text of an urlencoded form as it was sent. */
export interface CapturedForm {
  readonly kind: 'form';
  readonly chunks: Buffer[];
  length: number;
}

/** The parts of a multipart body that have arrived, and who is told of the next ones. */
export interface CapturedParts {
  readonly kind: 'multipart';
  readonly parts: StreamedPart[];
  readonly ahead: BodyAhead;
  onPart: ((part: StreamedPart) => void) | undefined;
}

/**
 * Looks at forms as they arrive. Parsers of urlencoded forms drop names such as `__proto__`, merge duplicates and cut what
 * is nested too deeply; multipart bodies are often parsed behind the guards, by an interceptor or the handler, and file
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
      if (request.headers['content-type'] !== undefined) capture(request);
      return undefined;
    };
  }
}

function capture(request: GuardedRequest): void {
  if (arrives(request, FORM)) captureForm(request);
  else if (arrives(request, MULTIPART)) captureParts(request);
}

function captureForm(request: GuardedRequest): void {
  const form = request.once<CapturedForm>(KEY, () => ({ kind: 'form', chunks: [], length: 0 }));
  new BodyAhead(request.raw!, (chunk) => {
    form.length += chunk.length;
    if (form.length <= LONGEST_FORM) form.chunks.push(chunk);
    else form.chunks.length = 0;
  });
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
export function capturedBody(request: GuardedRequest): CapturedForm | CapturedParts | undefined {
  return request.headers['content-type'] === undefined ? undefined : request.once(KEY, () => undefined);
}

/** The text of a captured form, if it was kept whole. */
export function formText(captured: CapturedForm | CapturedParts | undefined): string | undefined {
  if (captured?.kind !== 'form' || captured.chunks.length === 0) return undefined;
  return Buffer.concat(captured.chunks).toString('utf8');
}
