import { Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import { declaredLength } from '../platform/message-body';
import type { Refusal } from '../policy/refusal';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';

const DECLARED = refusal('declared length');
const RECEIVED = refusal('received length');

/** Asks how large a body is. */
@Injectable()
export class RequestSizeCheck implements SecurityCheck {
  static readonly check = 'request_size';
  static readonly fields = ['maxRequestSize'] as const;
  readonly name = RequestSizeCheck.check;
  readonly stage = 'arrival';
  readonly kinds = ['http', 'graphql'] as const;

  static inspect({ maxRequestSize: bytes }: RoutePolicy): FieldProblem[] {
    if (bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0)) return [];
    return [
      { path: 'maxRequestSize', value: bytes, message: 'is not accepted; use a whole number of bytes of at least 0' },
    ];
  }

  compile({ policy: { maxRequestSize: most } }: CompileTarget): Probe | undefined {
    if (most === undefined) return undefined;
    return (request) => {
      const { raw } = request;
      if (raw === undefined) return undefined;
      if ((declaredLength(raw) ?? 0) > most) return DECLARED;
      const tap = request.tapBody();
      if (tap === undefined) return undefined;
      if (tap.size > most) return RECEIVED;
      tap.limit(most, RECEIVED);
      return undefined;
    };
  }
}

function refusal(reason: string): Refusal {
  return { status: 413, message: 'Payload too large', check: 'request_size', reason, closesConnection: true };
}
