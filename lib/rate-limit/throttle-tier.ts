import type { ExecutionContext } from '@nestjs/common';
import type { Resolvable } from '@nestjs/throttler';
import type { GuardedRequest } from '../platform/guarded-request';
import type { Throttle } from './throttle-metadata';
import { createTier, customClient, type NamedTier, type Tier } from './tier';

const MAX_MS = 2 ** 31 - 1;
/** The largest integer of a structured field (RFC 9651, section 3.3.1); a higher limit is none. */
const MAX_LIMIT = 999_999_999_999_999;

/** What a `@Throttle()` leaves to the configuration, and the rest of its tier. */
export interface ThrottleSurroundings {
  readonly key: string;
  readonly limit: number;
  readonly ttl: number;
  readonly algorithm: NamedTier['algorithm'];
}

/** The limit that a `@Throttle()` describes. */
export function createThrottleTier(throttle: Throttle, surroundings: ThrottleSurroundings): Tier {
  const { limit = surroundings.limit, ttl = surroundings.ttl, blockDuration, getTracker, generateKey } = throttle;
  const isFixed = ![limit, ttl, blockDuration].some((value) => typeof value === 'function');
  if (isFixed && getTracker === undefined && generateKey === undefined) {
    const { key, algorithm } = surroundings;
    const blockMs = Number(blockDuration ?? 0) || undefined;
    return createTier({
      name: fieldName(throttle.name),
      key,
      requests: cap(Number(limit)),
      windowMs: Number(ttl),
      algorithm,
      blockMs,
    });
  }
  return new ThrottleTier({ ...throttle, limit, ttl }, surroundings);
}

/** What is wrong with the numbers of a `@Throttle()`; those that functions answer are looked at when they are known. */
export function throttleProblem({
  limit,
  ttl,
  blockDuration,
}: Pick<Throttle, 'limit' | 'ttl' | 'blockDuration'>): string | undefined {
  if (!isWithin(limit, 1, Number.MAX_SAFE_INTEGER)) return `limit ${String(limit)} is not a whole number from 1`;
  if (!isWithin(ttl, 1, MAX_MS)) return `ttl ${String(ttl)} is not whole milliseconds from 1 to 2^31 - 1`;
  if (!isWithin(blockDuration, 0, MAX_MS))
    return `blockDuration ${String(blockDuration)} is not whole milliseconds up to 2^31 - 1`;
  return undefined;
}

function isWithin(value: Resolvable<number> | undefined, least: number, most: number): boolean {
  if (value === undefined || typeof value === 'function') return true;
  const number = Number(value);
  return Number.isInteger(number) && number >= least && number <= most;
}

class ThrottleTier implements Tier {
  private readonly name: string;

  constructor(
    private readonly throttle: Throttle & { readonly limit: Resolvable<number>; readonly ttl: Resolvable<number> },
    private readonly surroundings: ThrottleSurroundings,
  ) {
    this.name = fieldName(throttle.name);
  }

  async of(request: GuardedRequest, context: ExecutionContext | undefined): Promise<NamedTier | undefined> {
    if (context === undefined) return undefined;
    const [limit, ttl, blockDuration] = await Promise.all([
      resolve(this.throttle.limit, context),
      resolve(this.throttle.ttl, context),
      resolve(this.throttle.blockDuration ?? 0, context),
    ]);
    const problem = throttleProblem({ limit, ttl, blockDuration });
    if (problem !== undefined) throw new TypeError(`${this.surroundings.key}: ${problem}`);
    const bucket = await this.bucketOf(request, context);
    if (bucket === undefined) return undefined;
    const { algorithm } = this.surroundings;
    const tier = { ...bucket, limit: cap(limit), windowMs: ttl, algorithm, name: this.name };
    return blockDuration > 0 ? { ...tier, blockMs: blockDuration } : tier;
  }

  private async bucketOf(
    request: GuardedRequest,
    context: ExecutionContext,
  ): Promise<Pick<NamedTier, 'client' | 'key'> | undefined> {
    const { name, getTracker, generateKey } = this.throttle;
    if (getTracker === undefined && request.kind === 'rpc') return undefined;
    const framework = (request.framework ?? {}) as Record<string, unknown>;
    const tracker = getTracker === undefined ? request.clientKey : await getTracker(framework, context);
    if (generateKey !== undefined)
      return { client: customClient(generateKey(context, tracker, name)), key: `throttle#${name}` };
    return { client: getTracker === undefined ? tracker : customClient(tracker), key: this.surroundings.key };
  }
}

async function resolve(value: Resolvable<number>, context: ExecutionContext): Promise<number> {
  return Number(typeof value === 'function' ? await value(context) : value);
}

function cap(limit: number): number {
  return Math.min(limit, MAX_LIMIT);
}

/** A string of a structured field is ASCII (RFC 9651, section 3.3.3), and a `@Throttle()` may be called anything. */
function fieldName(name: string): string {
  return encodeURIComponent(name);
}
