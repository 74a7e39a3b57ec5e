import type { LimitTier } from './state-store';

/** Says how much of a limit this process may admit by itself; nothing means all of it. */
export type Allotment = (whole: number, tier: LimitTier) => number;

/** A beat of an instance that is later than this counts as this: a pause is no sign that others have gone. */
const LONGEST_STEP_MS = 1_000;
/**
 * How long an instance that no longer shows up still has its part. Only time in which Redis answered counts: after an
 * outage the others need a moment to show up again, above all in a Redis that came back empty.
 */
const MEMORY_MS = 30_000;

/**
 * The instances that share a Redis, as one of them saw them last, and with them the part of each limit that it may admit
 * while it counts alone: the parts of all instances are never more than the limit.
 */
export class Instances {
  /** By id, when each was seen last, in time that Redis was there. */
  private readonly seenAt = new Map<string, number>();
  private lived = 0;
  private lastBeat: number | undefined;
  private rank = 0;

  constructor(private readonly self: string) {
    this.seenAt.set(self, 0);
  }

  /** Instances known to share the limits, this one included. */
  get count(): number {
    return this.seenAt.size;
  }

  /** Takes note of who shares the Redis at a time in milliseconds. */
  meet(ids: readonly string[], now: number): void {
    if (this.lastBeat !== undefined) this.lived += Math.min(LONGEST_STEP_MS, Math.max(0, now - this.lastBeat));
    this.lastBeat = now;
    for (const id of [this.self, ...ids]) this.seenAt.set(id, this.lived);
    for (const [id, seenAt] of this.seenAt) if (this.lived - seenAt >= MEMORY_MS) this.seenAt.delete(id);
    this.rank = [...this.seenAt.keys()].filter((id) => id < this.self).length;
  }

  /** Redis was away: the time until the next beat does not count. */
  pause(): void {
    this.lastBeat = undefined;
  }

  /**
   * The part of a limit. What does not divide goes to some of the instances, to others for each client: where a limit is
   * smaller than the number of instances, every one of them admits some of the clients.
   */
  readonly allotment: Allotment = (whole, { client, key }) => {
    const { count } = this;
    if (count === 1) return whole;
    const turn = (this.rank + textHash(client, key)) % count;
    return Math.floor(whole / count) + (turn < whole % count ? 1 : 0);
  };
}

/** The same on all instances (FNV-1a). Whoever finds texts that collide moves parts about and gains none. */
function textHash(...texts: string[]): number {
  let hash = 0x811c9dc5;
  for (const text of texts) {
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  // The low bits of FNV-1a mix badly, and a count of instances is often a power of two.
  return (hash ^ (hash >>> 15)) >>> 0;
}
