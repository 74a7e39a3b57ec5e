import { Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import { inspectList } from '../config/setting';
import { boundaryOf } from '../detection/values/multipart-parts';
import type { GuardedRequest } from '../platform/guarded-request';
import type { Refusal } from '../policy/refusal';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { parseMediaType } from './media-type';
import { MultipartScanner } from './multipart-scanner';
import { TrapSearch } from './trap-search';

const FILLED: Refusal = { status: 403, message: 'Forbidden', check: 'honeypot', reason: 'honeypot field filled' };

/** Asks whether somebody filled in a field that people do not see. */
@Injectable()
export class HoneypotCheck implements SecurityCheck {
  static readonly check = 'honeypot';
  static readonly fields = ['honeypotDetection'] as const;
  readonly name = HoneypotCheck.check;
  readonly stage = 'access';
  readonly kinds = ['http', 'graphql', 'ws'] as const;

  static inspect({ honeypotDetection: traps }: RoutePolicy): FieldProblem[] {
    if (traps === undefined) return [];
    const path = 'honeypotDetection';
    if (Array.isArray(traps) && traps.length === 0) {
      return [{ path, value: traps, message: 'is empty and would find nothing; name a field' }];
    }
    const problems = inspectList(traps, trapProblem, "a list of field names such as ['website_url']");
    return problems.map((problem) => ({ ...problem, path: `${path}${problem.path ?? ''}` }));
  }

  compile({ policy: { honeypotDetection } }: CompileTarget): Probe | undefined {
    if (honeypotDetection === undefined) return undefined;
    const search = new TrapSearch(honeypotDetection);
    return (request) => {
      if (search.inPairs(request.rawQuery) || isInBody(search, request)) return FILLED;
      watchMultipart(search, request);
      return undefined;
    };
  }
}

function isInBody(search: TrapSearch, request: GuardedRequest): boolean {
  const { body } = request;
  if (typeof body === 'string') return isInText(search, body, request);
  if (Buffer.isBuffer(body)) return isInText(search, body.toString(), request);
  return typeof body === 'object' && body !== null && search.inStructure(body);
}

/** A body that the application reads as text, or that it decodes by itself. */
function isInText(search: TrapSearch, text: string, request: GuardedRequest): boolean {
  const type = mediaSubtype(request);
  if (type === 'x-www-form-urlencoded') return search.inPairs(text);
  if (type !== 'json' && type?.endsWith('+json') !== true) return false;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && search.inStructure(parsed);
  } catch {
    return false;
  }
}

/** Files are parsed behind the guards, by interceptors and handlers: their parts are looked at as they pass by. */
function watchMultipart(search: TrapSearch, request: GuardedRequest): void {
  const contentType = request.headers['content-type'];
  if (request.raw?.readableEnded !== false || contentType === undefined || !/^multipart\//i.test(contentType)) return;
  const boundary = boundaryOf(contentType);
  const tap = boundary === undefined ? undefined : request.tapBody();
  if (boundary === undefined || tap === undefined) return;
  const scanner = new MultipartScanner(
    boundary,
    (name) => search.isTrap(name),
    () => tap.interrupt(FILLED),
  );
  tap.observe((chunk) => scanner.write(chunk));
}

function mediaSubtype({ headers }: GuardedRequest): string | undefined {
  const header = headers['content-type'];
  return header === undefined ? undefined : parseMediaType(header)?.subtype;
}

function trapProblem(trap: unknown): string | undefined {
  return typeof trap === 'string' && trap.trim() !== '' ? undefined : 'is no field name; use a text that is not empty';
}
