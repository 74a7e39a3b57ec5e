import type { ValueProvider } from '@nestjs/common';

/** Milliseconds of a clock that never goes back. */
export type MonotonicClock = () => number;

/** The token of the clock that bans and throttles expire by; overridden by tests that move it. */
export const MONOTONIC_CLOCK = Symbol('nestapi-guard:monotonic-clock');

export const monotonicClockProvider: ValueProvider<MonotonicClock> = {
  provide: MONOTONIC_CLOCK,
  useValue: () => performance.now(),
};
