/**
 * Whether Redis still has what it had counted: after trouble that is only known once it turns out to be the same server
 * with the same history, and to remember this instance.
 */
export class Continuity {
  private brokenAt = -Infinity;
  /** Until it is known: since when there was a break before. */
  private doubt: { readonly before: number } | undefined;
  private server: string | undefined;

  /** @param clock milliseconds */
  constructor(private readonly clock: () => number) {}

  /** Milliseconds since the last break, as long as that is not known to have been none. */
  get sinceBreak(): number {
    return this.clock() - this.brokenAt;
  }

  /** Something failed: what was counted may be lost. */
  suspect(): void {
    this.doubt = { before: this.doubt?.before ?? this.brokenAt };
    this.brokenAt = this.clock();
  }

  /**
   * Finds out, when there is anything to find out.
   *
   * @param known whether Redis remembers this instance
   * @param identify asks which server it is; undefined when that cannot be told
   */
  async settle(known: boolean, identify: () => Promise<string | undefined>): Promise<void> {
    const { doubt } = this;
    if (doubt === undefined && this.server !== undefined) return;
    const server = await identify();
    const isWhole = known && server !== undefined && server === this.server;
    this.server = server;
    // Something failed meanwhile: the next time will tell.
    if (doubt !== this.doubt) return;
    if (doubt !== undefined && isWhole) this.brokenAt = doubt.before;
    this.doubt = undefined;
  }
}
