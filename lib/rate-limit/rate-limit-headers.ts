import type { GuardedRequest } from '../platform/guarded-request';
import type { TierVerdict } from '../state/state-store';
import type { NamedTier } from './tier';

type Verdicts = readonly (TierVerdict | undefined)[];

/** Tells clients about their limits. */
export interface RateLimitHeaders {
  /** @param policy what `policyOf` says of the tiers, when it is known beforehand. */
  write(request: GuardedRequest, tiers: readonly NamedTier[], verdicts: Verdicts, policy?: string): void;
}

/** Whole seconds, rounded up: nobody who waits so long comes too early. */
export function wholeSeconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}

/** A list of structured fields (RFC 9651), one item per limit: quota and window. */
export function policyOf(tiers: readonly Pick<NamedTier, 'name' | 'limit' | 'windowMs'>[]): string {
  return tiers.map(({ name, limit, windowMs }) => `"${name}";q=${limit};w=${wholeSeconds(windowMs)}`).join(', ');
}

/** draft-ietf-httpapi-ratelimit-headers-11: what is left, and the seconds until the limit is whole again. */
const DRAFT: RateLimitHeaders = {
  write(request, tiers, verdicts, policy = policyOf(tiers)) {
    const refused = verdicts.some((verdict) => verdict?.allowed === false);
    let limits = '';
    for (let index = 0; index < tiers.length; index++) {
      const verdict = verdicts[index];
      // `t` must not lie behind `Retry-After`, as that of a limit with room might.
      if (verdict === undefined || verdict.allowed === refused) continue;
      const seconds = wholeSeconds(refused ? verdict.retryAfterMs : verdict.resetMs);
      limits += `${limits === '' ? '' : ', '}"${tiers[index]!.name}";r=${verdict.remaining};t=${seconds}`;
    }
    request.setResponseHeader('RateLimit-Policy', policy);
    if (limits !== '') request.setResponseHeader('RateLimit', limits);
  },
};

/** The three fields that libraries have sent for years: of the limit that is nearest to its end. */
const LEGACY: RateLimitHeaders = {
  write(request, tiers, verdicts) {
    let nearest = -1;
    for (let index = 0; index < tiers.length; index++) {
      const verdict = verdicts[index];
      if (verdict !== undefined && (nearest === -1 || isNearer(verdict, verdicts[nearest]!))) nearest = index;
    }
    if (nearest === -1) return;
    const { allowed, remaining, retryAfterMs, resetMs } = verdicts[nearest]!;
    request.setResponseHeader('X-RateLimit-Limit', String(tiers[nearest]!.limit));
    request.setResponseHeader('X-RateLimit-Remaining', String(remaining));
    request.setResponseHeader('X-RateLimit-Reset', String(wholeSeconds(allowed ? resetMs : retryAfterMs)));
  },
};

const NONE: RateLimitHeaders = { write: () => undefined };

export function rateLimitHeaders(style: 'draft' | 'legacy' | false): RateLimitHeaders {
  if (style === false) return NONE;
  return style === 'draft' ? DRAFT : LEGACY;
}

function isNearer(one: TierVerdict, other: TierVerdict): boolean {
  if (one.retryAfterMs !== other.retryAfterMs) return one.retryAfterMs > other.retryAfterMs;
  return one.remaining < other.remaining;
}
