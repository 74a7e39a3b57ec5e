import type { GuardedResponse } from '../platform/guarded-response';
import { Synchronous } from '../config/setting';

declare module '../config/guard-config' {
  interface GuardConfig extends ResponseModifierConfig {}
}

export class ResponseModifierConfig {
  /**
   * Changes answers before they are sent: status, headers and body of everything that is a text or becomes JSON, `null`,
   * refusals, errors and 404s included. Streams, files, buffers, server-sent events and answers without a body are left alone.
   * Synchronous; one that throws is logged, and the answer goes out as it was. Default: none.
   *
   * @example
   * ```ts
   * const customResponseModifier = (response: GuardedResponse) => {
   *   response.headers['x-served-by'] = 'api-3';
   * };
   * ```
   */
  @Synchronous('a synchronous function of the response')
  customResponseModifier: ((response: GuardedResponse) => unknown) | undefined = undefined;
}
