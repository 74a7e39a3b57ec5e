import { Callable } from '../config/setting';
import type { RefusalEvent } from './guard-event';

declare module '../config/guard-config' {
  interface GuardConfig extends EventsConfig {}
}

export class EventsConfig {
  /**
   * Called with the event of every refused request, after it is decided: what it does, throws or waits for never touches the
   * request. For anything else there is `GuardEvents`. Default: none.
   *
   * @example
   * ```ts
   * const onBlock = (event: { check: string; request: { ip?: string } }) => console.log(event.check, event.request.ip);
   * ```
   */
  @Callable('a function of the event')
  onBlock: ((event: RefusalEvent) => unknown) | undefined = undefined;
}
