import type { ExecutionContext } from '@nestjs/common';
import type { GuardedRequest } from '../platform/guarded-request';
import { inTime, isThenable } from '../policy/in-time';
import type { LimitTier } from '../state/state-store';
import { type ClientKey, isWhole, type PerRequest, type RateLimitAlgorithm } from './rate-limit-rule';

/** Milliseconds that a function of a limit has to answer: the request waits for it. */
const PATIENCE = 5000;

/** A tier of one request, with the name that answers and events call it by. */
export interface NamedTier extends LimitTier {
  readonly name: string;
}

/** One limit of a route: says what a request is counted against, or undefined when it is not. */
export interface Tier {
  /** What it answers for every request apart from the client, when that is known beforehand. */
  readonly fixed?: Omit<NamedTier, 'client'>;
  of(
    request: GuardedRequest,
    context: ExecutionContext | undefined,
  ): NamedTier | undefined | Promise<NamedTier | undefined>;
}

export interface TierOptions {
  readonly name: string;
  /** Of the bucket, apart from the client. */
  readonly key: string;
  readonly requests: number | PerRequest<number>;
  readonly windowMs: number;
  readonly algorithm: RateLimitAlgorithm;
  readonly burst?: number;
  readonly cost?: number | PerRequest<number>;
  readonly client?: PerRequest<ClientKey>;
  /** How long to keep a client out that goes over the limit, in milliseconds. */
  readonly blockMs?: number;
}

export function createTier(options: TierOptions): Tier {
  const { name, key, requests: limit, windowMs, algorithm, burst, cost, client, blockMs } = options;
  if (typeof limit === 'number' && typeof cost !== 'function' && client === undefined) {
    return new FixedTier({ name, key, limit, windowMs, algorithm, burst, cost, blockMs });
  }
  return new ComputedTier(options);
}

/** A limit of which only the client's address depends on the request. */
class FixedTier implements Tier {
  constructor(readonly fixed: Omit<NamedTier, 'client'>) {}

  of(request: GuardedRequest): NamedTier | undefined {
    // An RPC message has no client.
    if (request.kind === 'rpc') return undefined;
    const { name, key, limit, windowMs, algorithm, burst, cost, blockMs } = this.fixed;
    return { client: request.clientKey, key, limit, windowMs, algorithm, burst, cost, blockMs, name };
  }
}

/** A limit with functions of the request. */
class ComputedTier implements Tier {
  constructor(private readonly options: TierOptions) {}

  of(
    request: GuardedRequest,
    context: ExecutionContext | undefined,
  ): NamedTier | undefined | Promise<NamedTier | undefined> {
    const { requests, cost = 1, client } = this.options;
    const values = [requests, cost, client].map((value): unknown =>
      // A handler is known wherever a computed tier is asked: it belongs to a route.
      typeof value === 'function' ? attempt<unknown>(() => value(request, context!)) : value,
    );
    if (values.some(isThenable)) {
      return inTime(Promise.all(values), PATIENCE).then((settled) => this.build(request, settled));
    }
    return this.build(request, values);
  }

  private build(request: GuardedRequest, [limit, cost, client]: readonly unknown[]): NamedTier | undefined {
    const { name, key, windowMs, algorithm, burst } = this.options;
    if (!isWhole(limit)) throw new TypeError(`${key}: requests answered ${String(limit)}, not a whole number from 1`);
    if (!isWhole(cost)) throw new TypeError(`${key}: cost answered ${String(cost)}, not a whole number from 1`);
    const counted = clientOf(client, request);
    return counted === undefined ? undefined : { client: counted, key, limit, windowMs, algorithm, burst, cost, name };
  }
}

/** What one function throws must not leave the promise of another one alone: it might reject with nobody listening. */
export function attempt<Value>(compute: () => Value): Value | Promise<never> {
  try {
    return compute();
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
}

/** What a client is counted by; undefined for one that has neither a key nor an address. */
function clientOf(key: unknown, request: GuardedRequest): string | undefined {
  if (typeof key === 'string' ? key !== '' : typeof key === 'number') return customClient(String(key));
  if (key !== undefined && key !== null && key !== '')
    throw new TypeError('a key of a limit is neither a text nor a number');
  return request.kind === 'rpc' ? undefined : request.clientKey;
}

/** No key can be taken for an address, so that nobody fills the limit of somebody else's address. */
export function customClient(key: string): string {
  return `key:${key}`;
}
