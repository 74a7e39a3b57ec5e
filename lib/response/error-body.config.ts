import { Setting } from '../config/setting';
import { type CustomErrorResponses, errorResponsesProblems } from './error-body';

declare module '../config/guard-config' {
  interface GuardConfig extends ErrorBodyConfig {}
}

/** What a refused client reads. */
export class ErrorBodyConfig {
  /**
   * Own answers per status, 400 to 599: a text replaces the message, an object the whole body. Default: none.
   *
   * @example
   * ```ts
   * const customErrorResponses = { 403: 'Not from here', 429: { error: 'slow_down' } };
   * ```
   */
  @Setting(errorResponsesProblems)
  customErrorResponses: CustomErrorResponses = {};
}
