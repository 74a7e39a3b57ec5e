import { granuleShift, MOST_HITS } from './granule';
import { HitLog } from './hit-log';
import type { Allotment } from './instances';
import { KeyHash } from './key-hash';
import { KnownRefusals } from './known-refusals';
import { BUCKET, FIRST, kindOf, LOG, MARK, META, pack, SECOND, UNTIL } from './limit-entry';
import { LimitTable } from './limit-table';
import { refill, room } from './limit-tier';
import type { LimitTier, LimitVerdict, StrikeCounter, Tally, TierVerdict } from './state-store';

/** Keeps the uses of one key apart; the granule of a log is in the bits above. */
const SALT = { log: 1, bucket: 2, strike: 3 };
const SHIFT_BITS = 4;
const FRACTION = 2 ** 32;
/** Debts are sums of fractions of a millisecond kept in 64 bits; the error of a sum stays far below this. */
const EPSILON = 1e-6;
const LONGEST = 2 ** 31 - 1;
/** When to ask again for what does not fit into the part of a limit: the store may be back by then. */
const TRY_AGAIN_MS = 1_000;
const whole: Allotment = (limit) => limit;

/**
 * Limits and counters of one process, exact and synchronous.
 *
 * Time is a clock that never goes back, in whole milliseconds modulo 2^32.
 */
export class MemoryLimits {
  readonly table: LimitTable;
  private readonly log: HitLog;
  private readonly hash = new KeyHash();
  private readonly refusals: KnownRefusals;
  private latest = -Infinity;
  // What `assess` found out about each tier of the request at hand.
  private readonly lo: number[] = [];
  private readonly hi: number[] = [];
  private readonly remaining: number[] = [];
  private readonly reset: number[] = [];
  private readonly retry: number[] = [];
  /** Milliseconds of refill per hit, of a bucket. */
  private readonly step: number[] = [];
  /** How long to keep the client out from now on. */
  private readonly outFor: number[] = [];

  constructor(
    maxKeys: number,
    arenaPages: number,
    private readonly clock: () => number,
  ) {
    this.table = new LimitTable(maxKeys, arenaPages);
    this.log = new HitLog(this.table);
    this.refusals = new KnownRefusals(this.table, this.hash);
  }

  /** @param allotment what this process may admit of each limit; by default all of it */
  consume(tiers: readonly LimitTier[], allotment: Allotment = whole): LimitVerdict {
    const now = this.now();
    const allowed = this.assessAll(tiers, now, allotment);
    for (let index = 0; index < tiers.length; index++) {
      if (allowed) this.take(tiers[index]!, index, now);
      else if (this.outFor[index]! > 0) this.keepOut(index, now);
    }
    return this.verdict(tiers, allowed);
  }

  peek(tiers: readonly LimitTier[], allotment: Allotment = whole): LimitVerdict {
    return this.verdict(tiers, this.assessAll(tiers, this.now(), allotment));
  }

  refund(tiers: readonly LimitTier[], allotment: Allotment = whole): void {
    const now = this.now();
    for (const tier of tiers) {
      const { hash } = this;
      this.hashTier(tier);
      if (!this.table.find(hash.lo, hash.hi, now) || this.isMark()) continue;
      const cost = tier.cost ?? 1;
      if (tier.algorithm !== 'token-bucket') this.log.remove(cost, granuleShift(tier.limit));
      else this.setDebt(Math.max(0, this.debt(now) - cost * refill(tier, allotment(room(tier), tier))), now);
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
    const crossed = log.held(shift) >= threshold && (before < threshold || restartAfterMs !== undefined);
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
        this.refusals.forget(key, now);
        this.hashTier(key);
      }
      this.table.remove(this.hash.lo, this.hash.hi, now);
    }
  }

  /** Remembers that the shared store refused a hit of this tier at `sentAt`, by the clock in milliseconds. */
  block(tier: LimitTier, verdict: TierVerdict, sentAt: number): void {
    const now = this.now();
    this.refusals.add(tier, verdict, this.latest - sentAt, now);
  }

  /** The refusal that is known to hold for a tier, or undefined. */
  blocked(tier: LimitTier): TierVerdict | undefined {
    return this.refusals.of(tier, this.now());
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

  private assessAll(tiers: readonly LimitTier[], now: number, allotment: Allotment): boolean {
    let allowed = true;
    for (let index = 0; index < tiers.length; index++) {
      const tier = tiers[index]!;
      this.hashTier(tier);
      this.lo[index] = this.hash.lo;
      this.hi[index] = this.hash.hi;
      this.outFor[index] = 0;
      const known = this.table.find(this.hash.lo, this.hash.hi, now);
      const most = room(tier);
      const part = allotment(most, tier);
      if (known && this.isMark()) this.assessMark(index, now);
      else {
        if (tier.algorithm === 'token-bucket') this.assessBucket(tier, part, index, known ? this.debt(now) : 0);
        else this.assessWindow(tier, part, index, known, now);
        if (this.retry[index]! > 0) this.outOfRoom(tier, part, most, index);
      }
      if (this.retry[index]! > 0) allowed = false;
    }
    return allowed;
  }

  private assessMark(index: number, now: number): void {
    const left = (this.table.words[this.table.at + UNTIL]! - now) | 0;
    this.remaining[index] = 0;
    this.reset[index] = left;
    this.retry[index] = left;
  }

  private assessWindow(tier: LimitTier, part: number, index: number, known: boolean, now: number): void {
    const { windowMs } = tier;
    const cost = tier.cost ?? 1;
    const shift = granuleShift(tier.limit);
    const held = known ? this.log.count(now, windowMs, shift) : 0;
    this.remaining[index] = Math.max(0, part - held);
    this.reset[index] = held === 0 ? 0 : windowMs - ((now - this.log.newest()) >>> 0);
    if (held + cost <= part) this.retry[index] = 0;
    else if (cost > part) this.retry[index] = windowMs;
    else this.retry[index] = windowMs - ((now - this.log.stampOf(held + cost - part, shift)) >>> 0);
  }

  private assessBucket(tier: LimitTier, part: number, index: number, debt: number): void {
    const step = refill(tier, part);
    const cost = tier.cost ?? 1;
    const free = part === 0 ? 0 : Math.min(LONGEST, part * step) - debt + EPSILON;
    this.step[index] = step;
    this.remaining[index] = part === 0 ? 0 : Math.max(0, Math.floor(free / step));
    this.reset[index] = Math.ceil(debt);
    if (cost > part) this.retry[index] = tier.windowMs;
    else if (cost * step <= free) this.retry[index] = 0;
    else this.retry[index] = Math.max(1, Math.ceil(cost * step - free));
  }

  private outOfRoom(tier: LimitTier, part: number, most: number, index: number): void {
    const cost = tier.cost ?? 1;
    if (cost > part && cost <= most) this.retry[index] = Math.min(TRY_AGAIN_MS, tier.windowMs);
    // Who only went over a part has not gone over the limit.
    if (tier.blockMs === undefined || part < most) return;
    this.outFor[index] = tier.blockMs;
    this.remaining[index] = 0;
    this.reset[index] = tier.blockMs;
    this.retry[index] = tier.blockMs;
  }

  private keepOut(index: number, now: number): void {
    const { table } = this;
    if (!table.find(this.lo[index]!, this.hi[index]!, now)) table.insert(this.lo[index]!, this.hi[index]!, now);
    else if (kindOf(table.words[table.at + META]!) === LOG) this.log.clear();
    table.words[table.at + META] = pack(MARK, 0, 0);
    table.expire(now + this.outFor[index]!);
  }

  private take(tier: LimitTier, index: number, now: number): void {
    const { table } = this;
    const cost = tier.cost ?? 1;
    const known = table.find(this.lo[index]!, this.hi[index]!, now);
    if (tier.algorithm === 'token-bucket') {
      const debt = (known ? this.debt(now) : 0) + cost * this.step[index]!;
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
}
