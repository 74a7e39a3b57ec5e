import { policyDecorator } from '../policy/policy-decorator';

/** A day by its English name, cut or not, or by its number: 0 is Sunday, as in `Date.getDay()`. */
export type Weekday = 'sun' | 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 0 | 1 | 2 | 3 | 4 | 5 | 6;

export interface TimeWindowOptions {
  /** The days on which the window opens; one over midnight belongs to the day on which it opens. Default: every day. */
  readonly days?: readonly Weekday[];
}

/** When a route is served. */
export interface TimeWindowRule extends TimeWindowOptions {
  /** `HH:MM`, inclusive. */
  readonly start: string;
  /** `HH:MM`, exclusive; `24:00` is the end of the day. Before `start`, the window ends on the next day. */
  readonly end: string;
  /** A time zone of the IANA database. Default `UTC`. */
  readonly zone?: string;
}

declare module '../policy/route-policy' {
  interface RoutePolicy {
    timeWindow?: TimeWindowRule;
  }
}

/**
 * Serves a route at certain times of day only, by the clock on the wall of a time zone, whatever daylight saving does to it.
 * Refuses with 403 outside of them.
 *
 * @param start `HH:MM`, inclusive.
 * @param end `HH:MM`, exclusive; `24:00` is the end of the day. Before `start`, the window goes over midnight.
 * @param zone a time zone of the IANA database, such as `Europe/Paris`. Default `UTC`.
 * @param options `days`: those on which the window opens.
 * @throws GuardConfigError while the application starts, for a time that is none, an unknown zone or day, no days, or a window
 * that begins where it ends.
 *
 * @example
 * ```ts
 * @Post('orders')
 * @TimeWindow('09:00', '17:30', 'Europe/Paris', { days: ['mon', 'tue', 'wed', 'thu', 'fri'] })
 * order() {
 *   return { accepted: true };
 * }
 * ```
 */
export const TimeWindow = policyDecorator(
  (start: string, end: string, zone?: string, options: TimeWindowOptions = {}) => ({
    timeWindow: { start, end, ...(zone === undefined ? {} : { zone }), ...options },
  }),
);
