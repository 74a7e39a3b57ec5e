import type { KeyHash } from './key-hash';
import { FIRST, MARK, META, pack, restOf, SECOND, UNTIL } from './limit-entry';
import type { LimitTable } from './limit-table';
import type { LimitTier, TierVerdict } from './state-store';

/** Keeps these marks apart from what else the table holds of the same tier. */
const SALT = { window: 4, bucket: 20 };
const LONGEST = 2 ** 31 - 1;
const LIMIT_BITS = 0x3ffff;

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
    // The refusal of an expensive request says nothing about a cheaper one.
    if (left <= 0 || (tier.cost ?? 1) !== 1) return;
    const { table, hash } = this;
    if (!this.find(tier, now)) table.insert(hash.lo, hash.hi, now);
    const { words, at } = table;
    words[at + META] = pack(MARK, 0, tier.limit & LIMIT_BITS);
    table.expire(now + left);
    words[at + FIRST] = now + Math.min(LONGEST, Math.floor(verdict.resetMs - passed));
    words[at + SECOND] = tier.windowMs;
  }

  /** The refusal that still holds for a tier, or undefined. */
  of(tier: LimitTier, now: number): TierVerdict | undefined {
    if ((tier.cost ?? 1) !== 1 || !this.find(tier, now)) return undefined;
    const { words, at } = this.table;
    // A refusal says nothing about another limit, which the same tier has once the configuration was changed.
    if (restOf(words[at + META]!) !== (tier.limit & LIMIT_BITS) || words[at + SECOND] !== tier.windowMs)
      return undefined;
    const retryAfterMs = (words[at + UNTIL]! - now) | 0;
    const resetMs = Math.max(retryAfterMs, (words[at + FIRST]! - now) | 0);
    return { allowed: false, remaining: 0, resetMs, retryAfterMs };
  }

  forget(tier: LimitTier, now: number): void {
    if (this.find(tier, now)) this.table.remove(this.hash.lo, this.hash.hi, now);
  }

  private find({ client, key, algorithm }: LimitTier, now: number): boolean {
    this.hash.compute(client, key, algorithm === 'token-bucket' ? SALT.bucket : SALT.window);
    return this.table.find(this.hash.lo, this.hash.hi, now);
  }
}
