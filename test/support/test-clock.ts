/** A clock in milliseconds that only the test moves. */
export class TestClock {
  constructor(public time = 0) {}

  /** The time; bound, so that it can be handed over. */
  readonly read = (): number => this.time;

  advance(milliseconds: number): void {
    this.time += milliseconds;
  }
}
