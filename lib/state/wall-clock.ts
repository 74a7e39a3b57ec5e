import type { ValueProvider } from '@nestjs/common';

/** Milliseconds since the Unix epoch. */
export type WallClock = () => number;

/** The token of the clock that times of day are read from; overridden by tests that move it. */
export const WALL_CLOCK = Symbol('nestapi-guard:wall-clock');

export const wallClockProvider: ValueProvider<WallClock> = { provide: WALL_CLOCK, useValue: () => Date.now() };
