import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { subnetKey } from '../network/ip-address';
import { formatPrefix, parsePrefix, type Prefix, PrefixError } from '../network/prefix';
import { describeRequest } from '../observability/event-request';
import { GuardEvents } from '../observability/guard-events.service';
import { quote } from '../observability/log-text';
import type { GuardedRequest } from '../platform/guarded-request';
import { TrustedClients } from '../platform/trusted-clients';
import type { CheckName } from '../policy/check-name';
import type { Refusal } from '../policy/refusal';
import { MONOTONIC_CLOCK, type MonotonicClock } from '../state/monotonic-clock';
import { Replica } from '../state/replica';
import type { StateStore } from '../state/state-store';
import { STATE_STORE } from '../state/state-store.provider';
import { type Ban, type BanOptions, type BanRecord, decodeBan, encodeBan, type Punishment } from './ban';
import { banMode, LONGEST_BAN_SECONDS } from './ban.config';
import { BanTable } from './ban-table';
import { neverBannedReason } from './never-banned';

/** A ban as the door looks it up. */
interface HeldBan {
  readonly target: string;
  readonly record: BanRecord;
  readonly expiresAt: number;
  readonly refusal: Refusal;
}

const COLLECTION = 'bans';
const CAPACITY = 200_000;

/**
 * Bans clients: by hand, or by the module's own checks. Every instance holds all bans, so that asking costs no call;
 * with Redis a ban or its end reaches the other instances within a second, and bans outlive a restart.
 *
 * Loopback, `trustedProxies`, `whitelist`, `exemptIps` and `emergencyWhitelist` are never banned, also as members of a
 * network that is.
 *
 * @example
 * ```ts
 * @Injectable()
 * class Support {
 *   constructor(private readonly bans: BanService) {}
 *
 *   lockOut(ip: string) {
 *     return this.bans.ban(ip, { duration: 86_400, reason: 'card testing' });
 *   }
 * }
 * ```
 */
@Injectable()
export class BanService implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('NestapiGuard');
  private readonly config: GuardConfig;
  private readonly table = new BanTable<HeldBan>();
  private readonly replica: Replica;
  private readonly unbanListeners: ((target: string) => Promise<void>)[] = [];
  private warnedOfSize = false;

  constructor(
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(STATE_STORE) store: StateStore,
    @Inject(MONOTONIC_CLOCK) private readonly clock: MonotonicClock,
    @Inject(TrustedClients) private readonly trustedClients: TrustedClients,
    @Inject(GuardEvents) private readonly events: GuardEvents,
  ) {
    this.config = live.current;
    this.replica = new Replica({
      store,
      collection: COLLECTION,
      capacity: CAPACITY,
      clock,
      listener: { put: (key, value, expiresAt) => this.hold(key, value, expiresAt), drop: (key) => this.release(key) },
    });
  }

  onModuleInit(): Promise<void> {
    return this.replica.start();
  }

  onModuleDestroy(): void {
    this.replica.stop();
  }

  /**
   * Bans a client or a network; an IPv6 address with its whole prefix of `ipv6Subnet` bits. Replaces an earlier ban of the
   * same target. Effective on this instance at once, on the others within a second.
   *
   * @returns whether it is banned now. False, with a line in the log that says why, for what is never banned (see
   * {@link neverBanned}), for text that is no address, while bans are off or only reported (`enableIpBanning`,
   * `passiveMode`, `checkModes`), and beyond 200,000 bans.
   * @throws RangeError when `duration` is not a number above 0.
   */
  async ban(ipOrCidr: string, options: BanOptions = {}): Promise<boolean> {
    const { duration = this.config.autoBanDuration, reason = 'manual', evidence } = options;
    if (typeof duration !== 'number' || !(duration > 0)) {
      throw new RangeError(`A ban lasts a number of seconds above 0, not ${String(duration)}.`);
    }
    const mode = banMode(this.config);
    const spared = mode === 'off' ? 'bans are off' : this.neverBanned(ipOrCidr);
    if (spared !== undefined) return this.spare(ipOrCidr, spared);
    const seconds = Math.min(duration, LONGEST_BAN_SECONDS);
    return this.impose(this.prefixOf(ipOrCidr)!, mode === 'report', { seconds, reason, automatic: false, evidence });
  }

  /**
   * Bans a client on account of a check; never shortens a ban.
   *
   * @internal
   * @returns whether the client is banned now.
   */
  async punish(ip: string, { check, reason, evidence, duration, request }: Punishment): Promise<boolean> {
    const mode = banMode(this.config, check);
    if (mode === 'off') return false;
    const spared = this.neverBanned(ip);
    if (spared !== undefined) return this.spare(ip, spared);
    const held = this.held(ip);
    if (held !== undefined && held.expiresAt >= this.clock() + duration * 1000) return mode === 'enforce';
    const ban = { seconds: duration, reason, automatic: true, evidence };
    return this.impose(this.prefixOf(ip)!, mode === 'report', ban, request);
  }

  /**
   * Ends the ban of exactly this target, on every instance; the client's suspicious requests are forgotten with it.
   *
   * @returns false when there was none. An address inside a banned network is not a target of its own.
   */
  async unban(ipOrCidr: string): Promise<boolean> {
    const prefix = this.prefixOf(ipOrCidr);
    return prefix !== undefined && (await this.lift(formatPrefix(prefix)));
  }

  /** Whether requests of an address are refused. Synchronous, and never a call to Redis. */
  isBanned(ip: string): boolean {
    return typeof ip === 'string' && this.refusalOf(ip) !== undefined;
  }

  /** The ban that an address, or exactly this CIDR, is under. */
  find(ipOrCidr: string): Ban | undefined {
    if (typeof ipOrCidr !== 'string') return undefined;
    const held = ipOrCidr.includes('/') ? this.heldExactly(ipOrCidr) : this.held(ipOrCidr);
    if (held === undefined || this.trustedClients.neverBanned(ipOrCidr) !== undefined) return undefined;
    return this.describe(held.target, held.record, held.expiresAt);
  }

  /** All bans that hold. */
  list(): Ban[] {
    const bans: Ban[] = [];
    for (const [target, value, expiresAt] of this.replica.live()) {
      const record = decodeBan(value);
      if (record !== undefined && prefixOf(target) !== undefined) bans.push(this.describe(target, record, expiresAt));
    }
    return bans;
  }

  /** How many bans hold. */
  count(): number {
    const bans = this.replica.live();
    let count = 0;
    while (bans.next().done !== true) count++;
    return count;
  }

  /** Ends all bans, on every instance. */
  async clear(): Promise<void> {
    const targets = [...this.replica.live()].map(([target]) => target);
    for (let at = 0; at < targets.length; at += 100) {
      await Promise.all(targets.slice(at, at + 100).map((target) => this.lift(target)));
    }
  }

  /**
   * Why an address or a CIDR cannot be banned: `loopback`, `trusted proxy`, `whitelist`, `exempt`, `emergency whitelist`,
   * `no address`, or `a whole address family`. Undefined when it can. A wider network can be banned: its members that are
   * never banned keep their access.
   */
  neverBanned(ipOrCidr: string): string | undefined {
    const prefix = this.prefixOf(ipOrCidr);
    return prefix === undefined ? 'no address' : neverBannedReason(ipOrCidr, prefix, this.trustedClients);
  }

  /** @internal What to refuse a client with. */
  refusalOf(ip: string): Refusal | undefined {
    const held = this.held(ip);
    // Only a ban costs the second question.
    return held === undefined || this.trustedClients.neverBanned(ip) !== undefined ? undefined : held.refusal;
  }

  /** @internal Whether a client can be banned on account of a check. */
  canPunish(ip: string, check: CheckName): boolean {
    return banMode(this.config, check) === 'enforce' && this.neverBanned(ip) === undefined;
  }

  /** @internal Calls back for every ban that this instance ends. */
  onUnban(listener: (target: string) => Promise<void>): void {
    this.unbanListeners.push(listener);
  }

  private async impose(
    prefix: Prefix,
    onlyReport: boolean,
    ban: { seconds: number; reason: string; automatic: boolean; evidence?: BanOptions['evidence'] },
    request?: GuardedRequest,
  ): Promise<boolean> {
    const target = formatPrefix(prefix);
    const value = encodeBan({ ...ban, at: Date.now() });
    const kept = onlyReport || this.replica.put(target, value, ban.seconds * 1000);
    if (kept === false) return this.spare(target, `there are ${CAPACITY} bans already`);
    this.warnOfSize();
    this.events.emit({
      type: onlyReport ? 'would_ban' : 'banned',
      at: new Date(),
      target,
      ...ban,
      request: request && describeRequest(request),
    });
    await kept;
    return !onlyReport;
  }

  private async lift(target: string): Promise<boolean> {
    const reason = this.heldExactly(target)?.record.reason ?? 'manual';
    if (!(await this.replica.remove(target))) return false;
    this.events.emit({ type: 'unbanned', at: new Date(), target, reason, automatic: false });
    await Promise.all(this.unbanListeners.map((listener) => listener(target)));
    return true;
  }

  private spare(target: string, why: string): false {
    this.logger.warn(`not banned: ${quote(String(target))}, because: ${why}`);
    return false;
  }

  private hold(target: string, value: string, expiresAt: number): void {
    const record = decodeBan(value);
    const prefix = prefixOf(target);
    if (record === undefined || prefix === undefined) return;
    const { reason } = record;
    const refusal: Refusal = { status: 403, message: 'Forbidden', check: 'ip_ban', reason: `banned: ${reason}` };
    this.table.set(prefix, { target, record, expiresAt, refusal });
  }

  private release(target: string): void {
    const prefix = prefixOf(target);
    if (prefix !== undefined) this.table.delete(prefix);
  }

  private held(ip: string): HeldBan | undefined {
    return this.table.find(ip, (ban) => ban.expiresAt > this.clock());
  }

  private heldExactly(cidr: string): HeldBan | undefined {
    const prefix = prefixOf(cidr);
    const held = prefix && this.table.get(prefix);
    return held !== undefined && held.expiresAt > this.clock() ? held : undefined;
  }

  private describe(target: string, { reason, automatic, evidence, at }: BanRecord, expiresAt: number): Ban {
    const endsAt = new Date(Date.now() + expiresAt - this.clock());
    return { target, reason, automatic, evidence, bannedAt: new Date(at), expiresAt: endsAt };
  }

  private prefixOf(ipOrCidr: string): Prefix | undefined {
    if (typeof ipOrCidr !== 'string') return undefined;
    const network = ipOrCidr.includes('/') ? ipOrCidr : subnetKey(ipOrCidr, this.config.ipv6Subnet);
    return network === undefined ? undefined : prefixOf(network);
  }

  private warnOfSize(): void {
    if (this.warnedOfSize || this.replica.size < CAPACITY * 0.9) return;
    this.warnedOfSize = true;
    this.logger.warn(`GUARD_BANS_NEARLY_FULL ${this.replica.size} of ${CAPACITY} bans are in use`);
  }
}

function prefixOf(text: string): Prefix | undefined {
  try {
    return parsePrefix(text);
  } catch (error) {
    if (error instanceof PrefixError) return undefined;
    throw error;
  }
}
