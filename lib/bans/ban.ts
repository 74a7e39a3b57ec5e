import { renderValue } from '../config/config-problem';
import type { GuardedRequest } from '../platform/guarded-request';
import type { CheckName } from '../policy/check-name';

/** How `BanService.ban()` bans. */
export interface BanOptions {
  /** Seconds, more than 0; `Infinity` is a century. Default: `autoBanDuration`. */
  readonly duration?: number;
  /** Why, for operators. Clients never see it. Default: `manual`. */
  readonly reason?: string;
  /** What was found; kept when it is JSON of at most 2 KB. */
  readonly evidence?: Readonly<Record<string, unknown>>;
}

/** Why a client is banned by the module itself. */
export interface Punishment {
  /** On whose account: when that check is only to report, so is the ban. */
  readonly check: CheckName;
  readonly reason: string;
  readonly evidence?: Readonly<Record<string, unknown>>;
  /** Seconds. */
  readonly duration: number;
  /** The request that was one too many. */
  readonly request?: GuardedRequest;
}

/** A ban that holds. */
export interface Ban {
  /** An IPv4 address, a CIDR, or the prefix of `ipv6Subnet` bits of an IPv6 client. */
  readonly target: string;
  readonly reason: string;
  /** Whether the module itself banned the client. */
  readonly automatic: boolean;
  readonly evidence?: Readonly<Record<string, unknown>>;
  /** By the clock of the instance that banned. */
  readonly bannedAt: Date;
  /** By the clock of this instance. */
  readonly expiresAt: Date;
}

/** What travels between instances. The time to live is the store's: a wall clock in the value might be an hour off. */
export interface BanRecord {
  readonly reason: string;
  readonly automatic: boolean;
  readonly at: number;
  readonly evidence?: Readonly<Record<string, unknown>>;
}

const LONGEST_REASON = 256;
const LONGEST_EVIDENCE = 2048;

export function encodeBan({ reason, evidence, ...rest }: BanRecord): string {
  const record = { ...rest, reason: reason.slice(0, LONGEST_REASON) };
  if (evidence === undefined) return JSON.stringify(record);
  let text: string | undefined;
  try {
    text = JSON.stringify(evidence);
  } catch {
    // Evidence that is no JSON (a cycle, a bigint) is shown as text below.
  }
  const fits = text !== undefined && text.length <= LONGEST_EVIDENCE;
  return JSON.stringify({ ...record, evidence: fits ? evidence : { excerpt: renderValue(evidence) } });
}

/** Reads what another instance, or somebody with access to Redis, wrote; undefined when it is no ban. */
export function decodeBan(text: string): BanRecord | undefined {
  try {
    const { reason, automatic, at, evidence } = JSON.parse(text) as Record<string, unknown>;
    if (typeof reason !== 'string' || typeof at !== 'number' || !(Math.abs(at) <= 8.64e15)) return undefined;
    const found = typeof evidence === 'object' && evidence !== null ? (evidence as BanRecord['evidence']) : undefined;
    return { reason, automatic: automatic === true, at, evidence: found };
  } catch {
    return undefined;
  }
}
