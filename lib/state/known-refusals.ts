import type { KeyHash } from './key-hash';
import { FIRST, MARK, META, pack, restOf, SECOND, STAMPS, UNTIL } from './limit-entry';
import type { LimitTable } from './limit-table';
import type { LimitTier, TierVerdict } from './state-store';

/** Keeps these marks apart from what else the table holds of the same tier. */
const SALT = { window: 4, bucket: 20 };
const LONGEST = 2 ** 31 - 1;

/** What the shared store refused, until it would not refuse it any more: asking again is not worth a command. */
export class KnownRefusals {
  constructor(
    private readonly table: LimitTable,
    private readonly hash: KeyHash,
  ) {}

  /**
   * Remembers the refusal of a hit.
   *
   * @param passed milliseconds since the store was asked
   */
  add(tier: LimitTier, verdict: TierVerdict, passed: number, now: number): void {
    const left = Math.min(LONGEST, Math.floor(verdict.retryAfterMs - passed));
    const { cost = 1 } = tier;
    if (left <= 0 || cost > STAMPS) return;
    const { table, hash } = this;
    if (!this.find(tier, now)) table.insert(hash.lo, hash.hi, now);
    const { words, at } = table;
    // Less than the cost is left.
    words[at + META] = pack(MARK, cost, Math.min(verdict.remaining, STAMPS));
    table.expire(now + left);
    words[at + FIRST] = now + Math.min(LONGEST, Math.floor(verdict.resetMs - passed));
    words[at + SECOND] = rateOf(tier);
  }

  /** The refusal that still holds for a tier, or undefined. */
  of(tier: LimitTier, now: number): TierVerdict | undefined {
    if (!this.find(tier, now)) return undefined;
    const { words, at } = this.table;
    const meta = words[at + META]!;
    // The refusal of an expensive request says nothing about a cheaper one, nor about another limit, which the same tier has
    // once the configuration was changed.
    if ((meta & STAMPS) !== (tier.cost ?? 1) || words[at + SECOND] !== rateOf(tier)) return undefined;
    const retryAfterMs = (words[at + UNTIL]! - now) | 0;
    const resetMs = Math.max(retryAfterMs, (words[at + FIRST]! - now) | 0);
    return { allowed: false, remaining: restOf(meta), resetMs, retryAfterMs };
  }

  forget(tier: LimitTier, now: number): void {
    if (this.find(tier, now)) this.table.remove(this.hash.lo, this.hash.hi, now);
  }

  private find({ client, key, algorithm }: LimitTier, now: number): boolean {
    this.hash.compute(client, key, algorithm === 'token-bucket' ? SALT.bucket : SALT.window);
    return this.table.find(this.hash.lo, this.hash.hi, now);
  }
}

/** A word that differs for another limit of the same window, and for another window of the same limit. */
function rateOf({ limit, windowMs }: LimitTier): number {
  return (Math.imul(windowMs, 0x9e3779b1) ^ limit) >>> 0;
}
