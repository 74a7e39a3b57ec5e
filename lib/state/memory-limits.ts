import { granuleShift, MOST_HITS } from './granule';
import { HitLog } from './hit-log';
import { KeyHash } from './key-hash';
import { BUCKET, FIRST, kindOf, MARK, META, pack, restOf, SECOND, UNTIL } from './limit-entry';
import { LimitTable } from './limit-table';
import type { LimitTier, LimitVerdict, StrikeCounter, Tally, TierVerdict } from './state-store';

/** Keeps the uses of one key apart; the granule of a log is in the bits above. */
const SALT = { log: 1, bucket: 2, strike: 3, mark: 4 };
const SHIFT_BITS = 4;
const FRACTION = 2 ** 32;
/** Debts are sums of fractions of a millisecond kept in 64 bits; the error of a sum stays far below this. */
const EPSILON = 1e-6;
const LONGEST = 2 ** 31 - 1;
const LIMIT_BITS = 0x3ffff;

/**
 * Limits and counters of one process, exact and synchronous.
 *
 * Time is a clock that never goes back, in whole milliseconds modulo 2^32.
 */
export class MemoryLimits {
  readonly table: LimitTable;
  private readonly log: HitLog;
  private readonly hash = new KeyHash();
  private latest = -Infinity;
  // What `assess` found out about each tier of the request at hand.
  private readonly lo: number[] = [];
  private readonly hi: number[] = [];
  private readonly remaining: number[] = [];
  private readonly reset: number[] = [];
  private readonly retry: number[] = [];

  constructor(
    maxKeys: number,
    arenaPages: number,
    private readonly clock: () => number,
  ) {
    this.table = new LimitTable(maxKeys, arenaPages);
    this.log = new HitLog(this.table);
  }

  consume(tiers: readonly LimitTier[]): LimitVerdict {
    const now = this.now();
    const allowed = this.assessAll(tiers, now);
    if (allowed) for (let index = 0; index < tiers.length; index++) this.take(tiers[index]!, index, now);
    return this.verdict(tiers, allowed);
  }

  peek(tiers: readonly LimitTier[]): LimitVerdict {
    return this.verdict(tiers, this.assessAll(tiers, this.now()));
  }

  refund(tiers: readonly LimitTier[]): void {
    const now = this.now();
    for (const tier of tiers) {
      const { hash } = this;
      this.hashTier(tier);
      if (!this.table.find(hash.lo, hash.hi, now)) continue;
      const cost = tier.cost ?? 1;
      if (tier.algorithm === 'token-bucket') this.setDebt(Math.max(0, this.debt(now) - cost * interval(tier)), now);
      else this.log.remove(cost, granuleShift(tier.limit));
    }
  }

  strike(counter: StrikeCounter): Tally {
    const now = this.now();
    const { table, log } = this;
    const { windowMs, restartAfterMs } = counter;
    const threshold = Math.min(counter.threshold, MOST_HITS);
    const shift = granuleShift(threshold);
    const known = this.findStrikes(counter, now);
    if (known && this.isMark()) return this.resting(counter, now);
    const before = known ? log.count(now, windowMs, shift) : 0;
    if (!known) table.insert(this.hash.lo, this.hash.hi, now);
    log.add(now, windowMs, 1, shift);
    // More than the threshold need not be remembered: the newest ones tell when the count falls below it.
    while (log.held(shift) - (1 << shift) >= threshold) log.dropOldest();
    const crossed = before < threshold && log.held(shift) >= threshold;
    if (!crossed || restartAfterMs === undefined) return this.tallyOf(counter, crossed, now);
    if (restartAfterMs <= 0) {
      table.remove(this.hash.lo, this.hash.hi, now);
      return { count: threshold, crossed, roomMs: 0, source: 'local' };
    }
    log.clear();
    table.words[table.at + META] = pack(MARK, 0, 0);
    table.expire(now + Math.min(LONGEST, Math.ceil(restartAfterMs)));
    return { ...this.resting(counter, now), crossed };
  }

  tally(counter: StrikeCounter): Tally {
    const now = this.now();
    if (!this.findStrikes(counter, now)) return { count: 0, crossed: false, roomMs: 0, source: 'local' };
    if (this.isMark()) return this.resting(counter, now);
    this.log.count(now, counter.windowMs, granuleShift(counter.threshold));
    return this.tallyOf(counter, false, now);
  }

  forget(keys: readonly (LimitTier | StrikeCounter)[]): void {
    const now = this.now();
    for (const key of keys) {
      if ('threshold' in key) this.hashStrikes(key);
      else {
        this.hashMark(key);
        this.table.remove(this.hash.lo, this.hash.hi, now);
        this.hashTier(key);
      }
      this.table.remove(this.hash.lo, this.hash.hi, now);
    }
  }

  /** Remembers that the shared store refused a hit of this tier at `sentAt`, by the clock in milliseconds. */
  block(tier: LimitTier, verdict: TierVerdict, sentAt: number): void {
    const now = this.now();
    const left = Math.min(LONGEST, Math.floor(sentAt + verdict.retryAfterMs - this.latest));
    // The refusal of an expensive request says nothing about a cheaper one.
    if (left <= 0 || (tier.cost ?? 1) !== 1) return;
    this.hashMark(tier);
    const { table, hash } = this;
    if (!table.find(hash.lo, hash.hi, now)) table.insert(hash.lo, hash.hi, now);
    const { words, at } = table;
    words[at + META] = pack(MARK, 0, tier.limit & LIMIT_BITS);
    table.expire(now + left);
    words[at + FIRST] = now + Math.min(LONGEST, Math.floor(sentAt + verdict.resetMs - this.latest));
  }

  /** The refusal that is known to hold for a tier, or undefined. */
  blocked(tier: LimitTier): TierVerdict | undefined {
    if ((tier.cost ?? 1) !== 1) return undefined;
    const now = this.now();
    this.hashMark(tier);
    const { table, hash } = this;
    if (!table.find(hash.lo, hash.hi, now)) return undefined;
    const { words, at } = table;
    if (restOf(words[at + META]!) !== (tier.limit & LIMIT_BITS)) return undefined;
    const retryAfterMs = (words[at + UNTIL]! - now) | 0;
    return {
      allowed: false,
      remaining: 0,
      resetMs: Math.max(retryAfterMs, (words[at + FIRST]! - now) | 0),
      retryAfterMs,
    };
  }

  /** Frees what expired in the next `shards` shards. */
  sweep(shards: number): void {
    if (this.table.size > 0) this.table.sweep(shards, this.now());
  }

  private now(): number {
    const time = this.clock();
    if (time > this.latest) this.latest = time;
    return Math.floor(this.latest) >>> 0;
  }

  private assessAll(tiers: readonly LimitTier[], now: number): boolean {
    let allowed = true;
    for (let index = 0; index < tiers.length; index++) {
      const tier = tiers[index]!;
      this.hashTier(tier);
      this.lo[index] = this.hash.lo;
      this.hi[index] = this.hash.hi;
      const known = this.table.find(this.hash.lo, this.hash.hi, now);
      if (tier.algorithm === 'token-bucket') this.assessBucket(tier, index, known ? this.debt(now) : 0);
      else this.assessWindow(tier, index, known, now);
      if (this.retry[index]! > 0) allowed = false;
    }
    return allowed;
  }

  private assessWindow(tier: LimitTier, index: number, known: boolean, now: number): void {
    const { windowMs } = tier;
    const limit = Math.min(tier.limit, MOST_HITS);
    const cost = tier.cost ?? 1;
    const shift = granuleShift(limit);
    const held = known ? this.log.count(now, windowMs, shift) : 0;
    this.remaining[index] = Math.max(0, limit - held);
    this.reset[index] = held === 0 ? 0 : windowMs - ((now - this.log.newest()) >>> 0);
    if (held + cost <= limit) this.retry[index] = 0;
    else if (cost > limit) this.retry[index] = windowMs;
    else this.retry[index] = windowMs - ((now - this.log.stampOf(held + cost - limit, shift)) >>> 0);
  }

  private assessBucket(tier: LimitTier, index: number, debt: number): void {
    const step = interval(tier);
    const cost = tier.cost ?? 1;
    const room = capacity(tier) - debt + EPSILON;
    this.remaining[index] = Math.max(0, Math.floor(room / step));
    this.reset[index] = Math.ceil(debt);
    if (cost * step <= room) this.retry[index] = 0;
    else if (cost > (tier.burst ?? tier.limit)) this.retry[index] = tier.windowMs;
    else this.retry[index] = Math.max(1, Math.ceil(cost * step - room));
  }

  private take(tier: LimitTier, index: number, now: number): void {
    const { table } = this;
    const cost = tier.cost ?? 1;
    const known = table.find(this.lo[index]!, this.hi[index]!, now);
    if (tier.algorithm === 'token-bucket') {
      const debt = (known ? this.debt(now) : 0) + cost * interval(tier);
      if (!known) table.insert(this.lo[index]!, this.hi[index]!, now);
      this.setDebt(debt, now);
      this.reset[index] = Math.ceil(debt);
    } else {
      if (!known) table.insert(this.lo[index]!, this.hi[index]!, now);
      this.log.add(now, tier.windowMs, cost, granuleShift(tier.limit));
      this.reset[index] = tier.windowMs;
    }
    this.remaining[index] = Math.max(0, this.remaining[index]! - cost);
  }

  private verdict(tiers: readonly LimitTier[], allowed: boolean): LimitVerdict {
    const verdicts = new Array<TierVerdict>(tiers.length);
    for (let index = 0; index < tiers.length; index++) {
      const retryAfterMs = this.retry[index]!;
      verdicts[index] = {
        allowed: retryAfterMs === 0,
        remaining: this.remaining[index]!,
        resetMs: this.reset[index]!,
        retryAfterMs,
      };
    }
    return { allowed, tiers: verdicts, source: 'local' };
  }

  /** Milliseconds of refill that the bucket at the cursor owes. */
  private debt(now: number): number {
    const { words, at } = this.table;
    return Math.max(0, ((words[at + FIRST]! - now) | 0) + words[at + SECOND]! / FRACTION);
  }

  private setDebt(debt: number, now: number): void {
    const { words, at } = this.table;
    const whole = Math.floor(debt);
    words[at + META] = pack(BUCKET, 0, 0);
    words[at + FIRST] = now + whole;
    words[at + SECOND] = (debt - whole) * FRACTION;
    this.table.expire(now + Math.ceil(debt));
  }

  private tallyOf(counter: StrikeCounter, crossed: boolean, now: number): Tally {
    const shift = granuleShift(counter.threshold);
    const held = this.log.held(shift);
    const over = held - counter.threshold + 1;
    const roomMs = over > 0 ? counter.windowMs - ((now - this.log.stampOf(over, shift)) >>> 0) : 0;
    return { count: Math.min(held, counter.threshold), crossed, roomMs, source: 'local' };
  }

  private resting(counter: StrikeCounter, now: number): Tally {
    const { words, at } = this.table;
    return { count: counter.threshold, crossed: false, roomMs: (words[at + UNTIL]! - now) | 0, source: 'local' };
  }

  private isMark(): boolean {
    return kindOf(this.table.words[this.table.at + META]!) === MARK;
  }

  private findStrikes(counter: StrikeCounter, now: number): boolean {
    this.hashStrikes(counter);
    return this.table.find(this.hash.lo, this.hash.hi, now);
  }

  private hashStrikes(counter: StrikeCounter): void {
    this.hash.compute(counter.client, counter.key, SALT.strike | (granuleShift(counter.threshold) << SHIFT_BITS));
  }

  private hashTier(tier: LimitTier): void {
    const bucket = tier.algorithm === 'token-bucket';
    this.hash.compute(
      tier.client,
      tier.key,
      bucket ? SALT.bucket : SALT.log | (granuleShift(tier.limit) << SHIFT_BITS),
    );
  }

  private hashMark(tier: LimitTier): void {
    this.hash.compute(tier.client, tier.key, SALT.mark | ((tier.algorithm === 'token-bucket' ? 1 : 0) << SHIFT_BITS));
  }
}

/** Milliseconds that refill one hit. */
const interval = (tier: LimitTier): number => tier.windowMs / tier.limit;
/** The largest debt of a bucket; times are compared within 2^31 ms. */
const capacity = (tier: LimitTier): number => Math.min(LONGEST, (tier.burst ?? tier.limit) * interval(tier));
