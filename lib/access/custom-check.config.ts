import { Numeric, Setting } from '../config/setting';
import { type CustomCheck, customCheckProblem } from './custom-check';

declare module '../config/guard-config' {
  interface GuardConfig extends CustomCheckConfig {}
}

export class CustomCheckConfig {
  /**
   * The application's own last word about every request, those that match no route included: a function of the request, or a
   * class with a method `validate`, provided by Nest. It refuses by what it answers or throws, see `CustomVerdict`.
   * Default: none.
   *
   * @example
   * ```ts
   * const customRequestCheck = (request: { headers: Record<string, unknown> }) =>
   *   request.headers['x-client'] === undefined ? { status: 400, message: 'Missing X-Client' } : undefined;
   * ```
   */
  @Setting((value) => {
    const message = customCheckProblem(value);
    return message === undefined ? [] : [{ value, message }];
  })
  customRequestCheck: CustomCheck | undefined = undefined;

  /**
   * Seconds that `customRequestCheck` and a `@CustomValidation` have to answer; one that has not by then has failed.
   * 0.01 to 60, default 5.
   */
  @Numeric({ min: 0.01, max: 60 })
  customCheckTimeout = 5;
}
