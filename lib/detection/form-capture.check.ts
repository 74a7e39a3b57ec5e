import { Injectable } from '@nestjs/common';
import { type GuardedRequest } from '../platform/guarded-request';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';

/** Bytes of a form that are kept. */
const LONGEST_FORM = 65_536;
const KEY = Symbol('nestapi-guard:form');

/**
 * Keeps the text of urlencoded forms while the application parses them: parsers drop names such as `__proto__`, merge
 * duplicates and cut what is nested too deeply, and an attack may sit in what they drop.
 */
@Injectable()
export class FormCaptureCheck implements SecurityCheck {
  readonly name = 'penetration';
  readonly stage = 'door';
  readonly undeferred = true;

  compile({ config }: CompileTarget): Probe | undefined {
    if (!config.enablePenetrationDetection) return undefined;
    return (request) => {
      const { headers } = request;
      const type = headers['content-type'];
      const form = type !== undefined && /^application\/x-www-form-urlencoded/i.test(type);
      if (form && headers['content-encoding'] === undefined) capture(request);
      return undefined;
    };
  }
}

interface Capture {
  readonly chunks: Buffer[];
  length: number;
}

function capture(request: GuardedRequest): void {
  const tap = request.tapBody();
  if (tap === undefined) return;
  const captured = request.once<Capture>(KEY, () => ({ chunks: [], length: 0 }));
  tap.observe((chunk) => {
    captured.length += chunk.length;
    if (captured.length <= LONGEST_FORM) captured.chunks.push(chunk);
    else captured.chunks.length = 0;
  });
}

/** The text of a request's form, if it was kept whole. */
export function capturedForm(request: GuardedRequest): string | undefined {
  const type = request.headers['content-type'];
  if (type === undefined || !/^application\/x-www-form-urlencoded/i.test(type)) return undefined;
  const captured = request.once<Capture | undefined>(KEY, () => undefined);
  if (captured === undefined || captured.chunks.length === 0) return undefined;
  return Buffer.concat(captured.chunks).toString('utf8');
}
