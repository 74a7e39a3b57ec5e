/** A clock that only the test moves. */
export class TestClock {
  private readonly start: number;
  private time: number;

  /** @param start the time it begins at. Default: the first second of 2026, in UTC. */
  constructor(start: Date | string | number = '2026-01-01T00:00:00Z') {
    this.start = this.time = new Date(start).getTime();
    if (Number.isNaN(this.time)) throw new RangeError(`${String(start)} is no point in time`);
  }

  get now(): Date {
    return new Date(this.time);
  }

  /** @internal Milliseconds since the Unix epoch; bound, so that it can be handed over. */
  readonly wall = (): number => this.time;

  /** @internal Milliseconds since the clock was made; bound. */
  readonly elapsed = (): number => this.time - this.start;

  /** @param seconds how far to go; never back. */
  advance(seconds: number): void {
    if (!(seconds >= 0)) throw new RangeError(`A clock does not go back, nor by ${seconds} seconds`);
    this.time += seconds * 1000;
  }

  /** Goes to a later point in time, such as the opening hour of a `@TimeWindow`. */
  advanceTo(time: Date | string): void {
    this.advance((new Date(time).getTime() - this.time) / 1000);
  }
}
