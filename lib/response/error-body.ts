import { STATUS_CODES } from 'node:http';
import type { FieldProblem } from '../config/config-problem';
import { assertSound, isPlainObject, OptionReport } from './option-report';

/** The body of every refusal, in the shape of Nest's own error bodies plus a stable code. */
export interface GuardErrorBody {
  readonly statusCode: number;
  readonly message: string;
  /** Reason phrase of the status, e.g. `Forbidden`. */
  readonly error: string;
  /** Stable code for clients and logs, e.g. `GUARD_RATE_LIMIT`. */
  readonly code: string;
}

/** A text replaces the message of that status; an object replaces the whole body. */
export type CustomErrorResponses = Readonly<Record<string | number, string | object>>;

/** Answers the body of a refusal; custom responses were copied and frozen at start-up. */
export interface ErrorBodies {
  of(status: number, message: string, code: string): object;
}

/** The standard body of a refusal. */
export function errorBody(status: number, message: string, code: string): GuardErrorBody {
  return { statusCode: status, message, error: STATUS_CODES[status] ?? 'Error', code };
}

/** Every problem of a `customErrorResponses` setting, paths relative to it; an empty list means it can be compiled. */
export function errorResponsesProblems(responses: unknown): FieldProblem[] {
  const report = new OptionReport();
  if (!report.isObject('', responses, 'an object of status codes')) return report.problems;
  for (const [status, response] of Object.entries(responses)) {
    const at = `.${status}`;
    if (!/^[45]\d\d$/.test(status)) report.add(at, response, 'is not an error status; keys are 400 to 599');
    if (typeof response === 'string') {
      if (response.trim() === '') report.add(at, response, 'must not be empty');
    } else if (isPlainObject(response)) {
      reportUnserializable(report, at, response, new Set());
    } else {
      report.add(at, response, 'must be a text (replaces the message) or an object (replaces the body)');
    }
  }
  return report.problems;
}

/**
 * Copies and freezes the custom responses, so that neither the configuration object nor a filter that edits
 * a body can change the answers of later requests.
 *
 * @throws TypeError when `errorResponsesProblems` has something to say.
 */
export function compileErrorResponses(responses: CustomErrorResponses = {}): ErrorBodies {
  assertSound('customErrorResponses', errorResponsesProblems(responses));
  const byStatus = new Map(
    Object.entries(responses).map(([status, response]) => [
      Number(status),
      typeof response === 'string' ? response : deepFreeze(structuredClone(response)),
    ]),
  );
  return {
    of(status, message, code) {
      const custom = byStatus.get(status);
      if (typeof custom === 'object') return custom;
      return errorBody(status, custom ?? message, code);
    },
  };
}

// What JSON.stringify would drop, call or choke on has no place in a body that is sent unchanged for ever.
function reportUnserializable(report: OptionReport, path: string, value: unknown, parents: Set<object>): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (!Array.isArray(value) && !isPlainObject(value)) {
    return report.add(path, value, 'must be plain JSON: text, finite numbers, booleans, null, arrays and objects');
  }
  if (parents.has(value)) return report.add(path, '[Circular]', 'contains itself');
  const within = new Set(parents).add(value);
  for (const [key, member] of Object.entries(value)) reportUnserializable(report, `${path}.${key}`, member, within);
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value) as unknown[]) {
    if (typeof member === 'object' && member !== null) deepFreeze(member);
  }
  return Object.freeze(value);
}
