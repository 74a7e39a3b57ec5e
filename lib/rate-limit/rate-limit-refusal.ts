import type { Refusal } from '../policy/refusal';
import { wholeSeconds } from './rate-limit-headers';
import type { NamedTier } from './tier';

export function limitReached(
  { name, limit, windowMs }: Pick<NamedTier, 'name' | 'limit' | 'windowMs'>,
  waitMs: number,
): Refusal {
  const retryAfter = Math.max(1, wholeSeconds(waitMs));
  return {
    status: 429,
    message: 'Too many requests',
    check: 'rate_limit',
    reason: 'limit reached',
    incident: 'limited',
    headers: { 'Retry-After': String(retryAfter) },
    ownWords: true,
    evidence: { limit: name, requests: limit, window: windowMs / 1000, retryAfter },
  };
}

/** Redis cannot be asked, and `onStoreError` is `'deny'`. */
export const STATE_UNAVAILABLE: Refusal = {
  status: 503,
  message: 'Service unavailable',
  check: 'rate_limit',
  code: 'GUARD_STATE_UNAVAILABLE',
  reason: 'the shared state is unavailable',
  headers: { 'Retry-After': '1' },
};
