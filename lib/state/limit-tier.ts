import { MOST_HITS } from './granule';
import type { LimitTier } from './state-store';

/** The most that a tier admits at once. */
export function room({ algorithm, limit, burst = limit }: LimitTier): number {
  return algorithm === 'token-bucket' ? burst : Math.min(limit, MOST_HITS);
}

/** Milliseconds that refill one hit of a bucket of which a process has a part: it refills as much slower. */
export function refill({ windowMs, limit, burst = limit }: LimitTier, part: number): number {
  return (windowMs / limit) * (burst / part);
}

/** How long a hit can matter, in milliseconds. */
export function spanOf({ algorithm, limit, windowMs, burst = limit, blockMs = 0 }: LimitTier): number {
  const span = algorithm === 'token-bucket' ? Math.max(windowMs, (burst * windowMs) / limit) : windowMs;
  return Math.max(span, blockMs);
}
