import type { FieldProblem } from '../config/config-problem';
import { nearestName } from '../config/nearest-name';
import { inspectList, OneOf, Setting, Text } from '../config/setting';
import type { LogLevel } from './log-level';
import type { SensitiveNames } from './sensitive-names';

declare module '../config/guard-config' {
  interface GuardConfig extends LogConfig {}
}

const LEVELS: readonly (LogLevel | null)[] = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL', null];
const LISTS = ['headers', 'params', 'bodyFields'];

/** What is written down, and how. */
export class LogConfig {
  /**
   * A file that gets every line of the module besides Nest's logger. Appended to, created with mode 0600, opened anew on
   * SIGHUP and when it was moved. A file that cannot be written never touches a request. Default: none.
   */
  @Text('a path')
  customLogFile: string | undefined = undefined;

  /** `'text'`, or `'json'` for one JSON object per line. Default `'text'`. */
  @OneOf('text', 'json')
  logFormat: 'text' | 'json' = 'text';

  /** The level of lines about what is refused, would be refused, or is banned; null writes none. Default `'WARNING'`. */
  @OneOf(...LEVELS)
  logSuspiciousLevel: LogLevel | null = 'WARNING';

  /** The level of one line per HTTP request; null writes none. Default null. */
  @OneOf(...LEVELS)
  logRequestLevel: LogLevel | null = null;

  /**
   * Names whose values never reach a log line or an event, besides those that give themselves away (`authorization`,
   * `cookie`, `password`, `token`, `apiKey` …). Letter case, `-` and `_` do not matter. `params` are the parameters of
   * the query and of routes (`/invite/:code`). Default: none.
   *
   * @example
   * ```ts
   * const logSensitive = { headers: ['x-patient'], params: ['invite'], bodyFields: ['iban'] };
   * ```
   */
  @Setting(sensitiveProblems)
  logSensitive: SensitiveNames = {};
}

function sensitiveProblems(value: unknown): FieldProblem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ value, message: 'is not accepted; use { headers: […], params: […], bodyFields: […] }' }];
  }
  return Object.entries(value).flatMap(([list, names]): FieldProblem[] => {
    if (!LISTS.includes(list)) {
      const suggestion = nearestName(list, LISTS);
      return [{ path: `.${list}`, message: 'is not known; use headers, params and bodyFields', suggestion }];
    }
    if (names === undefined) return [];
    const problems = inspectList(names, nameProblem, 'a list of names');
    return problems.map((problem) => ({ ...problem, path: `.${list}${problem.path ?? ''}` }));
  });
}

function nameProblem(name: unknown): string | undefined {
  return typeof name === 'string' && /[\p{L}\p{N}]/u.test(name) ? undefined : 'is no name';
}
